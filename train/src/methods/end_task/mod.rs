//! End-task-aware training (TARTAN): weights of an end-task and its auxiliary tasks, fixed, drawn or learned.

mod combination;
mod dev_head;
mod meta_weights;
mod weights;

pub use combination::{EndTaskAware, cosine_key};
pub use dev_head::{DevExamples, DevHead};
pub use meta_weights::{Agreement, Alignment, MetaWeights, softmax};
pub use weights::{DevHeadConfig, DevSource, LearnedWeights, TaskWeights, uniform};
