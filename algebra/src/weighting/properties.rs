//! What a weighting claims of itself, in words that tests can hold it to.
//!
//! The [conformance suite](crate::conformance) checks every claim made here; what a method does not claim is listed as
//! such in [`claims_table`](super::claims_table). A weighting of one's own begins with [`Properties::NOTHING`] and adds
//! what it is to be held to.

/// The claims of a weighting.
///
/// ```
/// use taskgraft_algebra::weighting::{LossScaling, Properties, Total};
///
/// // Weights are not negative and sum to one; the direction stays where all losses are scaled alike.
/// let claimed = Properties { loss_scaling: LossScaling::Common, ..Properties::CONVEX };
/// assert!(claimed.non_negative && claimed.total == Total::One);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties {
    /// What becomes of one task alone.
    pub single_task: SingleTask,
    /// Whether the direction ever increases a task's loss, to first order.
    pub non_conflict: NonConflict,
    /// What the direction does when a task's loss, and with it its gradient, is multiplied by a constant.
    pub loss_scaling: LossScaling,
    /// What the weights do when tasks change places.
    pub ordering: Ordering,
    /// Whether a second copy of a task changes the direction.
    pub ignores_duplicates: bool,
    /// Whether tasks with orthogonal gradients are all served: no loss increases, to first order.
    pub serves_orthogonal: bool,
    /// Whether no weight is below zero.
    pub non_negative: bool,
    /// What the weights sum to.
    pub total: Total,
    /// Where a property that the method is known for does not hold; empty where all is said above.
    pub caveat: &'static str,
}

/// What becomes of one task alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SingleTask {
    /// Plain training: weight 1.
    Plain,
    /// Training with another step length.
    PositiveMultiple,
}

/// Whether ⟨gᵢ, Σ wⱼ gⱼ⟩ ≥ 0 for every task i.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonConflict {
    Always,
    /// Where no gradient is a combination of the others.
    IndependentGradients,
    /// For two tasks.
    TwoTasks,
    Unclaimed,
}

/// What the direction does when losses are multiplied by constants cᵢ > 0 from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossScaling {
    /// It keeps its direction, whatever the constants.
    Invariant,
    /// It is a linear function of the constants.
    Linear,
    /// It keeps its direction where all constants are equal.
    Common,
    Unclaimed,
}

/// What the weights do when tasks change places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordering {
    /// They change places too.
    Equivariant,
    /// They are drawn by place, or depend on a drawn order; such methods have an option `seed`.
    Drawn,
    /// They are given by place.
    Given,
}

/// What the weights sum to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    One,
    /// The number of tasks.
    Tasks,
    Unclaimed,
}

impl Properties {
    /// Equivariant and finite, and of use to tasks that do not meet; nothing else.
    pub const NOTHING: Properties = Properties {
        single_task: SingleTask::PositiveMultiple,
        non_conflict: NonConflict::Unclaimed,
        loss_scaling: LossScaling::Unclaimed,
        ordering: Ordering::Equivariant,
        ignores_duplicates: false,
        serves_orthogonal: true,
        non_negative: false,
        total: Total::Unclaimed,
        caveat: "",
    };
    /// Nonnegative weights that sum to one, which leave one task alone as it is.
    pub const CONVEX: Properties = Properties {
        single_task: SingleTask::Plain,
        non_negative: true,
        total: Total::One,
        ..Properties::NOTHING
    };
}
