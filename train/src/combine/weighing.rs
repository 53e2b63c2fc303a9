//! The training that a method weighs tasks in.

use std::sync::Arc;

use burn::tensor::Device;

use super::TaskParts;
use crate::{Padding, TaskData, TextConfig};

/// What a method is told of its training.
#[derive(Clone)]
pub struct Weighing {
    pub tasks: Arc<Vec<TaskData>>,
    /// Parts that each task's batch is computed in.
    pub accumulation: usize,
    /// Steps of the whole training.
    pub steps: u64,
    /// Examples of each task in a step.
    pub batch_size: usize,
    pub seed: u64,
    pub padding: Padding,
    /// Of tasks whose targets are written.
    pub text: TextConfig,
    /// Without autodiff.
    pub device: Device,
}

impl Weighing {
    /// The parts of a step: a batch of every task.
    pub fn parts(&self) -> TaskParts {
        let names = self.tasks.iter().map(|t| t.spec.name.clone()).collect();
        TaskParts { names, accumulation: self.accumulation }
    }
}
