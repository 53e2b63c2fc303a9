//! How the gradients of a step's parts become the gradients of the step.
//!
//! A step is computed in parts, each with a forward and a backward pass of its own (Burn lets a tape be walked once):
//! equal slices of a batch where memory is short, or one part per task where a method wants every task's gradient.
//! [`Combine`] takes the parts as they come and answers with one set of gradients. [`Average`] is plain training.

mod average;
mod dev_head;
mod end_task;
mod gradients;
mod state;
mod tracked;
mod weighted;

use burn::{optim::GradientsParams, train::TrainOutput};

pub use average::Average;
pub use dev_head::{DevExamples, DevHead};
pub use end_task::{EndTaskAware, cosine_key, weight_key};
pub use gradients::{add_scaled, inner_products};
pub use state::{MethodState, NamedTensor};
pub use weighted::Weighted;

use super::{MicroBatch, StepItem};
use crate::Result;

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
