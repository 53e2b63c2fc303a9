//! Where the weights of an end-task-aware training come from, and how its dev head is fitted.

use serde::{Deserialize, Serialize};
use taskgraft_tasks::mixture::hash;

use super::{Alignment, MetaWeights};

/// The weights of the end-task (first) and its auxiliary tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TaskWeights {
    /// 1 / number of tasks each: MT-TARTAN.
    Equal,
    /// Given ones, the end-task's first.
    Fixed { weights: Vec<f64> },
    /// A softmax of numbers drawn anew at every step: what learning the weights must beat (RLW, Lin et al., 2022).
    Random,
    /// Learned from the dev gradient: META-TARTAN.
    Learned(LearnedWeights),
}

/// How META-TARTAN learns its weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LearnedWeights {
    pub rule: MetaWeights,
    pub dev: DevHeadConfig,
    /// Whether the masked language model's head counts among the parameters that gradients are compared over, as in
    /// the released code; it damps the cosines of masked tasks.
    pub whole_head: bool,
    /// Steps before the weights begin to move. The gradients of a trunk that has learned nothing say nothing of a task,
    /// so that a fast rule may shut out at random what would help: of use from scratch, not from a pretrained trunk.
    pub hold: u64,
}

impl LearnedWeights {
    /// The released code's choices.
    pub fn as_released() -> Self {
        Self {
            rule: MetaWeights { lr: 1e-2, alignment: Alignment::Cosine, jacobian: false },
            dev: DevHeadConfig { steps: 10, lr: 1e-3, dropout: true, ..Default::default() },
            whole_head: true,
            hold: 0,
        }
    }
}

impl TaskWeights {
    /// META-TARTAN with its defaults.
    pub fn learned() -> Self {
        Self::Learned(LearnedWeights::default())
    }

    /// What stands in the way of weighing so many tasks.
    ///
    /// # Errors
    /// Weights of another number of tasks, or that are negative.
    pub fn check(&self, tasks: usize) -> Result<(), String> {
        match self {
            Self::Fixed { weights } if weights.len() != tasks => {
                Err(format!("{} weights are given for {tasks} tasks", weights.len()))
            }
            Self::Fixed { weights } if weights.iter().any(|w| !(w.is_finite() && *w >= 0.0)) => {
                Err(format!("weights {weights:?}: each must be 0 or more"))
            }
            _ => Ok(()),
        }
    }
}

/// The head that the dev gradient comes through, and that gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DevHeadConfig {
    /// Optimiser steps a fitted head is used for; the released code fits one for every step.
    pub refit_every: u64,
    /// AdamW steps of a fit, at most.
    pub steps: usize,
    pub lr: f64,
    pub weight_decay: f64,
    /// Examples it is fitted to.
    pub batch_size: usize,
    /// A change of the loss below which fitting stops.
    pub tolerance: f64,
    /// Examples of the dev gradient, drawn apart from those of the fit.
    pub gradient_batch_size: usize,
    /// Whether features and dev gradient are computed with dropout, as in the released code.
    pub dropout: bool,
    /// Where both come from.
    pub source: DevSource,
}

impl Default for DevHeadConfig {
    fn default() -> Self {
        Self {
            refit_every: 1,
            steps: 100,
            lr: 1e-2,
            weight_decay: 0.1,
            batch_size: 32,
            tolerance: 1e-3,
            gradient_batch_size: 64,
            dropout: false,
            source: DevSource::Dev,
        }
    }
}

/// The examples of the dev head and of the dev gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DevSource {
    /// Dev examples.
    #[default]
    Dev,
    /// The head is fitted to training examples, and the gradient is of dev examples (AANG's code).
    HeadOnTrain,
    /// A tenth of the training examples, which training then goes without.
    HeldOutTrain,
}

/// A number in [0, 1) that depends on these alone.
pub fn uniform(key: &[u64]) -> f64 {
    (hash(key) >> 11) as f64 / (1u64 << 53) as f64
}
