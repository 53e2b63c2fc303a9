//! How the gradients of a step's parts become the gradients of the step.
//!
//! A step is computed in parts, each with a forward and a backward pass of its own (Burn lets a tape be walked once):
//! equal slices of a batch where memory is short, or one part per task where a method wants every task's gradient.
//! [`Combine`] takes the parts as they come and answers with one set of gradients. [`Average`] is plain training.

mod auto_lambda;
mod average;
mod by_name;
mod dev_head;
mod end_task;
mod excess;
mod gathered;
mod graddrop;
mod gradients;
mod products;
mod sets;
mod shared_trunk;
mod state;
mod tracked;
mod weighted;

use burn::{optim::GradientsParams, train::TrainOutput};

pub use auto_lambda::{LookAhead, OtherBatches};
pub use average::Average;
pub use by_name::Weighing;
pub use dev_head::{DevExamples, DevHead};
pub use end_task::{EndTaskAware, cosine_key, weight_key};
pub use excess::ExcessRisks;
pub use gathered::TaskParts;
pub use graddrop::GradDrop;
pub use gradients::{add_scaled, inner_products, weighted_sum};
pub use shared_trunk::SharedTrunk;
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

    /// Makes and takes a part by itself, where the method does not leave it to the learner's own step; says whether it did.
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
