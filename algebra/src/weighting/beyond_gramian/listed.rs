//! The methods that need more than a Gramian, by name.

/// A method of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name by which a learner knows it.
    pub name: &'static str,
    /// The name in the literature, and where it was published.
    pub paper: &'static str,
    /// What it needs beside losses.
    pub needs: &'static str,
}

/// Every method of this kind.
pub const ALL: &[Listed] = &[
    Listed {
        name: "graddrop",
        paper: "GradDrop; Chen et al., NeurIPS 2020",
        needs: "gradients by coordinate",
    },
    Listed {
        name: "excess-mtl",
        paper: "ExcessMTL; He et al., ICML 2024",
        needs: "gradients by coordinate, and their squares summed over all steps",
    },
    Listed {
        name: "auto-lambda",
        paper: "Auto-λ; Liu et al., TMLR 2022",
        needs: "the primary tasks' gradient of another batch after a look-ahead step",
    },
];
