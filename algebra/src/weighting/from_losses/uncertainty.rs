//! Uncertainty weighting (Kendall, Gal and Cipolla, CVPR 2018, equation 10).
//!
//! Every task has a log-variance s, and the objective is Σ ½ e^−s L + ½ s. The weight is ½ e^−s; s is learned here, on
//! the host, by plain gradient descent with its own learning rate, after the step's weights are taken. The published
//! code hands s to the network's optimiser instead. At rest e^s = L: weights become inverse losses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::weighting::{
    Needs, Options, Properties, Result, StepInputs, Weighting,
    exact::{Floats, load, save},
    method::same_tasks,
};

const NAME: &str = "uncertainty";
/// Bounds of s, so that one huge loss cannot throw it out of reach.
const LIMIT: f64 = 10.0;

/// Options of uncertainty weighting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UncertaintyConfig {
    /// Learning rate of the log-variances; default 0.01.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// Their first value; default 0.
    pub initial: f64,
}

impl Default for UncertaintyConfig {
    fn default() -> Self {
        Self { learning_rate: 0.01, initial: 0.0 }
    }
}

/// Learned log-variances.
#[derive(Clone, Debug)]
pub struct Uncertainty {
    config: UncertaintyConfig,
    log_variances: Option<Floats>,
}

impl Options for UncertaintyConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "Uncertainty weighting; Kendall et al., CVPR 2018";
    type Weighting = Uncertainty;

    fn make(self) -> Result<Uncertainty> {
        Ok(Uncertainty { config: self, log_variances: None })
    }
}

impl Weighting for Uncertainty {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties { non_negative: true, ..Properties::NOTHING }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.finite_losses(NAME)?;
        let initial = self.config.initial;
        let s =
            &mut self.log_variances.get_or_insert_with(|| Floats(vec![initial; losses.len()])).0;
        same_tasks(NAME, "past steps", s.len(), losses.len())?;
        let weights: Vec<f64> = s.iter().map(|s| 0.5 * (-s).exp()).collect();
        for ((s, loss), weight) in s.iter_mut().zip(losses).zip(&weights) {
            let gradient = 0.5 - weight * loss;
            *s = (*s - self.config.learning_rate * gradient).clamp(-LIMIT, LIMIT);
        }
        Ok(weights)
    }

    fn state(&self) -> Value {
        save(&self.log_variances)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.log_variances = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_come_to_rest_at_half_the_inverse_losses() {
        let mut method =
            UncertaintyConfig { learning_rate: 0.1, ..Default::default() }.init().unwrap();
        let mut weights = Vec::new();
        for step in 0..2000 {
            let losses = [4.0, 0.25];
            let inputs = StepInputs { step, progress: 0.0, losses: &losses, gramian: None };
            weights = method.weights(&inputs).unwrap();
        }
        assert!((weights[0] - 0.125).abs() < 1e-9 && (weights[1] - 2.0).abs() < 1e-9);
    }
}
