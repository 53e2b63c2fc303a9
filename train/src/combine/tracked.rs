//! Moving averages of the tasks' gradients in the trunk, for the methods that weigh these in place of gradients.

use burn::optim::GradientsParams;
use taskgraft_models::Trunk;

use super::{NamedTensor, add_scaled, sets::TaskSets};
use crate::Result;

/// One moving average a task, zero at the start.
pub struct Tracked {
    averages: TaskSets,
}

impl Tracked {
    pub fn new(tasks: usize) -> Self {
        Self { averages: TaskSets::new(tasks) }
    }

    /// Takes the trunk's gradients out of each set: y ← y + rate (scale g - y).
    pub fn update(
        &mut self,
        trunk: &Trunk,
        gradients: &mut [GradientsParams],
        rate: f64,
        scales: &[f64],
    ) {
        for ((average, gradients), scale) in
            self.averages.sets.iter_mut().zip(gradients).zip(scales)
        {
            let mut old = std::mem::take(average);
            add_scaled(trunk, average, &mut old, 1.0 - rate);
            add_scaled(trunk, average, gradients, rate * scale);
        }
    }

    /// The averages as sets of gradients.
    pub fn copies(&self, trunk: &Trunk) -> Vec<GradientsParams> {
        self.averages.copies(trunk)
    }

    /// The averages by task and parameter.
    pub fn tensors(&self, trunk: &Trunk) -> Vec<NamedTensor> {
        self.averages.tensors(trunk)
    }

    /// Restores [`tensors`](Self::tensors).
    ///
    /// # Errors
    /// Tensors of another trunk.
    pub fn restore(&mut self, tensors: Vec<NamedTensor>, trunk: &Trunk) -> Result<()> {
        self.averages.restore(tensors, trunk)
    }
}
