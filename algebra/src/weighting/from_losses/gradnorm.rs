//! GradNorm (Chen et al., ICML 2018, algorithm 1).
//!
//! Learned weights wᵢ are drawn to where the weighted gradient norms wᵢ ‖gᵢ‖ equal their mean times rᵢ^α, with rᵢ the
//! task's loss relative to its first one, in units of the mean of those ratios: tasks that lag get larger gradients.
//! The sum of absolute differences descends by its subgradient with targets held fixed; weights are then kept within
//! bounds and rescaled to sum to T. Norms are over the shared trunk; the paper takes those of its last layer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SMALLEST_LOSS;
use crate::weighting::{
    Needs, Options, Properties, Result, SingleTask, StepInputs, Total, Weighting, WeightingError,
    exact::{Floats, load, save},
    method::same_tasks,
};

const NAME: &str = "gradnorm";

/// Options of GradNorm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GradNormConfig {
    /// α, the pull towards a common rate of training; default 1.5.
    pub alpha: f64,
    /// Learning rate of the weights; default 0.025.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// Least and largest weight before rescaling; default 0.1 and 10.
    pub bounds: (f64, f64),
}

impl Default for GradNormConfig {
    fn default() -> Self {
        Self { alpha: 1.5, learning_rate: 0.025, bounds: (0.1, 10.0) }
    }
}

/// Learned weights, and the losses of the first step.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    weights: Floats,
    first_losses: Floats,
}

/// Weights learned from gradient norms.
#[derive(Clone, Debug)]
pub struct GradNorm {
    config: GradNormConfig,
    learned: Option<Learned>,
}

impl Options for GradNormConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "GradNorm; Chen et al., ICML 2018";
    type Weighting = GradNorm;

    fn make(self) -> Result<GradNorm> {
        let (least, largest) = self.bounds;
        if least > 0.0 && least <= 1.0 && largest >= 1.0 {
            return Ok(GradNorm { config: self, learned: None });
        }
        let problem = format!("`bounds` must be positive and enclose 1; got {:?}", self.bounds);
        Err(WeightingError::Options { method: NAME, problem })
    }
}

impl Weighting for GradNorm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::NORMS
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            non_negative: true,
            total: Total::Tasks,
            caveat: "the weights' steps grow with the gradients' norms, so its rate is no free constant",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.nonnegative_losses(NAME)?;
        let norms = inputs.gramian(NAME)?.norms();
        let tasks = losses.len();
        let learned = self.learned.get_or_insert_with(|| Learned {
            weights: Floats(vec![1.0; tasks]),
            first_losses: Floats(losses.iter().map(|x| x.max(SMALLEST_LOSS)).collect()),
        });
        same_tasks(NAME, "past steps", learned.weights.0.len(), tasks)?;
        let weights = learned.weights.0.clone();

        let mean_norm = weights.iter().zip(&norms).map(|(w, n)| w * n).sum::<f64>() / tasks as f64;
        let ratios: Vec<f64> = losses
            .iter()
            .zip(&learned.first_losses.0)
            .map(|(loss, first)| loss.max(SMALLEST_LOSS) / first)
            .collect();
        let mean_ratio = ratios.iter().sum::<f64>() / tasks as f64;
        let (least, largest) = self.config.bounds;
        for i in 0..tasks {
            let target = mean_norm * (ratios[i] / mean_ratio).powf(self.config.alpha);
            let difference = weights[i] * norms[i] - target;
            let slope = if difference == 0.0 { 0.0 } else { difference.signum() * norms[i] };
            learned.weights.0[i] =
                (weights[i] - self.config.learning_rate * slope).clamp(least, largest);
        }
        let scale = tasks as f64 / learned.weights.0.iter().sum::<f64>();
        learned.weights.0.iter_mut().for_each(|w| *w *= scale);
        Ok(weights)
    }

    fn state(&self) -> Value {
        save(&self.learned)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.learned = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weighting::Gramian;

    #[test]
    fn at_equal_rates_weighted_norms_become_equal() {
        let config = GradNormConfig { learning_rate: 1e-3, ..Default::default() };
        let mut method = config.init().unwrap();
        let gramian = Gramian::from_norms(&[1.0, 3.0]).unwrap();
        let mut weights = Vec::new();
        for step in 0..2000 {
            let inputs =
                StepInputs { step, progress: 0.0, losses: &[1.0, 1.0], gramian: Some(&gramian) };
            weights = method.weights(&inputs).unwrap();
        }
        assert!((weights[0] - 1.5).abs() < 0.01 && (weights[1] - 0.5).abs() < 0.01, "{weights:?}");
    }
}
