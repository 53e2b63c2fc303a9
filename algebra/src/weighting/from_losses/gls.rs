//! Geometric loss strategy (Chennupati et al., CVPR Workshops 2019): the gradient of the geometric mean of the losses.
//!
//! wᵢ = (∏ L)^(1/T) / (T Lᵢ), so that no loss's scale matters to the direction. Losses must not be negative; one of
//! zero counts as 1e-8.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SMALLEST_LOSS;
use crate::weighting::{
    LossScaling, Needs, Options, Properties, Result, SingleTask, StepInputs, Weighting,
};

/// The geometric loss strategy has no options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GlsConfig {}

/// Weights from the losses' geometric mean.
#[derive(Clone, Debug)]
pub struct Gls;

impl Options for GlsConfig {
    const NAME: &'static str = "gls";
    const PAPER: &'static str = "Geometric loss strategy; Chennupati et al., CVPR Workshops 2019";
    type Weighting = Gls;

    fn make(self) -> Result<Gls> {
        Ok(Gls)
    }
}

impl Weighting for Gls {
    fn name(&self) -> &'static str {
        "gls"
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            loss_scaling: LossScaling::Invariant,
            non_negative: true,
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.nonnegative_losses(self.name())?;
        let logs: Vec<f64> = losses.iter().map(|loss| loss.max(SMALLEST_LOSS).ln()).collect();
        let tasks = losses.len() as f64;
        let mean = logs.iter().sum::<f64>() / tasks;
        Ok(logs.iter().map(|log| (mean - log).exp() / tasks).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_derivatives_of_the_geometric_mean() {
        let losses = [2.0, 8.0];
        let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
        // √(2·8) = 4; d/dL₁ = 4 / (2·2), d/dL₂ = 4 / (2·8).
        let weights = Gls.weights(&inputs).unwrap();
        assert!((weights[0] - 1.0).abs() < 1e-14 && (weights[1] - 0.25).abs() < 1e-14);
    }
}
