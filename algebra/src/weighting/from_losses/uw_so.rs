//! UW-SO, soft optimal uncertainty weighting (Kirchdorfer et al., arXiv 2408.07985, section 3).
//!
//! Where uncertainty weighting learns its variances, they have a best value in closed form, at which weights are
//! inverse losses; wᵢ = softmax(1 / (τ Lᵢ)) makes of these weights that sum to one, with nothing to learn. τ is to be
//! tuned: small τ follows the task of least loss alone, large τ weighs all alike. A loss of zero counts as 1e-8.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SMALLEST_LOSS;
use crate::weighting::{
    Needs, Options, Properties, Result, StepInputs, Weighting, solvers::softmax,
};

const NAME: &str = "uw-so";

/// Options of UW-SO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UwSoConfig {
    /// Temperature τ of the softmax, in units of an inverse loss; default 1.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub temperature: f64,
}

impl Default for UwSoConfig {
    fn default() -> Self {
        Self { temperature: 1.0 }
    }
}

/// The softmax of inverse losses.
#[derive(Clone, Debug)]
pub struct UwSo {
    config: UwSoConfig,
}

impl Options for UwSoConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "UW-SO; Kirchdorfer et al., arXiv 2408.07985";
    type Weighting = UwSo;

    fn make(self) -> Result<UwSo> {
        Ok(UwSo { config: self })
    }
}

impl Weighting for UwSo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties {
            caveat: "a task of small loss outweighs the others, the more so the further it falls",
            ..Properties::CONVEX
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.nonnegative_losses(NAME)?;
        let logits: Vec<f64> = losses
            .iter()
            .map(|loss| 1.0 / (loss.max(SMALLEST_LOSS) * self.config.temperature))
            .collect();
        Ok(softmax(&logits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_softmax_of_inverse_losses_over_the_temperature() {
        let losses = [0.5, 1.0];
        let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
        // Inverse losses 2 and 1 over τ = 2: e¹ and e^½.
        let weights = UwSoConfig { temperature: 2.0 }.init().unwrap().weights(&inputs).unwrap();
        let expected = 1.0_f64.exp() / (1.0_f64.exp() + 0.5_f64.exp());
        assert!((weights[0] - expected).abs() < 1e-15);
    }
}
