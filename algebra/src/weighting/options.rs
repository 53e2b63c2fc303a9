//! The options of a built-in weighting, from which it is made.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Result, Weighting, WeightingError};
use crate::described;

/// The options of a built-in weighting: a type with serde's defaults, whose fields state their ranges.
pub trait Options: Default + Serialize + DeserializeOwned + JsonSchema {
    /// The name by which the weighting is made: lower case, with hyphens.
    const NAME: &'static str;
    /// The name in the literature, and where it was published.
    const PAPER: &'static str;
    /// What is made of them.
    type Weighting: Weighting + 'static;

    /// The weighting, from options that are in their ranges.
    ///
    /// # Errors
    /// Options that do not fit together.
    fn make(self) -> Result<Self::Weighting>;

    /// Options with which it runs on `tasks` tasks: none, except for methods that have to be given something per task.
    fn example(_tasks: usize) -> Value {
        Value::Null
    }

    /// The weighting.
    ///
    /// # Errors
    /// An option out of its range, or options that do not fit together.
    fn init(self) -> Result<Self::Weighting> {
        let method = Self::NAME;
        described::check(&self).map_err(|problem| WeightingError::Options { method, problem })?;
        self.make()
    }
}

/// Options from JSON: an object, or null for the defaults.
///
/// # Errors
/// When one is unknown or of the wrong kind.
pub(super) fn read<C: DeserializeOwned>(method: &'static str, given: &Value) -> Result<C> {
    let object = if given.is_null() { json!({}) } else { given.clone() };
    serde_json::from_value(object)
        .map_err(|error| WeightingError::Options { method, problem: error.to_string() })
}
