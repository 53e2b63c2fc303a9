//! Observers: what is looked at in networks and their training, and never changes them.
//!
//! Gradients: [`GradientAlignment`] has the cosines of the tasks' gradients in the trunk, layer by layer and whole,
//! with the noise ceiling of two batches of one task, norms, conflicts and the Gramian's condition; [`look_ahead`] is
//! TAG's inter-task affinity. A [`GradientObserver`] measures both along a training. Representations:
//! [`HiddenStates`] of a fixed set of texts, and [`SimilarityCurve`]s between networks by any index, layer by layer.
//! What the numbers mean for which tasks to train together is the study's business.

mod alignment;
mod batches;
mod block;
mod lookahead;
mod observer;
mod products;
mod representations;
mod similarity;

pub use alignment::{GradientAlignment, ScopeAlignment};
pub use batches::{Half, ProbeBatches};
pub use block::{Block, Scope};
pub use lookahead::{LookaheadStep, look_ahead};
pub use observer::{
    GradientObserver, GradientProbe, Observation, Observed, Observer, after_start, mean_lookahead,
};
pub use products::{BlockProducts, task_gradient};
pub use representations::{HiddenStates, Pooling};
pub use similarity::{SimilarityCurve, compare_networks};
