//! How the gradients of a step's parts become the gradients of the step.
//!
//! A step is computed in parts, each with a forward and a backward pass of its own (Burn lets a tape be walked once):
//! equal slices of a batch where memory is short, or one part per task where a method wants every task's gradient.
//! [`Combine`] takes the parts as they come and answers with one set of gradients. [`Average`] is plain training,
//! [`Weighted`] weighs tasks by a function of their losses and Gramian. What [methods](crate::methods) need to own a
//! step is here too: [`TaskParts`], [`ByTask`], and sums of sets of gradients.

mod average;
mod by_task;
mod combiner;
mod gathered;
mod gradients;
mod products;
mod sets;
mod shared_trunk;
mod state;
mod tracked;
mod weighing;
mod weighted;

pub use average::Average;
pub use by_task::{ByTask, TaskGradients};
pub use combiner::{Combine, Combined};
pub(crate) use gathered::read;
pub use gathered::{Gathered, TaskParts, push_weights, weight_key};
pub use gradients::{add_scaled, inner_products, weighted_sum};
pub(crate) use sets::{TaskSets, copy};
pub use shared_trunk::SharedTrunk;
pub use state::{MethodState, NamedTensor};
pub use weighing::Weighing;
pub use weighted::Weighted;
pub(crate) use weighted::failed;
