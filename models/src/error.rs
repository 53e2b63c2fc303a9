//! What can go wrong with configurations and checkpoints, and what to do about it.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::tokenizer_problem::TokenizerProblem;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error in a configuration, a checkpoint or a parity case. Messages name the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{path}: {source}", path = path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A configuration is not JSON, lacks a field, or asks for something this crate does not do.
    #[error("{path}: {problem}", path = path.display())]
    Config { path: PathBuf, problem: String },
    /// A checkpoint file is unreadable as a whole: truncated, or its header is not as it should be.
    #[error("{path}: {problem}", path = path.display())]
    Checkpoint { path: PathBuf, problem: String },
    /// A checkpoint's tensors are not those of the network; every problem is listed.
    #[error("{path}: {} of the tensors do not fit the network:{}", problems.len(), list(.problems), path = path.display())]
    Tensors { path: PathBuf, problems: Vec<TensorProblem> },
    /// All names of a checkpoint have a prefix that none of the network's has.
    #[error("{path}: every name starts with `{prefix}`, as in `{example}`: {}", prefix_advice(.prefix), path = path.display())]
    Prefix { path: PathBuf, prefix: String, example: String },
    /// Parameters that no network can have are not written.
    #[error("{path}: not written, since {} of the parameters are not finite; the training diverged: lower its learning rate:{}", problems.len(), list(.problems), path = path.display())]
    NotFinite { path: PathBuf, problems: Vec<TensorProblem> },
    /// A tokenizer is not that of the network.
    #[error("{path}: the tokenizer does not belong to this network:{}", list(.problems), path = path.display())]
    Tokenizer { path: PathBuf, problems: Vec<TokenizerProblem> },
    /// A parity case lacks something, or is of an architecture this crate does not build.
    #[error("{path}: {problem}", path = path.display())]
    Case { path: PathBuf, problem: String },
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Error::Io { path: path.into(), source }
    }
}

/// What is wrong with one tensor of a checkpoint. Shapes are those of the file's layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TensorProblem {
    #[error("missing: {name} {expected:?}")]
    Missing { name: String, expected: Vec<usize> },
    #[error("left over: {name} {found:?}, which the network has no place for")]
    LeftOver { name: String, found: Vec<usize> },
    #[error("shape: {name} is {found:?}, expected {expected:?}")]
    Shape { name: String, expected: Vec<usize>, found: Vec<usize> },
    #[error("untied: {name} differs from {tied_to}, but this network ties them")]
    Untied { name: String, tied_to: String },
    #[error("not finite: {count} of the values of {name} are infinite or not a number")]
    NotFinite { name: String, count: usize },
    #[error("type: {name} is {found}, expected F32, F16 or BF16")]
    Type { name: String, found: String },
}

/// How names come by a prefix, and how to be rid of it.
fn prefix_advice(prefix: &str) -> String {
    let by = match prefix {
        "module." => "it was saved from torch's `DataParallel`; save `model.module` instead",
        "_orig_mod." => "it was saved from `torch.compile`; save the module that was compiled",
        _ => "it was saved as a part of another module; save that part alone",
    };
    format!(
        "{by}, or rename: `python -c \"from safetensors.torch import *; t = load_file('FILE'); \
         save_file({{k.removeprefix('{prefix}'): v for k, v in t.items()}}, 'FILE', {{'format': 'pt'}})\"`"
    )
}

fn list<P: std::fmt::Display>(problems: &[P]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {problem}");
        text
    })
}
