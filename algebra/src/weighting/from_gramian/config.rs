//! ConFIG, the conflict-free inverse gradient (Liu, Chu and Thuerey, ICLR 2025, equation 2).
//!
//! The direction with the same cosine to every gradient, U⁺ 1 with U the unit gradients, as long as the sum of the
//! gradients' projections onto it. On inner products that is C⁺ 1 with C the matrix of cosines. A preference takes the
//! place of 1: cosines are then in its proportions. Eigenvalues of C at the precision of the Gramian are dropped, as
//! the pseudo-inverse of gradients in that precision drops them.

use nalgebra::DVector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PRECISION;
use crate::weighting::{
    LossScaling, Needs, NonConflict, Options, Properties, Result, SingleTask, StepInputs,
    Weighting,
    preference::{checked_preference, preference_or, with_preference},
    solvers::Eigen,
};

const NAME: &str = "config";

/// Options of ConFIG.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConFigConfig {
    /// Eigenvalues of the cosines below this times T times the largest are dropped; default 1.2e-7, float32's rounding.
    #[schemars(range(min = 0.0))]
    pub tolerance: f64,
    /// The proportions of the cosines; default all alike.
    #[schemars(inner(range(min = 0.0)))]
    pub preference: Option<Vec<f64>>,
}

impl Default for ConFigConfig {
    fn default() -> Self {
        Self { tolerance: PRECISION, preference: None }
    }
}

/// The conflict-free direction.
#[derive(Clone, Debug)]
pub struct ConFig {
    config: ConFigConfig,
}

impl Options for ConFigConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "ConFIG; Liu et al., ICLR 2025";
    type Weighting = ConFig;

    fn make(self) -> Result<ConFig> {
        checked_preference(NAME, &self.preference)?;
        Ok(ConFig { config: self })
    }
}

impl Weighting for ConFig {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        let claims = Properties {
            single_task: SingleTask::Plain,
            non_conflict: NonConflict::IndependentGradients,
            loss_scaling: LossScaling::Linear,
            ignores_duplicates: true,
            caveat: "dependent gradients may have no direction of equal cosines; then the nearest is taken, and it may \
                     conflict",
            ..Properties::NOTHING
        };
        with_preference(claims, &self.config.preference)
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let tasks = gramian.tasks();
        let wanted = preference_or(NAME, &self.config.preference, 1.0, tasks)?;
        let solved = Eigen::of(&gramian.cosines(), self.config.tolerance * tasks as f64)
            .apply(|value| 1.0 / value, &DVector::from_vec(wanted));
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
