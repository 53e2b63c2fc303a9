//! IMTL-L, the loss balance of impartial multi-task learning (Liu et al., ICLR 2021, section 3.3).
//!
//! Every task has a log-scale s, and the objective is Σ e^s L − s. The weight is e^s; s is learned on the host by plain
//! gradient descent with its own learning rate, after the step's weights are taken. At rest every scaled loss is one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::weighting::{
    Needs, Options, Properties, Result, StepInputs, Weighting,
    exact::{Floats, load, save},
    method::same_tasks,
};

const NAME: &str = "imtl-l";
/// Bounds of s, so that one huge loss cannot throw it out of reach.
const LIMIT: f64 = 10.0;

/// Options of IMTL-L.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImtlLConfig {
    /// Learning rate of the log-scales; default 0.01.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
}

impl Default for ImtlLConfig {
    fn default() -> Self {
        Self { learning_rate: 0.01 }
    }
}

/// Learned log-scales.
#[derive(Clone, Debug)]
pub struct ImtlL {
    config: ImtlLConfig,
    log_scales: Option<Floats>,
}

impl Options for ImtlLConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "IMTL-L; Liu et al., ICLR 2021";
    type Weighting = ImtlL;

    fn make(self) -> Result<ImtlL> {
        Ok(ImtlL { config: self, log_scales: None })
    }
}

impl Weighting for ImtlL {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties {
            non_negative: true,
            caveat: "indifferent to losses' scales only at rest, not on the way there",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.finite_losses(NAME)?;
        let s = &mut self.log_scales.get_or_insert_with(|| Floats(vec![0.0; losses.len()])).0;
        same_tasks(NAME, "past steps", s.len(), losses.len())?;
        let weights: Vec<f64> = s.iter().map(|s| s.exp()).collect();
        for ((s, loss), weight) in s.iter_mut().zip(losses).zip(&weights) {
            let gradient = weight * loss - 1.0;
            *s = (*s - self.config.learning_rate * gradient).clamp(-LIMIT, LIMIT);
        }
        Ok(weights)
    }

    fn state(&self) -> Value {
        save(&self.log_scales)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.log_scales = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_losses_come_to_rest_at_one() {
        let mut method = ImtlLConfig { learning_rate: 0.1 }.init().unwrap();
        let mut weights = Vec::new();
        for step in 0..2000 {
            let losses = [4.0, 0.25];
            let inputs = StepInputs { step, progress: 0.0, losses: &losses, gramian: None };
            weights = method.weights(&inputs).unwrap();
        }
        assert!((weights[0] - 0.25).abs() < 1e-9 && (weights[1] - 4.0).abs() < 1e-9);
    }
}
