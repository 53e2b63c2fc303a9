//! Nash-MTL, multi-task learning as a bargaining game (Navon et al., ICML 2022, algorithm 1).
//!
//! The direction Σ α g with the largest product of improvements among directions of equal norm: G α = 1/α with α > 0.
//! Its convex form is solved exactly. The published code takes up to 20 convex-concave steps, which at times stop
//! elsewhere or fail. The direction's norm is √T by itself; as published, it is shortened to a largest norm. Weights
//! are computed at every step; the published option to keep them for several steps is not offered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limited;
use crate::weighting::{
    LossScaling, Needs, NonConflict, Options, Properties, Result, StepInputs, Weighting,
    solvers::fair_weights,
};

const NAME: &str = "nash-mtl";

/// Options of Nash-MTL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NashMtlConfig {
    /// Largest norm of the direction; 0 sets no limit; default 1.
    #[schemars(range(min = 0.0))]
    pub max_norm: f64,
}

impl Default for NashMtlConfig {
    fn default() -> Self {
        Self { max_norm: 1.0 }
    }
}

/// The bargaining solution.
#[derive(Clone, Debug)]
pub struct NashMtl {
    config: NashMtlConfig,
}

impl Options for NashMtlConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "Nash-MTL; Navon et al., ICML 2022";
    type Weighting = NashMtl;

    fn make(self) -> Result<NashMtl> {
        Ok(NashMtl { config: self })
    }
}

impl Weighting for NashMtl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            non_conflict: NonConflict::IndependentGradients,
            loss_scaling: LossScaling::Invariant,
            non_negative: true,
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let weights = fair_weights(gramian.matrix(), 1.0);
        Ok(limited(gramian, weights, self.config.max_norm))
    }
}
