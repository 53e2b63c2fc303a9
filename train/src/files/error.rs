//! What can go wrong with a run's files: its folder, what is read from it, and what is written to it.
//!
//! One error serves the files that a training writes and the run directory around them.

use std::path::PathBuf;

/// What went wrong with a run directory.
#[derive(Debug, thiserror::Error)]
pub enum RunDirError {
    /// The folder cannot be made or written to.
    #[error(
        "output folder {path} is not writable: {source}; choose another folder or change its \
         permissions"
    )]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The path exists and is not a folder.
    #[error("output folder {path} exists but is a file; choose another --out or move it away")]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}; nothing was left under that name by this attempt")]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// Another process works in the folder.
    #[error("{path} is in use by {holder}; wait for it, stop it, or choose another --out")]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who works there.
        holder: String,
    },
    /// A file of the run directory is not what this version writes.
    #[error("{path} is not a readable {expected}: {source}; remove the file to run again")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// The parser's reason.
        source: serde_json::Error,
    },
    /// A value cannot be written as JSON.
    #[error("cannot write {what} as JSON: {source}")]
    Serialize {
        /// What was to be written.
        what: &'static str,
        /// The serialiser's reason.
        source: serde_json::Error,
    },
}
