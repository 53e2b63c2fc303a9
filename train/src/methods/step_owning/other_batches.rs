//! Training examples of tasks that are drawn apart from the mixture's, and their gradients.

use std::sync::Arc;

use burn::{optim::GradientsParams, tensor::Device, train::TrainStep};
use taskgraft_models::kernels::DropoutKey;
use taskgraft_tasks::mixture::{Draw, hash, permute};

use crate::{
    MicroBatch, MultiTask, Padding, Result, TaskData, TextConfig,
    batch::BatchMaker,
    combine::{Weighing, add_scaled},
};

/// Sets the draws apart from those of everything else.
const PURPOSE: u64 = 0x6f74_6872;

/// Batches of single tasks, a function of (seed, step, task, which).
pub(super) struct OtherBatches {
    tasks: Arc<Vec<TaskData>>,
    /// Examples of each task.
    size: usize,
    /// Parts that a batch is computed in.
    accumulation: usize,
    seed: u64,
    padding: Padding,
    text: TextConfig,
    /// Steps of the whole training.
    steps: u64,
    /// With autodiff.
    device: Device,
}

impl OtherBatches {
    pub fn of(training: &Weighing) -> Self {
        Self {
            tasks: training.tasks.clone(),
            size: training.batch_size,
            accumulation: training.accumulation,
            seed: training.seed,
            padding: training.padding,
            text: training.text.clone(),
            steps: training.steps,
            device: training.device.clone().autodiff(),
        }
    }

    /// Adds the gradient of the mean loss of a batch of `task` to `total`; `which` tells the batches of a step apart.
    ///
    /// # Errors
    /// If the batch can't be made.
    pub fn add_gradient(
        &self,
        model: &MultiTask,
        (task, step, which): (usize, u64, u64),
        total: &mut GradientsParams,
    ) -> Result<()> {
        for part in 0..self.accumulation {
            let batch = self.part((task, step, which), part)?;
            let mut gradients = TrainStep::step(model, batch).grads;
            add_scaled(model, total, &mut gradients, 1.0 / self.accumulation as f64);
        }
        Ok(())
    }

    /// A part of a batch.
    fn part(&self, (task, step, which): (usize, u64, u64), part: usize) -> Result<MicroBatch> {
        let count = self.tasks[task].size();
        let key = hash(&[self.seed, step, task as u64, PURPOSE + which]);
        let size = self.size / self.accumulation;
        let draws: Vec<Draw> = (part * size..(part + 1) * size)
            .map(|i| Draw { task, example: permute(key, count, i % count), weight: 1.0 })
            .collect();
        let dropout = DropoutKey::new(key, part as u64);
        let maker = BatchMaker {
            tasks: &self.tasks,
            seed: self.seed,
            total: self.steps,
            padding: self.padding,
            text: &self.text,
            device: &self.device,
        };
        Ok(maker.make(&draws, &draws, step, dropout)?)
    }
}
