//! DualProj: the mean gradient projected onto the cone of directions that conflict with no task.
//!
//! The projection of gradient episodic memory (Lopez-Paz and Ranzato, NeurIPS 2017), in the form of Quinton and Rey
//! (arXiv 2406.16232). Solved exactly; the option `regularisation` is as for UPGrad. With a preference, what is
//! projected is the combination that it gives.

use nalgebra::DMatrix;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    Gramian, LossScaling, Needs, NonConflict, Options, Properties, Result, SingleTask, StepInputs,
    Weighting,
    preference::{checked_preference, preference_or, with_preference},
    solvers::project_above,
};

const NAME: &str = "dualproj";

/// Options of DualProj.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DualProjConfig {
    /// What is added to the diagonal of the Gramian divided by its trace; default 0.
    #[schemars(range(min = 0.0))]
    pub regularisation: f64,
    /// The combination that is projected; default 1/T each.
    #[schemars(inner(range(min = 0.0)))]
    pub preference: Option<Vec<f64>>,
}

/// The projected mean.
#[derive(Clone, Debug)]
pub struct DualProj {
    config: DualProjConfig,
}

impl Options for DualProjConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "DualProj; Lopez-Paz and Ranzato, NeurIPS 2017";
    type Weighting = DualProj;

    fn make(self) -> Result<DualProj> {
        checked_preference(NAME, &self.preference)?;
        Ok(DualProj { config: self })
    }
}

impl Weighting for DualProj {
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
            loss_scaling: LossScaling::Common,
            non_negative: true,
            ..Properties::NOTHING
        };
        with_preference(claims, &self.config.preference)
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let tasks = gramian.tasks();
        let mean = preference_or(NAME, &self.config.preference, 1.0 / tasks as f64, tasks)?;
        Ok(project_above(&regularised(gramian, self.config.regularisation), &mean))
    }
}

/// The Gramian with `regularisation` times its trace added to the diagonal.
pub(super) fn regularised(gramian: &Gramian, regularisation: f64) -> DMatrix<f64> {
    let shift = regularisation * gramian.trace();
    let mut matrix = gramian.matrix().clone();
    (0..gramian.tasks()).for_each(|i| matrix[(i, i)] += shift);
    matrix
}
