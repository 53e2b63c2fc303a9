//! What makes a step's gradients from those of its parts.

use burn::{optim::GradientsParams, train::TrainOutput};

use super::MethodState;
use crate::{MicroBatch, Result, StepItem};

/// The gradients of a step.
pub struct Combined {
    pub gradients: GradientsParams,
    /// A factor that is still to be applied to all of them.
    pub factor: f64,
    pub item: StepItem,
}

/// Makes a step's gradients from those of its parts. State that outlives a step is saved with checkpoints.
pub trait Combine<M>: Send {
    /// Parts of a step.
    fn parts(&self) -> usize;

    /// Called before the parts of `step`, with the weights they will be computed with.
    ///
    /// # Errors
    /// Whatever the method needs and can't get.
    fn begin(&mut self, _step: u64, _model: &M) -> Result<()> {
        Ok(())
    }

    /// Makes and takes a part by itself, where the method does not leave it to the learner's own step; says whether
    /// it did.
    ///
    /// # Errors
    /// If the device fails.
    fn make(&mut self, _batch: &MicroBatch, _model: &M) -> Result<bool> {
        Ok(false)
    }

    /// Takes a part: its number within the step, its batch, and what the learner made of it.
    ///
    /// # Errors
    /// If the device fails.
    fn add(
        &mut self,
        part: usize,
        batch: &MicroBatch,
        output: TrainOutput<StepItem>,
        model: &M,
    ) -> Result<()>;

    /// The gradients of the step, once all parts were taken.
    ///
    /// # Errors
    /// If the device fails, or no direction can be found.
    fn finish(&mut self, step: u64, model: &M) -> Result<Combined>;

    /// Forgets what it has taken of a step that is left out.
    fn abandon(&mut self);

    /// Called after the optimiser's step, with the new weights.
    ///
    /// # Errors
    /// If the device fails.
    fn after(&mut self, _model: &M) -> Result<()> {
        Ok(())
    }

    /// What must be restored to go on after an interruption.
    fn state(&self, _model: &M) -> MethodState {
        MethodState::default()
    }

    /// Restores [`state`](Self::state).
    ///
    /// # Errors
    /// A state of another method.
    fn restore(&mut self, _state: MethodState, _model: &M) -> Result<()> {
        Ok(())
    }
}
