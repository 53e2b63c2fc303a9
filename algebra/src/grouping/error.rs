//! Why affinities could not be built or tasks not be grouped.

/// An error in affinities or in what was asked of the grouping.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No tasks at all.
    #[error("grouping: there are no tasks; give at least one task")]
    NoTasks,
    /// Sets of tasks are the bits of one word.
    #[error("grouping: there are {tasks} tasks, but at most {most} can be grouped; leave some out")]
    TooManyTasks { tasks: usize, most: usize },
    /// Two tasks of one name could not be told apart.
    #[error("grouping: the task name `{name}` occurs twice; give each task a name of its own")]
    DuplicateTask { name: String },
    /// No task has this name.
    #[error("grouping: unknown task `{name}`; known: {known}")]
    UnknownTask { name: String, known: String },
    /// The matrix is not tasks × tasks, or a list does not have one value per task.
    #[error("grouping: {what} has {found} entries, expected one for each of {tasks} tasks")]
    Size { what: String, tasks: usize, found: usize },
    /// A NaN or an infinity off the diagonal.
    #[error(
        "grouping: the affinity of `{source_task}` for `{receiver}` is {value}; expected a finite number"
    )]
    NotFinite { receiver: String, source_task: String, value: f64 },
    /// Cosines and CKA are symmetric; these values are not.
    #[error(
        "grouping: `{first}` and `{second}` have {forth} one way and {back} the other, expected a \
         symmetric matrix; directed affinities are [receiver][source]"
    )]
    Asymmetric { first: String, second: String, forth: f64, back: f64 },
    /// No value for a pair of tasks.
    #[error(
        "grouping: nothing was measured of `{source_task}` for `{receiver}`; measure every pair"
    )]
    MissingPair { receiver: String, source_task: String },
    /// Two values for a pair of tasks.
    #[error(
        "grouping: `{source_task}` for `{receiver}` is given twice; average repeated measurements"
    )]
    RepeatedPair { receiver: String, source_task: String },
    /// A score that is not a finite number.
    #[error("grouping: the score of task `{task}` in {group} is {value}; expected a finite number")]
    Score { task: String, group: String, value: f64 },
    /// A budget without room for any network.
    #[error("grouping: a budget of 0 networks cannot serve any task; give at least 1")]
    NoBudget,
    /// A saved average that does not fit together.
    #[error(
        "grouping: saved lookahead averages of {tasks} tasks are damaged: {problem}; measure them again"
    )]
    DamagedState { tasks: usize, problem: &'static str },
}
