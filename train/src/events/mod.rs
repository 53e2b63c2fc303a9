//! What a run reports while it trains: named values at steps, as files.
//!
//! [`JsonLines`] appends to `metrics.jsonl`, which the report is made from; [`TensorBoard`] writes
//! the same values as an event file for TensorBoard. Both only write: nothing here decides what is
//! measured or when, and neither has any influence on training.

mod json_lines;
mod tensorboard;

pub use json_lines::{JsonLines, read_json_lines, read_json_lines_until};
pub use tensorboard::TensorBoard;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::PathBuf;

/// One value measured at one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Optimiser step it belongs to.
    pub step: u64,
    /// Split it was measured on: `train`, `dev`, ….
    pub split: String,
    /// Task it belongs to; `None` for values of the whole mixture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// What was measured: `loss`, `accuracy`, `lambda`, ….
    pub name: String,
    /// The value; NaN and infinities are kept.
    #[serde(serialize_with = "number_or_word", deserialize_with = "from_number_or_word")]
    pub value: f64,
}

impl Measurement {
    /// The name under which TensorBoard groups it: `split/task/name`, or `split/name`.
    pub fn tag(&self) -> String {
        match &self.task {
            Some(task) => format!("{}/{task}/{}", self.split, self.name),
            None => format!("{}/{}", self.split, self.name),
        }
    }
}

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

/// JSON has no NaN and no infinities; a diverged loss must still be on record.
pub fn number_or_word<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        serializer.serialize_f64(*value)
    } else {
        serializer.serialize_str(&value.to_string())
    }
}

fn from_number_or_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberOrWord {
        Number(f64),
        Word(String),
    }
    match NumberOrWord::deserialize(deserializer)? {
        NumberOrWord::Number(value) => Ok(value),
        NumberOrWord::Word(word) => word.parse().map_err(serde::de::Error::custom),
    }
}
