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
    /// A short name that tasks of several suites have.
    #[error("task `{name}` is in several suites; give its full name: {names}", names = .full.join(" or "))]
    Ambiguous { name: String, full: Vec<String> },
    /// A task that is known, but whose data are in none of the folders that were given.
    #[error("task `{name}` is known, but its data are not there; wanted in a folder of `--data` (plain or with `.gz`): {wants}",
        wants = .wants.join(", or "))]
    NoData { name: String, wants: Vec<String> },
    /// A name that no task has.
    #[error("unknown task `{name}`{hint}. To bring a data set of your own: `--data DIR` for a folder in a layout that \
        is recognised, `--tasks-file FILE.toml` for a file that describes it", hint = at_hand(.nearest, .known))]
    NoTask { name: String, nearest: Option<String>, known: Vec<String> },
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
        let nearest = nearest(name, &known);
        Error::Unknown { what, name: name.into(), nearest, known }
    }

    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Error::Io { path: path.into(), source }
    }
}

/// The known name that is most like this one, if it is like it at all.
pub(crate) fn nearest(name: &str, known: &[String]) -> Option<String> {
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&k.to_lowercase(), &name.to_lowercase()), k))
        .min()
        .filter(|(distance, k)| *distance <= 1 + k.len() / 3)
        .map(|(_, k)| k.clone())
}

fn at_hand(nearest: &Option<String>, known: &[String]) -> String {
    let nearest = nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?"));
    let separator = if nearest.is_empty() { ";" } else { "" };
    match known {
        [] => format!("{nearest}{separator} no task is at hand"),
        known => {
            let known = crate::file::some_of(known.iter().map(String::as_str));
            format!("{nearest}{separator} at hand: {known}")
        }
    }
}

fn hint(nearest: &Option<String>, known: &[String]) -> String {
    match nearest {
        Some(n) => format!("; did you mean `{n}`? (known: {})", known.join(", ")),
        None => format!("; known: {}", known.join(", ")),
    }
}
