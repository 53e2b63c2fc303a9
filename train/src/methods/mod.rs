//! Methods: how a step is made from the tasks' targets and losses.
//!
//! Of BAM: single-task and multi-task training, and distillation from either into either, with or without teacher
//! annealing ([`Anneal`], [`predictions`]). Of TARTAN: [`TaskWeights`] of an end-task and its auxiliary tasks, fixed or
//! learned. Of the literature on multi-task optimisation: a [`TaskWeighting`] by name. A [`MethodSpec`] is any of
//! them, or a method of the user's own.

pub mod born_again;
pub mod end_task;
mod passes;
pub mod predictions;
mod spec;
mod step_owning;
mod task_weighting;

pub use born_again::{Anneal, mixed_class_target, mixed_score_target};
pub use end_task::{
    Agreement, Alignment, DevExamples, DevHeadConfig, DevSource, LearnedWeights, MetaWeights,
    TaskWeights, softmax, uniform,
};
pub use passes::Passes;
pub use spec::{IntoMethod, MethodConfig, MethodSpec, OwnMethod};
pub use step_owning::{Entry, STEP_OWNING, StepOwning};
pub use task_weighting::{GradientsAt, TaskWeighting, words};
