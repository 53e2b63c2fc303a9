//! IMTL-G, the gradient balance of impartial multi-task learning (Liu et al., ICLR 2021, section 3.2).
//!
//! The combination with Σ w = 1 that has equal projections p onto all unit gradients: C v = p 1 with C the cosines and
//! v = w ‖g‖, so that norms of any size do no harm. Where C has full rank to the Gramian's precision, v ∝ C⁻¹ 1.
//! Dependent gradients have w ∝ G⁺ ‖g‖ (Quinton and Rey, arXiv 2406.16232). Gradients that cancel (1 is in C's null
//! space, as for opposite ones) have p = 0 and v ∝ 1: the limit of nearly opposite ones. Weights may be negative, and
//! are zero where they sum to zero.

use nalgebra::{DMatrix, DVector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PRECISION;
use crate::weighting::{
    Gramian, LossScaling, Needs, NonConflict, Options, Properties, Result, SingleTask, StepInputs,
    Weighting, solvers::Eigen,
};

const NAME: &str = "imtl-g";

/// Options of IMTL-G.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImtlGConfig {
    /// Eigenvalues of the cosines below this times T times the largest count as zero; default 1.2e-7, float32's
    /// rounding.
    #[schemars(range(min = 0.0))]
    pub tolerance: f64,
}

impl Default for ImtlGConfig {
    fn default() -> Self {
        Self { tolerance: PRECISION }
    }
}

/// The impartial direction.
#[derive(Clone, Debug)]
pub struct ImtlG {
    config: ImtlGConfig,
}

impl Options for ImtlGConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "IMTL-G; Liu et al., ICLR 2021";
    type Weighting = ImtlG;

    fn make(self) -> Result<ImtlG> {
        Ok(ImtlG { config: self })
    }
}

impl Weighting for ImtlG {
    fn name(&self) -> &'static str {
        NAME
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
        inputs.finite_losses(NAME)?;
        Ok(impartial(inputs.gramian(NAME)?, self.config.tolerance))
    }
}

/// Weights that sum to one and give equal projections; zero for tasks whose gradient is zero.
pub(super) fn impartial(gramian: &Gramian, tolerance: f64) -> Vec<f64> {
    let moving = gramian.not_at_rest();
    let mut weights = vec![0.0; gramian.tasks()];
    if moving.is_empty() {
        return weights;
    }
    let unscaled = unscaled(&gramian.of_tasks(&moving), tolerance);
    let sum: f64 = unscaled.iter().sum();
    let size: f64 = unscaled.iter().map(|w| w.abs()).sum();
    if sum.abs() > 1e-12 * size {
        moving.iter().zip(unscaled).for_each(|(&task, w)| weights[task] = w / sum);
    }
    weights
}

/// The weights up to a common factor.
fn unscaled(gramian: &Gramian, tolerance: f64) -> Vec<f64> {
    let (tasks, norms) = (gramian.tasks(), gramian.norms());
    let of_norms = |v: &[f64]| -> Vec<f64> { v.iter().zip(&norms).map(|(v, n)| v / n).collect() };
    let cut = tolerance * tasks as f64;
    let eigen = Eigen::of(&gramian.cosines(), cut);
    let ones = DVector::from_element(tasks, 1.0);
    let solved = eigen.apply(|value| 1.0 / value, &ones);
    if eigen.values.len() == tasks {
        return of_norms(&solved);
    }
    let seen = eigen.apply(|_| 1.0, &ones);
    if seen.iter().sum::<f64>() <= cut * tasks as f64 {
        let cancelling: Vec<f64> = seen.iter().map(|x| 1.0 - x).collect();
        return of_norms(&cancelling);
    }
    // The least squares of the gradients as they are; of unit gradients where short ones would be lost to rounding.
    match of_rank(gramian.matrix(), eigen.values.len()) {
        Some(eigen) => eigen.apply(|value| 1.0 / value, &DVector::from_vec(norms)),
        None => of_norms(&solved),
    }
}

/// The largest eigenvalues of a Gramian of this rank, if all stand out from the rounding of float64.
fn of_rank(matrix: &DMatrix<f64>, rank: usize) -> Option<Eigen> {
    let mut eigen = Eigen::of(matrix, 1e-12);
    (eigen.values.len() >= rank).then(|| {
        eigen.values.truncate(rank);
        eigen.vectors.truncate(rank);
        eigen
    })
}
