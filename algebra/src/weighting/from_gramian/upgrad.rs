//! UPGrad, the unconflicting projection of gradients (Quinton and Rey, arXiv 2406.16232): every gradient is projected
//! onto the cone of directions that conflict with no task, and the projections are averaged.
//!
//! Solved exactly. The published code adds a small multiple of the identity to the Gramian divided by its trace; the
//! option `regularisation` does so too. With a preference, projections are summed in its proportions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dualproj::regularised;
use crate::weighting::{
    LossScaling, Needs, NonConflict, Options, Properties, Result, SingleTask, StepInputs,
    Weighting,
    preference::{checked_preference, preference_or, with_preference},
    solvers::project_above,
};

const NAME: &str = "upgrad";

/// Options of UPGrad.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpGradConfig {
    /// What is added to the diagonal of the Gramian divided by its trace; default 0.
    #[schemars(range(min = 0.0))]
    pub regularisation: f64,
    /// How much every task's projection counts; default 1/T each.
    #[schemars(inner(range(min = 0.0)))]
    pub preference: Option<Vec<f64>>,
}

/// The mean of projected gradients.
#[derive(Clone, Debug)]
pub struct UpGrad {
    config: UpGradConfig,
}

impl Options for UpGradConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "UPGrad; Quinton and Rey, arXiv 2406.16232";
    type Weighting = UpGrad;

    fn make(self) -> Result<UpGrad> {
        checked_preference(NAME, &self.preference)?;
        Ok(UpGrad { config: self })
    }
}

impl Weighting for UpGrad {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        let claims = Properties {
            single_task: SingleTask::Plain,
            non_conflict: NonConflict::Always,
            loss_scaling: LossScaling::Linear,
            non_negative: true,
            ..Properties::NOTHING
        };
        with_preference(claims, &self.config.preference)
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let tasks = gramian.tasks();
        let matrix = regularised(gramian, self.config.regularisation);
        let preference = preference_or(NAME, &self.config.preference, 1.0 / tasks as f64, tasks)?;
        let mut weights = vec![0.0; tasks];
        for task in 0..tasks {
            let mut alone = vec![0.0; tasks];
            alone[task] = preference[task];
            let projected = project_above(&matrix, &alone);
            weights.iter_mut().zip(projected).for_each(|(w, p)| *w += p);
        }
        Ok(weights)
    }
}
