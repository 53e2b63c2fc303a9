//! What can go wrong with data, and what to do about it.

use std::path::PathBuf;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error in data, tokenizers or mixtures. Messages say where the fault lies and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{path}: {source}", path = path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A line of a data file is not as its format says. Lines count from 1.
    #[error("{path}:{line}: {problem}", path = path.display())]
    Data { path: PathBuf, line: usize, problem: String },
    /// A whole file is unusable: empty, or not where the suite's layout wants it.
    #[error("{path}: {problem}", path = path.display())]
    File { path: PathBuf, problem: String },
    #[error("unknown {what} `{name}`{hint}", hint = hint(.nearest, .known))]
    Unknown { what: &'static str, name: String, nearest: Option<String>, known: Vec<String> },
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// An unknown name, with the nearest known one as a hint.
    pub fn unknown(
        what: &'static str,
        name: &str,
        known: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let known: Vec<String> = known.into_iter().map(Into::into).collect();
        let nearest = known
            .iter()
            .map(|k| (strsim::damerau_levenshtein(&k.to_lowercase(), &name.to_lowercase()), k))
            .min()
            .filter(|(distance, k)| *distance <= 1 + k.len() / 3)
            .map(|(_, k)| k.clone());
        Error::Unknown { what, name: name.into(), nearest, known }
    }

    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Error::Io { path: path.into(), source }
    }
}

fn hint(nearest: &Option<String>, known: &[String]) -> String {
    match nearest {
        Some(n) => format!("; did you mean `{n}`? (known: {})", known.join(", ")),
        None => format!("; known: {}", known.join(", ")),
    }
}
