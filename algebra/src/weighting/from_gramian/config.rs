//! ConFIG, the conflict-free inverse gradient (Liu, Chu and Thuerey, ICLR 2025, equation 2).
//!
//! The direction with the same cosine to every gradient, U⁺ 1 with U the unit gradients, as long as the sum of the
//! gradients' projections onto it. On inner products that is C⁺ 1 with C the matrix of cosines.

use serde::{Deserialize, Serialize};

use crate::weighting::{
    LossScaling, Needs, NonConflict, Properties, Result, SingleTask, StepInputs, Weighting,
    solvers::pseudo_inverse_times,
};

/// ConFIG has no options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConFigConfig {}

/// The conflict-free direction.
#[derive(Clone, Debug)]
pub struct ConFig;

impl ConFigConfig {
    /// # Errors
    /// None.
    pub fn init(self) -> Result<ConFig> {
        Ok(ConFig)
    }
}

impl Weighting for ConFig {
    fn name(&self) -> &'static str {
        "config"
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            non_conflict: NonConflict::IndependentGradients,
            loss_scaling: LossScaling::Linear,
            ignores_duplicates: true,
            caveat: "dependent gradients may have no direction of equal cosines; then the nearest is taken, and it may \
                     conflict",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(self.name())?;
        let gramian = inputs.gramian(self.name())?;
        let solved = pseudo_inverse_times(&gramian.cosines(), &vec![1.0; gramian.tasks()]);
        // Coefficients of the direction over the gradients themselves.
        let direction: Vec<f64> = solved
            .iter()
            .zip(gramian.norms())
            .map(|(v, norm)| if norm > 0.0 { v / norm } else { 0.0 })
            .collect();
        let norm = gramian.norm_of(&direction);
        if norm == 0.0 {
            return Ok(vec![0.0; direction.len()]);
        }
        let length: f64 = gramian.products_with(&direction).iter().sum::<f64>() / norm;
        Ok(direction.iter().map(|v| v * length / norm).collect())
    }
}
