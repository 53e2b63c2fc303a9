//! Gradients that are changed task by task, kept as coefficients over the original gradients.
//!
//! PCGrad and GradVac add multiples of the original gradients to each task's gradient in turn. All they read of it are
//! its norm and its inner products with the originals, which the Gramian gives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{Gramian, draws::others_in_random_order};

/// In which order a task's gradient meets the others'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionOrder {
    /// Drawn anew for every task and step, a function of (seed, step, task).
    #[default]
    Random,
    /// By index.
    Index,
}

impl ProjectionOrder {
    /// The tasks other than `task`, in order.
    pub(super) fn others(self, seed: u64, step: u64, task: usize, tasks: usize) -> Vec<usize> {
        match self {
            Self::Random => others_in_random_order(seed, step, task, tasks),
            Self::Index => (0..tasks).filter(|&other| other != task).collect(),
        }
    }
}

/// Σ cⱼ gⱼ: a task's gradient as it changes.
pub(super) struct Combination<'a> {
    gramian: &'a Gramian,
    pub(super) coefficients: Vec<f64>,
}

impl<'a> Combination<'a> {
    /// The gradient of `task` as it is.
    pub(super) fn of(gramian: &'a Gramian, task: usize) -> Self {
        let mut coefficients = vec![0.0; gramian.tasks()];
        coefficients[task] = 1.0;
        Self { gramian, coefficients }
    }

    /// The inner product with the original gradient of `other`.
    pub(super) fn inner(&self, other: usize) -> f64 {
        self.coefficients.iter().enumerate().map(|(j, c)| c * self.gramian.inner(j, other)).sum()
    }

    /// Its norm.
    pub(super) fn norm(&self) -> f64 {
        self.gramian.norm_of(&self.coefficients)
    }
}
