//! One test of a difference: a method against a baseline in one column, and how it was tested.

use serde::{Deserialize, Serialize};

/// A column of the result table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Column {
    /// A task, by index.
    Task(usize),
    /// The mean over the tasks.
    Average,
}

/// How a difference was tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignificanceTest {
    /// Welch's t-test over seeds.
    WelchOverSeeds,
    /// Paired bootstrap over examples.
    BootstrapOverExamples,
}

impl SignificanceTest {
    /// The test's name in captions.
    pub fn name(self) -> &'static str {
        match self {
            Self::WelchOverSeeds => "Welch's t over seeds",
            Self::BootstrapOverExamples => "paired bootstrap over examples",
        }
    }
}

/// One test: a method against a baseline in one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PValue {
    /// The method tested.
    pub method: String,
    /// The baseline it is tested against.
    pub baseline: String,
    /// The column.
    pub column: Column,
    /// The test.
    pub test: SignificanceTest,
    /// Method minus baseline, in the metric's unit.
    pub difference: f64,
    /// 95% interval of the difference.
    pub interval95: Option<(f64, f64)>,
    /// Two-sided p-value; `None` where the test has no answer (one seed, no variation).
    pub p: Option<f64>,
    /// Holm-corrected within one baseline and test.
    pub holm: Option<f64>,
}
