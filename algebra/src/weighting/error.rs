//! What can go wrong when a weighting is made, run or restored.

/// The result of anything about weightings.
pub type Result<T, E = WeightingError> = std::result::Result<T, E>;

/// Why a weighting could not be made, run or restored.
///
/// ```
/// use taskgraft_algebra::weighting::{StepInputs, WeightingError};
///
/// let inputs = StepInputs { step: 0, progress: 0.0, losses: &[0.7, f64::NAN], gramian: None };
/// let refused = inputs.finite_losses("mine");
/// assert!(matches!(refused, Err(WeightingError::Loss { method: "mine", task: 1, .. })));
/// let message = inputs.gramian("mine").map_err(|error| error.to_string()).err();
/// assert!(message.is_some_and(|message| message.contains("`mine` needs the Gramian")));
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightingError {
    #[error("unknown weighting `{name}`; did you mean `{nearest}`? Known: {known}")]
    UnknownName { name: String, nearest: String, known: String },
    #[error(
        "weighting `{name}` is already known as {known}; give the weighting of your own another name"
    )]
    NameTaken { name: String, known: String },
    #[error("options of weighting `{method}`: {problem}")]
    Options { method: &'static str, problem: String },
    #[error(
        "weighting `{method}` needs the Gramian of the tasks' gradients; give it in the step's inputs"
    )]
    NoGramian { method: &'static str },
    #[error(
        "weighting `{method}`: expected {expected} tasks ({source_of_expected}), found {found}"
    )]
    Tasks {
        method: &'static str,
        expected: usize,
        /// Where the expected number comes from.
        source_of_expected: &'static str,
        found: usize,
    },
    #[error("weighting `{method}`: the loss of task {task} is {value}, but must be {requirement}")]
    Loss { method: &'static str, task: usize, value: f64, requirement: &'static str },
    #[error(
        "weighting `{method}`: the state does not fit: {problem}; restore one saved by the same method"
    )]
    State { method: &'static str, problem: String },
    #[error("Gramian: there are no tasks; give at least one")]
    Empty,
    #[error("Gramian: expected {expected} numbers in row {row} (one per task), found {found}")]
    NotSquare { row: usize, expected: usize, found: usize },
    #[error("Gramian: entry ({row}, {column}) is {value}; check the tasks' losses and gradients")]
    NotFinite { row: usize, column: usize, value: f64 },
    #[error(
        "Gramian: entries ({row}, {column}) are {value} and {mirrored}, but a Gramian is symmetric"
    )]
    NotSymmetric { row: usize, column: usize, value: f64, mirrored: f64 },
    #[error("Gramian: the squared norm of task {task}'s gradient is {value}, below zero")]
    NegativeNorm { task: usize, value: f64 },
}
