//! What can go wrong with a file of events.
//!
//! The message names the file, and the line where one can't be read.

use std::path::PathBuf;

/// An event file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A line, other than a torn last one, is not a measurement.
    #[error(
        "{path}, line {line}: {source}; expected a JSON object with step, split, name and value"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The parser's reason.
        source: serde_json::Error,
    },
}
