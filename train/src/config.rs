//! Settings of one network's training. Defaults are those of BAM's released code for networks of one task, but for
//! Adam's bias correction and epsilon, which are PyTorch's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taskgraft_algebra::described;
use taskgraft_models::kernels::Precision;
use taskgraft_tasks::mixture::{MixtureConfig, MixturePlan};

use super::{Decay, Padding, TextConfig};
use crate::{Error, Result};

/// Beyond this, sizes multiply to what no machine has, and numbers overflow.
const LARGEST: usize = 1 << 20;
const MOST_THREADS: usize = 1_024;

/// A list is made of all of them.
const MOST_EVALUATIONS: u64 = 1_000_000;

/// Which weights a training ends with.
///
/// ```
/// use taskgraft_train::{Select, TrainConfig};
///
/// // The best of ten evaluations; training stops after three without a better one.
/// let best = TrainConfig { evaluations: 10, patience: Some(3), select: Select::Best, ..Default::default() };
/// best.check()?;
/// assert_eq!(TrainConfig::default().select, Select::Last);
/// # Ok::<(), taskgraft_train::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// Those of the last step (BAM).
    #[default]
    Last,
    /// Those of the evaluation with the best mean dev score.
    Best,
}

/// What becomes of a step whose loss or gradient is not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NonFinite {
    /// Training stops, and says which task, step and parameter it was. Noticed a step late, so that the device never
    /// waits; no checkpoint is made of it.
    #[default]
    Stop,
    /// The step is left out: weights, optimiser and method stay as they were. Every step is waited for, and what a
    /// method keeps on the device is copied before it.
    Skip,
}

/// Which optimiser trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptimiserKind {
    #[default]
    AdamW,
    /// As T5 uses it: rates are relative to the size of each parameter; neither decay nor betas play a part.
    Adafactor,
}

/// Settings of one network's training.
///
/// ```
/// use taskgraft_train::TrainConfig;
///
/// let config = TrainConfig { epochs: 2.0, lr: 3e-5, ..TrainConfig::default() };
/// assert_eq!(config.total_steps(&[640])?, 40); // one task, in batches of 32
/// assert_eq!(config.evaluation_steps(40), [13, 26, 40]);
/// # Ok::<(), taskgraft_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    pub mixture: MixtureConfig,
    /// Operands of the products in the trunk's layers; sums and parameters are float32.
    pub precision: Precision,
    /// Which optimiser trains.
    pub optimiser: OptimiserKind,
    /// Optimiser steps; where absent, `epochs` decides.
    #[schemars(range(min = 1))]
    pub steps: Option<u64>,
    /// Passes over the mixture (all copies of every task).
    #[schemars(range(min = 0.0))]
    pub epochs: f64,
    /// Learning rate after warm-up, of the heads and, with `layer_decay`, of the trunk.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub lr: f64,
    /// Learning rate of the heads where it is not the trunk's.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub head_lr: Option<f64>,
    /// What follows the warm-up.
    pub decay: Decay,
    /// Factor on the learning rate for every layer further from the heads; 1 gives all layers the same.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub layer_decay: f64,
    /// Share of the steps over which the learning rate rises from 0.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub warmup: f64,
    /// Decoupled weight decay; none on biases and norms.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// Decay of AdamW's first moment.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta1: f64,
    /// Decay of AdamW's second moment.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta2: f64,
    /// What AdamW adds to the root of the second moment.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub epsilon: f64,
    /// Adam's correction of the moments' bias. BERT's own optimiser, and BAM's, go without, which makes fine-tuning on
    /// small data sets unstable (Zhang et al., 2021).
    pub bias_correction: bool,
    /// Largest global norm of the gradients; 0 switches clipping off.
    #[schemars(range(min = 0.0))]
    pub clip: f64,
    /// What becomes of a step whose loss or gradient is not finite.
    pub non_finite: NonFinite,
    /// Parts a batch is computed in; gradients are averaged.
    #[schemars(range(min = 1))]
    pub accumulation: usize,
    /// Evaluations spread over the training, the last one at its end.
    #[schemars(range(max = MOST_EVALUATIONS))]
    pub evaluations: u64,
    /// Evaluations without a better mean dev score after which training stops.
    pub patience: Option<usize>,
    /// Weights that are kept.
    pub select: Select,
    /// Evaluations between checkpoints; 0 writes none, so that a killed run starts anew.
    pub checkpoint_every: u64,
    /// Steps between checkpoints beside those at evaluations; 0 for none.
    pub checkpoint_steps: u64,
    /// Keeps the last two and the best checkpoint of a finished run; otherwise only its network stays.
    pub keep_checkpoints: bool,
    /// Longest text in tokens, special tokens included.
    #[schemars(range(min = 8, max = LARGEST))]
    pub max_length: usize,
    /// Widths of batches are rounded up to a multiple of this.
    #[schemars(range(min = 1, max = LARGEST))]
    pub width_multiple: usize,
    /// Whether tokens attend to padding, as in TARTAN's released code, which passes no attention mask.
    pub attend_padding: bool,
    /// Examples in an evaluation batch.
    #[schemars(range(min = 1, max = LARGEST))]
    pub eval_batch_size: usize,
    /// Threads that make batches; 0: those of the training itself.
    #[schemars(range(max = MOST_THREADS))]
    pub loader_threads: usize,
    /// Of tasks whose targets are written.
    pub text: TextConfig,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            mixture: MixtureConfig::default(),
            precision: Precision::F32,
            optimiser: OptimiserKind::AdamW,
            steps: None,
            epochs: 3.0,
            lr: 5e-5,
            head_lr: None,
            decay: Decay::Linear,
            layer_decay: 0.9,
            warmup: 0.1,
            weight_decay: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            bias_correction: true,
            clip: 1.0,
            non_finite: NonFinite::Stop,
            accumulation: 1,
            evaluations: 3,
            patience: None,
            select: Select::Last,
            checkpoint_every: 1,
            checkpoint_steps: 0,
            keep_checkpoints: false,
            max_length: 128,
            width_multiple: 1,
            attend_padding: false,
            eval_batch_size: 64,
            loader_threads: 1,
            text: TextConfig::default(),
        }
    }
}

