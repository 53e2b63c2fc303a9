//! A method that reads every task's gradient at the end of a step.

use burn::train::TrainOutput;

use super::{Combine, Combined, Gathered, MethodState, TaskParts};
use crate::{MicroBatch, MultiTask, Result, StepItem};

/// A rule for the gradients of all tasks, which [`ByTask`] gathers for it.
pub trait TaskGradients: Send {
    /// The gradients of the step, from those of its tasks.
    ///
    /// # Errors
    /// If the device fails, or no direction can be found.
    fn combine(
        &mut self,
        step: u64,
        gathered: &mut Gathered,
        model: &MultiTask,
    ) -> Result<Combined>;

    /// What must be restored to go on after an interruption.
    fn state(&self, _model: &MultiTask) -> MethodState {
        MethodState::default()
    }

    /// Restores [`state`](Self::state).
    ///
    /// # Errors
    /// A state of another method.
    fn restore(&mut self, _state: MethodState, _model: &MultiTask) -> Result<()> {
        Ok(())
    }
}

/// Gathers a step's parts by task and hands them to a rule.
pub struct ByTask<R> {
    rule: R,
    gathered: Gathered,
}

impl<R> ByTask<R> {
    /// For these tasks.
    pub fn new(rule: R, parts: TaskParts) -> Self {
        Self { rule, gathered: Gathered::new(parts) }
    }
}

impl<R: TaskGradients> Combine<MultiTask> for ByTask<R> {
    fn parts(&self) -> usize {
        self.gathered.parts.count()
    }

    fn add(
        &mut self,
        part: usize,
        _batch: &MicroBatch,
        output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        self.gathered.add(part, output, model);
        Ok(())
    }

    fn finish(&mut self, step: u64, model: &MultiTask) -> Result<Combined> {
        self.rule.combine(step, &mut self.gathered, model)
    }

    fn abandon(&mut self) {
        self.gathered.forget();
    }

    fn state(&self, model: &MultiTask) -> MethodState {
        self.rule.state(model)
    }

    fn restore(&mut self, state: MethodState, model: &MultiTask) -> Result<()> {
        self.rule.restore(state, model)
    }
}
