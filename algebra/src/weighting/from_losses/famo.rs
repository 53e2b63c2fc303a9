//! FAMO, fast adaptive multitask optimisation (Liu et al., NeurIPS 2023, algorithm 1).
//!
//! With z the softmax of learned logits and D = L − b (b the least possible losses), the weights are zᵢ / Dᵢ divided by
//! their sum, a step on a weighted mean of log losses. After the update the losses of the same batch are given back;
//! logits descend along the softmax's Jacobian times the drops of log D, by Adam with weight decay, so that tasks that
//! improved less weigh more. One forward pass more than plain training, and no gradient per task.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SMALLEST_LOSS;
use crate::weighting::{
    LossScaling, Needs, Options, Properties, Result, StepInputs, Weighting, WeightingError,
    adam::Adam,
    exact::{Floats, load, save},
    method::{nonnegative, same_tasks},
    solvers::softmax,
};

const NAME: &str = "famo";

/// Options of FAMO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FamoConfig {
    /// Adam's learning rate for the logits; default 0.025.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// Weight decay of the logits, added to their gradient; default 0.001.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// The least possible loss of every task; default 0 for all.
    pub least_losses: Vec<f64>,
}

impl Default for FamoConfig {
    fn default() -> Self {
        Self { learning_rate: 0.025, weight_decay: 1e-3, least_losses: Vec::new() }
    }
}

/// Logits with Adam's moments, and the logarithms of the losses before the update.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Logits {
    values: Floats,
    #[serde(flatten)]
    adam: Adam,
    log_before: Option<Floats>,
}

/// Learned logits.
#[derive(Clone, Debug)]
pub struct Famo {
    config: FamoConfig,
    logits: Option<Logits>,
}

impl Options for FamoConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "FAMO; Liu et al., NeurIPS 2023";
    type Weighting = Famo;

    fn make(self) -> Result<Famo> {
        Ok(Famo { config: self, logits: None })
    }
}

impl Famo {
    /// Losses above the least possible.
    fn above_least(&self, losses: &[f64]) -> Result<Vec<f64>> {
        let least = &self.config.least_losses;
        if least.is_empty() {
            return Ok(nonnegative(NAME, losses)?.iter().map(|x| x + SMALLEST_LOSS).collect());
        }
        same_tasks(NAME, "the option `least_losses`", least.len(), losses.len())?;
        let above: Vec<f64> = losses.iter().zip(least).map(|(x, least)| x - least).collect();
        Ok(nonnegative(NAME, &above)?.iter().map(|x| x + SMALLEST_LOSS).collect())
    }
}

impl Weighting for Famo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs { losses_after: true, ..Needs::LOSSES }
    }

    fn properties(&self) -> Properties {
        Properties { loss_scaling: LossScaling::Invariant, ..Properties::CONVEX }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let above = self.above_least(inputs.losses)?;
        let tasks = above.len();
        let logits = self.logits.get_or_insert_with(|| Logits {
            values: Floats(vec![0.0; tasks]),
            adam: Adam::of(tasks),
            log_before: None,
        });
        same_tasks(NAME, "past steps", logits.values.0.len(), tasks)?;
        let shares: Vec<f64> =
            softmax(&logits.values.0).iter().zip(&above).map(|(z, d)| z / d).collect();
        logits.log_before = Some(Floats(above.iter().map(|d| d.ln()).collect()));
        let sum: f64 = shares.iter().sum();
        Ok(shares.iter().map(|share| share / sum).collect())
    }

    fn observe_losses_after(&mut self, losses: &[f64]) -> Result<()> {
        let above = self.above_least(losses)?;
        let Some(logits) = &mut self.logits else {
            let problem = "losses after an update were given before any weights were asked for";
            return Err(WeightingError::State { method: NAME, problem: problem.to_owned() });
        };
        same_tasks(NAME, "past steps", logits.values.0.len(), above.len())?;
        let Some(before) = logits.log_before.take() else {
            let problem = "losses after an update were given twice for one step";
            return Err(WeightingError::State { method: NAME, problem: problem.to_owned() });
        };
        let drops: Vec<f64> = before.0.iter().zip(&above).map(|(b, d)| b - d.ln()).collect();
        let z = softmax(&logits.values.0);
        let mean: f64 = z.iter().zip(&drops).map(|(z, drop)| z * drop).sum();
        let gradients: Vec<f64> = (0..above.len())
            .map(|i| z[i] * (drops[i] - mean) + self.config.weight_decay * logits.values.0[i])
            .collect();
        logits.adam.descend(&mut logits.values.0, &gradients, self.config.learning_rate);
        Ok(())
    }

    fn state(&self) -> Value {
        save(&self.logits)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.logits = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(method: &mut Famo, losses: &[f64]) -> Vec<f64> {
        method.weights(&StepInputs { step: 0, progress: 0.0, losses, gramian: None }).unwrap()
    }

    #[test]
    fn the_task_that_improved_less_weighs_more_and_the_first_step_is_the_learning_rate() {
        let mut method = FamoConfig::default().init().unwrap();
        let first = weights(&mut method, &[1.0, 4.0]);
        assert!((first[0] - 0.8).abs() < 1e-7 && (first[1] - 0.2).abs() < 1e-7);
        method.observe_losses_after(&[0.5, 3.9]).unwrap();
        // Adam's first step has the length of the learning rate in every coordinate.
        let ratio = (2.0 * 0.025_f64).exp();
        let second = weights(&mut method, &[1.0, 1.0]);
        assert!((second[1] / second[0] - ratio).abs() < 1e-6);
    }

    #[test]
    fn losses_after_an_update_are_refused_out_of_turn() {
        let mut method = FamoConfig::default().init().unwrap();
        assert!(method.observe_losses_after(&[1.0]).is_err());
        weights(&mut method, &[1.0]);
        method.observe_losses_after(&[0.5]).unwrap();
        assert!(method.observe_losses_after(&[0.5]).is_err());
    }
}
