//! Temperature-tuned scalarisation: weights proportional to a power of the tasks' sizes.
//!
//! wᵢ ∝ nᵢ^(1/τ), the counterpart for losses of temperature sampling (Arivazhagan et al. 2019): τ = 1 is proportional
//! to the sizes, τ → ∞ equal. Tuned by τ alone, it is the row that every comparison of methods should hold (Xin et al.
//! 2022; Kurin et al. 2022).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::weighting::{
    LossScaling, Needs, Options, Ordering, Properties, Result, StepInputs, Weighting,
    WeightingError, method::same_tasks,
};

const NAME: &str = "scalarisation";

/// Options of temperature-tuned scalarisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScalarisationConfig {
    /// Examples of every task; by default those of the training.
    #[schemars(inner(range(min = 0.0)))]
    pub sizes: Vec<f64>,
    /// Temperature τ: shares are size^(1/τ); default 2.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub temperature: f64,
}

impl Default for ScalarisationConfig {
    fn default() -> Self {
        Self { sizes: vec![], temperature: 2.0 }
    }
}

/// Constant weights that sum to one.
#[derive(Clone, Debug)]
pub struct Scalarisation {
    weights: Vec<f64>,
}

impl Options for ScalarisationConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str =
        "Temperature-tuned scalarisation; temperature as in Arivazhagan et al., arXiv 1907.05019";
    type Weighting = Scalarisation;

    fn make(self) -> Result<Scalarisation> {
        if self.sizes.is_empty() || self.sizes.contains(&0.0) {
            let problem =
                format!("`sizes` must be one number above 0 per task; got {:?}", self.sizes);
            return Err(WeightingError::Options { method: NAME, problem });
        }
        let powers: Vec<f64> =
            self.sizes.iter().map(|size| size.powf(1.0 / self.temperature)).collect();
        let sum: f64 = powers.iter().sum();
        Ok(Scalarisation { weights: powers.iter().map(|x| x / sum).collect() })
    }

    fn example(tasks: usize) -> Value {
        json!({ "sizes": (1..=tasks).map(|i| 100 * i).collect::<Vec<_>>() })
    }
}

impl Weighting for Scalarisation {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING
    }

    fn properties(&self) -> Properties {
        Properties {
            loss_scaling: LossScaling::Linear,
            ordering: Ordering::Given,
            ..Properties::CONVEX
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        same_tasks(NAME, "the option `sizes`", self.weights.len(), inputs.tasks())?;
        Ok(self.weights.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperature_goes_from_proportional_to_equal() {
        let weights = |temperature| {
            ScalarisationConfig { sizes: vec![100.0, 900.0], temperature }.init().unwrap().weights
        };
        assert!((weights(1.0)[1] - 0.9).abs() < 1e-12);
        assert!((weights(2.0)[1] - 0.75).abs() < 1e-12);
        assert!((weights(1e9)[1] - 0.5).abs() < 1e-6);
    }
}
