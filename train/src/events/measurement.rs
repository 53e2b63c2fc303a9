//! One value measured at one step, and how it is written.
//!
//! JSON has no NaN and no infinities, and a loss that diverged must still be on record: such values are words.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// Writes a number, or the word for one that JSON has no number for.
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
