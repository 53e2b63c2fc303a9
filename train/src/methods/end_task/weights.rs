//! Where the weights of an end-task-aware training come from, and how its dev head is fitted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taskgraft_algebra::described;
use taskgraft_tasks::mixture::hash;

use super::{Alignment, MetaWeights, softmax};

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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// The least weight of the end-task, below 1 / number of tasks: the rest is what the softmax shares out. An
    /// auxiliary task with many more labels may agree better with the dev gradient than the end-task's few examples
    /// do, and would take their place. Weights start equal all the same.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub floor: f64,
}

impl LearnedWeights {
    /// The released code's choices.
    pub fn as_released() -> Self {
        Self {
            rule: MetaWeights { lr: 1e-2, alignment: Alignment::Cosine, jacobian: false },
            dev: DevHeadConfig { steps: 10, lr: 1e-3, dropout: true, ..Default::default() },
            whole_head: true,
            hold: 0,
            floor: 0.0,
        }
    }

    /// Logits from which all of so many tasks weigh the same.
    pub fn initial_logits(&self, tasks: usize) -> Vec<f64> {
        let mut logits = vec![0.0; tasks];
        if let [first, others @ ..] = &mut logits[..]
            && !others.is_empty()
            && self.floor > 0.0
        {
            let share = (1.0 / tasks as f64 - self.floor) / (1.0 - self.floor);
            *first = (others.len() as f64 * share / (1.0 - share)).ln();
        }
        logits
    }

    /// The weights that these logits stand for.
    pub fn weights(&self, logits: &[f64]) -> Vec<f64> {
        let mut weights = softmax(logits);
        weights.iter_mut().for_each(|weight| *weight *= 1.0 - self.floor);
        weights[0] += self.floor;
        weights
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
                Err(format!("{} weights are given for {tasks} tasks; give one each", weights.len()))
            }
            Self::Fixed { weights } if weights.iter().any(|w| !(w.is_finite() && *w >= 0.0)) => {
                Err(format!("weights {weights:?}: each must be 0 or more"))
            }
            Self::Learned(LearnedWeights { floor, .. }) if *floor >= 1.0 / tasks as f64 => {
                Err(format!("`floor` is {floor}; with {tasks} tasks it must be below 1/{tasks}"))
            }
            Self::Learned(learned) => described::check(learned),
            _ => Ok(()),
        }
    }
}

/// The head that the dev gradient comes through, and that gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DevHeadConfig {
    /// Optimiser steps a fitted head is used for; the released code fits one for every step.
    #[schemars(range(min = 1))]
    pub refit_every: u64,
    /// AdamW steps of fitting the dev head, at most.
    pub steps: usize,
    /// Learning rate of fitting the dev head.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub lr: f64,
    /// Decoupled weight decay of fitting the dev head.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// Examples that the dev head is fitted to.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// A change of the loss below which fitting the dev head stops.
    #[schemars(range(min = 0.0))]
    pub tolerance: f64,
    /// Examples of the dev gradient, drawn apart from those of the fit.
    #[schemars(range(min = 1))]
    pub gradient_batch_size: usize,
    /// Whether features and dev gradient are computed with dropout, as in the released code.
    pub dropout: bool,
    /// Which examples the dev head and the dev gradient use.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_task_keeps_its_floor_and_all_start_equal() {
        for (floor, tasks) in [(0.0, 3), (0.1, 2), (0.3, 3), (0.19, 5)] {
            let learned = LearnedWeights { floor, ..Default::default() };
            let mut logits = learned.initial_logits(tasks);
            assert_eq!(learned.weights(&learned.initial_logits(1)), [1.0]);
            let equal = 1.0 / tasks as f64;
            assert!(learned.weights(&logits).iter().all(|w| (w - equal).abs() < 1e-12), "{floor}");
            logits[0] = -1e3;
            let weights = learned.weights(&logits);
            assert!((weights[0] - floor).abs() < 1e-12, "{weights:?}");
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{weights:?}");
        }
    }

    #[test]
    fn a_floor_is_below_an_equal_share() {
        let of = |floor| TaskWeights::Learned(LearnedWeights { floor, ..Default::default() });
        assert!(of(0.33).check(3).is_ok() && of(0.0).check(3).is_ok());
        for wrong in [0.34, -0.1, f64::NAN] {
            let message = of(wrong).check(3).unwrap_err();
            assert!(message.contains("`floor`") && message.contains("must be"), "{message}");
        }
    }
}
