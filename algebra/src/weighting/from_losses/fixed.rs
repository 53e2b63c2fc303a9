//! Fixed weights, as given: linear scalarisation with a sweep's or a paper's weights.

use serde::{Deserialize, Serialize};

use crate::weighting::{
    LossScaling, Needs, Ordering, Properties, Result, StepInputs, Weighting, WeightingError,
    method::same_tasks,
};

const NAME: &str = "fixed";

/// Options of fixed weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedConfig {
    /// One weight per task, used as it is.
    pub weights: Vec<f64>,
}

/// The same given weights at every step.
#[derive(Clone, Debug)]
pub struct Fixed {
    config: FixedConfig,
}

impl FixedConfig {
    /// # Errors
    /// When there are no weights, one is negative or not finite, or all are zero.
    pub fn init(self) -> Result<Fixed> {
        let valid = self.weights.iter().all(|w| w.is_finite() && *w >= 0.0);
        if !valid || self.weights.iter().sum::<f64>() <= 0.0 {
            let problem = format!(
                "`weights` must be one finite number per task, none below zero and not all zero; got {:?}",
                self.weights
            );
            return Err(WeightingError::Options { method: NAME, problem });
        }
        Ok(Fixed { config: self })
    }
}

impl Weighting for Fixed {
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
            non_negative: true,
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let weights = &self.config.weights;
        same_tasks(NAME, "the option `weights`", weights.len(), inputs.tasks())?;
        Ok(weights.clone())
    }
}
