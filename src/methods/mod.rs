//! Methods: how a step is made from the tasks' targets and losses.
//!
//! This methods are those of BAM: single-task and multi-task training, and distillation from either into
//! either, with or without teacher annealing. A method says who is trained (one network per task, or one for all) and
//! who teaches; the learner that runs the step is the same for all of them.

pub mod born_again;
mod method;
pub mod predictions;

pub use born_again::{Anneal, mixed_class_target, mixed_score_target};
pub use method::{Method, Student};