impl TrainConfig {
    /// Optimiser steps for a mixture of tasks of the given sizes.
    ///
    /// # Errors
    /// Settings that make no sense together.
    pub fn total_steps(&self, sizes: &[usize]) -> Result<u64> {
        self.check()?;
        match self.steps {
            Some(steps) => Ok(steps),
            None => {
                let epoch = MixturePlan::steps_per_epoch(&self.mixture, sizes)?;
                Ok(((epoch * self.epochs).floor() as u64).max(1))
            }
        }
    }

    /// How batches are padded with the token `id`.
    pub fn padding(&self, id: u32) -> Padding {
        Padding { id, multiple: self.width_multiple, attended: self.attend_padding }
    }

    /// Steps after which the network is evaluated, the last one included.
    pub fn evaluation_steps(&self, total: u64) -> Vec<u64> {
        let n = self.evaluations.clamp(1, total);
        let place = |i| (u128::from(i) * u128::from(total) / u128::from(n)) as u64;
        (1..=n).map(place).collect()
    }

    /// # Errors
    /// Settings that make no sense, whatever is trained.
    pub fn check(&self) -> Result<()> {
        described::check(self).map_err(Error::Usage)?;
        if self.steps.is_none() && self.epochs == 0.0 {
            let problem = "`epochs` is 0; give more, or `steps`, so that there is a step to train";
            return Err(Error::Usage(problem.into()));
        }
        let (size, parts) = (self.mixture.batch_size, self.accumulation);
        if size.is_multiple_of(parts) {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "`mixture.batch_size` is {size} and `accumulation` {parts}; the first must be a multiple of the second"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_evaluation_is_at_the_last_step() {
        let config = TrainConfig { evaluations: 4, ..Default::default() };
        assert_eq!(config.evaluation_steps(10), [2, 5, 7, 10]);
        assert_eq!(config.evaluation_steps(2), [1, 2]);
    }

    #[test]
    fn steps_of_an_epoch_are_those_of_bam() {
        let config = TrainConfig::default();
        assert_eq!(config.total_steps(&[2490]).unwrap(), 233);
    }

    #[test]
    fn settings_that_make_no_sense_are_errors() {
        let uneven = TrainConfig { accumulation: 5, ..Default::default() };
        assert!(uneven.total_steps(&[10]).unwrap_err().to_string().contains("accumulation"));
        let none = TrainConfig { epochs: 0.0, ..Default::default() };
        assert!(none.total_steps(&[10]).is_err());
        for key in ["eval_batch_size", "width_multiple", "max_length"] {
            for size in [0, u64::MAX] {
                let mut settings = serde_json::to_value(TrainConfig::default()).unwrap();
                settings[key] = size.into();
                let config: TrainConfig = serde_json::from_value(settings).unwrap();
                assert!(config.total_steps(&[10]).unwrap_err().to_string().contains(key));
            }
        }
        let nan = TrainConfig { lr: f64::NAN, ..Default::default() };
        assert!(nan.total_steps(&[10]).is_err());
    }
}
