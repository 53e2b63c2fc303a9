//! Methods: how a step is made from the tasks' targets and losses.
//!
//! Of BAM: single-task and multi-task training, and distillation from either into either, with or without teacher
//! annealing ([`Anneal`], [`predictions`]). Of TARTAN: [`TaskWeights`] of an end-task and its auxiliary tasks, fixed or
//! learned. Of the literature on multi-task optimisation: a [`TaskWeighting`] by name. A [`MethodSpec`] is any of them, or
//! a method of the user's own.

pub mod born_again;
mod meta_weights;
mod passes;
pub mod predictions;
mod rule;
mod spec;
mod task_weighting;
mod task_weights;

pub use born_again::{Anneal, mixed_class_target, mixed_score_target};
pub use meta_weights::{Agreement, Alignment, MetaWeights, softmax};
pub use passes::Passes;
pub use rule::{AutoLambdaRule, Rule};
pub use spec::{IntoMethod, MethodConfig, MethodSpec, OwnMethod};
pub use task_weighting::words;
pub use task_weighting::{GradientsAt, TaskWeighting};
pub use task_weights::{DevHeadConfig, DevSource, LearnedWeights, TaskWeights, uniform};
