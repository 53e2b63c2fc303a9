//! IMTL-G, the gradient balance of impartial multi-task learning (Liu et al., ICLR 2021, section 3.2).
//!
//! The combination with Σ w = 1 that has equal projections onto all unit gradients: w ∝ G⁺ ‖g‖, in the form that also
//! holds for dependent gradients (Quinton and Rey, arXiv 2406.16232). Weights may be negative. Where G⁺ ‖g‖ sums to zero
//! the weights are zero.

use serde::{Deserialize, Serialize};

use crate::weighting::{
    LossScaling, Needs, NonConflict, Properties, Result, SingleTask, StepInputs, Weighting,
    solvers::pseudo_inverse_times,
};

/// IMTL-G has no options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImtlGConfig {}

/// The impartial direction.
#[derive(Clone, Debug)]
pub struct ImtlG;

impl ImtlGConfig {
    /// # Errors
    /// None.
    pub fn init(self) -> Result<ImtlG> {
        Ok(ImtlG)
    }
}

impl Weighting for ImtlG {
    fn name(&self) -> &'static str {
        "imtl-g"
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            non_conflict: NonConflict::TwoTasks,
            loss_scaling: LossScaling::Common,
            ignores_duplicates: true,
            caveat: "equal projections hold up to sign: from three tasks on, Σ w = 1 can turn the direction uphill for \
                     all of them, depending on the losses' scales",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(self.name())?;
        let gramian = inputs.gramian(self.name())?;
        let unscaled = pseudo_inverse_times(gramian.matrix(), &gramian.norms());
        let sum: f64 = unscaled.iter().sum();
        let size: f64 = unscaled.iter().map(|v| v.abs()).sum();
        if sum.abs() <= 1e-12 * size {
            return Ok(vec![0.0; unscaled.len()]);
        }
        Ok(unscaled.iter().map(|v| v / sum).collect())
    }
}
