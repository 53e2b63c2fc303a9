//! Errors of the framework: what went wrong, where, and what to do.

use std::{fmt, path::PathBuf};

use crate::signals::Signal;

/// A value, or what stopped a study. `?` makes an [`Error`] of errors in data and networks.
///
/// ```
/// use taskgraft_tasks::mixture::Rate;
/// use taskgraft_train::{Error, Result};
///
/// fn share_of_first(rate: &Rate, sizes: &[usize]) -> Result<f64> {
///     Ok(rate.shares(sizes)?[0])
/// }
///
/// assert_eq!(share_of_first(&Rate::Proportional, &[100, 300])?, 0.25);
/// assert!(matches!(share_of_first(&Rate::Proportional, &[]), Err(Error::Data(_))));
/// # Ok::<(), Error>(())
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that can stop a study. `Debug` shows the message too: it is what a program prints whose `main` returns it.
///
/// ```
/// use std::fs;
/// use taskgraft_train::{Error, TrainConfig};
///
/// let config = TrainConfig { accumulation: 5, ..TrainConfig::default() };
/// assert!(matches!(config.check(), Err(Error::Usage(what)) if what.contains("`accumulation`")));
/// let read = fs::read("no/such.json").map_err(Error::io("no/such.json"));
/// assert!(read.is_err_and(|error| error.to_string().starts_with("no/such.json: ")));
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// In data, tokenizers or mixtures.
    #[error(transparent)]
    Data(#[from] taskgraft_tasks::Error),
    /// In checkpoints or networks.
    #[error(transparent)]
    Model(#[from] taskgraft_models::Error),
    /// In a run's own files.
    #[error(transparent)]
    Run(#[from] crate::files::RunDirError),
    /// In a run's logs.
    #[error(transparent)]
    Events(#[from] crate::events::EventError),
    #[error("{path}: {source}", path = path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A file of ours that isn't what it should be: altered, truncated, or of another run.
    #[error("{path}: {problem}", path = path.display())]
    File { path: PathBuf, problem: String },
    /// Teacher predictions that don't belong to this data or this teacher.
    #[error("teacher predictions {path}: {problem}", path = path.display())]
    Predictions { path: PathBuf, problem: String },
    /// A setting or an argument that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A recipe looks at a stage that is not finished: it is asked again when it is.
    #[error("a stage that a recipe looks at is not finished; the recipe waits for it")]
    Unfinished,
    /// Training stopped before its end.
    #[error("training stopped: {0}")]
    Training(String),
    /// A training that somebody stopped, by a signal or in the dashboard.
    #[error(
        "stopped{by} after step {step}{left}",
        by = signal.map_or(String::new(), |signal| format!(" by {signal}")),
        left = if *saved {
            "; a checkpoint was written, and the same command goes on from there"
        } else {
            "; the same command begins this training anew"
        }
    )]
    Stopped { signal: Option<Signal>, step: u64, saved: bool },
    /// Something between trainings that somebody stopped by a signal.
    #[error(
        "stopped by {signal} {what}; what is finished is kept, and the same command goes on from there"
    )]
    Interrupted { signal: Signal, what: &'static str },
    /// A loss that is not a number.
    #[error(
        "step {step}: the loss of task `{task}` is {value}; lower the learning rate, clip harder, or leave such steps \
         out with `non_finite=skip`"
    )]
    NotFinite { step: u64, task: String, value: f64 },
    /// A gradient that is not a number, although the losses are.
    #[error(
        "step {step}: the gradient of {what} is not finite, or too large to be squared; lower the learning rate, clip harder, or leave such steps out \
         with `non_finite=skip`"
    )]
    GradientNotFinite {
        step: u64,
        /// The parameter, and the tasks whose gradients these are, as far as that is known.
        what: String,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// Whether a loss or a gradient is not a number.
    pub fn is_of_poisoned_numbers(&self) -> bool {
        matches!(self, Self::NotFinite { .. } | Self::GradientNotFinite { .. })
    }

    /// Makes an error of an input or output error on a path, as in `fs::read(path).map_err(Error::io(path))`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
