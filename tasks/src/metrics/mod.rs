//! Metrics, as GLUE reports them.
use serde::{Deserialize, Serialize};

use crate::{Result, Target};

/// A metric; `compute` gives it on its usual scale (accuracy and F1 in [0, 1], correlations in [-1, 1]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    Accuracy,
    /// F1 of label 1, as GLUE reports for MRPC and QQP.
    F1,
    MacroF1,
    Matthews,
    Pearson,
    Spearman,
    /// Accuracy over words, for tagging.
    TagAccuracy,
    /// Micro-averaged F1 over BIO spans, as conlleval counts them.
    SpanF1,
}

impl Metric {
    /// Scores predictions against gold targets.
    ///
    /// # Errors
    /// Different lengths, no examples, or targets of a kind the metric does not take.
    pub fn compute(self, _predictions: &[Target], _gold: &[Target]) -> Result<f64> {
        todo!()
    }
}
