//! Fixed weights, as given: linear scalarisation with a sweep's or a paper's weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::weighting::{
    LossScaling, Needs, Options, Ordering, Properties, Result, StepInputs, Weighting,
    WeightingError, method::same_tasks,
};

const NAME: &str = "fixed";

/// Options of fixed weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedConfig {
    /// One weight per task, used as it is; by default a training weighs all alike.
    #[schemars(inner(range(min = 0.0)))]
    pub weights: Vec<f64>,
}

/// The same given weights at every step.
#[derive(Clone, Debug)]
pub struct Fixed {
    config: FixedConfig,
}

impl Options for FixedConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "Fixed scalarisation";
    type Weighting = Fixed;

    fn make(self) -> Result<Fixed> {
        if self.weights.iter().sum::<f64>() > 0.0 {
            return Ok(Fixed { config: self });
        }
        let problem =
            format!("`weights` must be one number per task, not all zero; got {:?}", self.weights);
        Err(WeightingError::Options { method: NAME, problem })
    }

    fn example(tasks: usize) -> Value {
        json!({ "weights": (1..=tasks).collect::<Vec<_>>() })
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
