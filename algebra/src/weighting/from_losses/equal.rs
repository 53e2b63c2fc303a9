//! Equal weighting: the mean of the tasks' gradients. The baseline that any method has to beat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{LossScaling, Needs, Options, Properties, Result, StepInputs, Weighting};

/// Equal weighting has no options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EqualConfig {}

/// Weight 1/T for every task.
#[derive(Clone, Debug)]
pub struct Equal;

impl Options for EqualConfig {
    const NAME: &'static str = "equal";
    const PAPER: &'static str = "Equal weighting";
    type Weighting = Equal;

    fn make(self) -> Result<Equal> {
        Ok(Equal)
    }
}

impl Weighting for Equal {
    fn name(&self) -> &'static str {
        "equal"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING
    }

    fn properties(&self) -> Properties {
        Properties { loss_scaling: LossScaling::Linear, ..Properties::CONVEX }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let tasks = inputs.finite_losses(self.name())?.len();
        Ok(vec![1.0 / tasks as f64; tasks])
    }
}
