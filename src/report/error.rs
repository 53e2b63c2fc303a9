//! Why a report could not be made: a plot that cannot be drawn, or scores that do not match the tasks.

/// A report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The plotting library refused.
    #[error("cannot draw the plot of {what}: {reason}")]
    Plot {
        /// What was to be drawn.
        what: String,
        /// The library's reason.
        reason: String,
    },
    /// A seed's scores do not match the tasks.
    #[error(
        "report: method {method}, seed {seed} has {got} scores for {expected} tasks; give one per \
         task, in the tasks' order, and none where it was not evaluated"
    )]
    Misaligned {
        /// The method.
        method: String,
        /// The seed.
        seed: u64,
        /// Scores given.
        got: usize,
        /// Tasks of the comparison.
        expected: usize,
    },
}
