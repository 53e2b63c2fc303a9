//! PCGrad, projecting conflicting gradients (Yu et al., NeurIPS 2020, algorithm 1).
//!
//! Every task's gradient loses its component along each other task's original gradient that it still conflicts with,
//! one after the other in random order; the update is the sum. Projections are of the whole trunk's gradients, not per
//! tensor, and against originals, never against already projected ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::projection::{Combination, ProjectionOrder};
use crate::weighting::{
    LossScaling, Needs, NonConflict, Options, Ordering, Properties, Result, SingleTask, StepInputs,
    Weighting,
};

/// Options of PCGrad.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PcGradConfig {
    /// The order of projections; default random.
    pub order: ProjectionOrder,
    /// Seed of the random order; default 0.
    pub seed: u64,
}

/// The sum of projected gradients.
#[derive(Clone, Debug)]
pub struct PcGrad {
    config: PcGradConfig,
}

impl Options for PcGradConfig {
    const NAME: &'static str = "pcgrad";
    const PAPER: &'static str = "PCGrad; Yu et al., NeurIPS 2020";
    type Weighting = PcGrad;

    fn make(self) -> Result<PcGrad> {
        Ok(PcGrad { config: self })
    }
}

impl Weighting for PcGrad {
    fn name(&self) -> &'static str {
        "pcgrad"
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            non_conflict: NonConflict::TwoTasks,
            loss_scaling: LossScaling::Linear,
            ordering: Ordering::Drawn,
            non_negative: true,
            caveat: "with three tasks or more a later projection can bring back an earlier conflict",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(self.name())?;
        let gramian = inputs.gramian(self.name())?;
        let tasks = gramian.tasks();
        let mut weights = vec![0.0; tasks];
        for task in 0..tasks {
            let mut gradient = Combination::of(gramian, task);
            for other in self.config.order.others(self.config.seed, inputs.step, task, tasks) {
                let (inner, squared_norm) = (gradient.inner(other), gramian.inner(other, other));
                if inner < 0.0 && squared_norm > 0.0 {
                    gradient.coefficients[other] -= inner / squared_norm;
                }
            }
            weights.iter_mut().zip(&gradient.coefficients).for_each(|(w, c)| *w += c);
        }
        Ok(weights)
    }
}
