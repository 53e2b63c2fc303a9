//! Weightings: how the gradients of several tasks are combined into one update.
//!
//! A [`Weighting`] is given the losses of a step and, where it asks for it, the [`Gramian`] of the tasks' gradients
//! over the shared trunk, and answers with weights w; the trunk's update direction is Σ wᵢ gᵢ. Weights keep the scale
//! at which each method was published: equal weighting averages, PCGrad sums, Nash-MTL limits the norm. Methods are
//! made by name ([`by_name`]), say what they need ([`Needs`]) and what they claim ([`Properties`]), and save their
//! state exactly. A random choice is a function of (seed, step). A weighting of one's own implements [`Weighting`],
//! is checked by [`conformance`](crate::conformance), and is known by name once it is [registered](register).

mod adam;
mod claims;
mod draws;
mod entry;
mod error;
pub mod exact;
pub mod from_gramian;
pub mod from_losses;
mod gramian;
mod listed;
mod method;
mod needs;
mod options;
mod own;
mod preference;
mod properties;
mod registry;
pub mod solvers;

pub use adam::Adam;
pub use claims::claims_table;
pub use entry::Method;
pub use error::{Result, WeightingError};
pub use gramian::Gramian;
pub use listed::all;
pub use method::{StepInputs, Weighting, nonnegative, same_tasks};
pub use needs::{GramianNeed, Needs, Tracking, TrackingScale};
pub use options::Options;
pub use own::{OwnWeighting, declare, register};
pub use properties::{LossScaling, NonConflict, Ordering, Properties, SingleTask, Total};
pub use registry::{by_name, known};
