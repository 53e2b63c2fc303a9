//! What an exported head says of itself in `config.json`: its labels' names, or its score's scale.
//!
//! The configuration that a trunk came with may describe another head and another storage; all that does is written
//! anew. Names go to `id2label` and `label2id`, as transformers reads them. A score's scale goes to
//! `taskgraft_score_scale`, `[min, max]`; the file's weights answer on that scale.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Architecture, load_trunk_config};
use crate::{Error, Result};

/// The field with a score's least and greatest value.
pub const SCORE_SCALE: &str = "taskgraft_score_scale";

/// Fields of `config.json` that describe a head, or how and from where weights were stored.
const OF_HEAD_OR_STORAGE: [&str; 11] = [
    "id2label",
    "label2id",
    "num_labels",
    "_num_labels",
    "problem_type",
    "finetuning_task",
    SCORE_SCALE,
    "torch_dtype",
    "dtype",
    "quantization_config",
    "_name_or_path",
];

/// What the outputs of a head mean.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum HeadDescription {
    /// Nothing is known, or there is nothing to know: classes are called `LABEL_0`, `LABEL_1`, …; scores are as the
    /// head gives them. That of networks without a head, and of masked language models.
    #[default]
    Plain,
    /// The name of each class or tag, in the order of the head's outputs.
    Labels(Vec<String>),
    /// A score from `min` to `max`, which the head gives as 0 to 1.
    Score { min: f64, max: f64 },
}

impl HeadDescription {
    /// Names of classes or tags.
    pub fn labels<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Self {
        Self::Labels(names.into_iter().map(Into::into).collect())
    }

    /// What stands in the way of describing a head of so many outputs so; a network without head has none.
    pub(super) fn check(
        &self,
        architecture: Architecture,
        outputs: Option<usize>,
    ) -> Result<(), String> {
        let is_score = architecture == Architecture::SequenceClassification && outputs == Some(1);
        match (self, outputs) {
            (Self::Plain, _) => Ok(()),
            (Self::Labels(names), Some(count)) if names.len() == count => {
                let sorted = std::collections::BTreeSet::from_iter(names);
                match sorted.len() == names.len() {
                    true => Ok(()),
                    false => Err(format!(
                        "two of the {count} labels have one name: {names:?}; give each its own"
                    )),
                }
            }
            (Self::Labels(names), outputs) => Err(format!(
                "{} labels' names are given for a head of {} outputs; give one for each output",
                names.len(),
                outputs.unwrap_or(0)
            )),
            (Self::Score { min, max }, _) if !(min.is_finite() && max.is_finite() && min < max) => {
                Err(format!(
                    "a score from {min} to {max} has no scale; give two numbers, the lower first"
                ))
            }
            (Self::Score { .. }, _) if is_score => Ok(()),
            (Self::Score { .. }, _) => {
                Err("a score's scale is given for a head of classes; give the labels' names".into())
            }
        }
    }

    /// Writes what the head and the storage are in the place of what the fields said before.
    pub(super) fn write(
        &self,
        architecture: Architecture,
        outputs: Option<usize>,
        fields: &mut Map<String, Value>,
    ) {
        for field in OF_HEAD_OR_STORAGE {
            fields.remove(field);
        }
        fields.insert("dtype".into(), json!("float32"));
        let Some(count) = outputs else { return };
        let names = match self {
            Self::Labels(names) => names.clone(),
            _ => (0..count).map(|id| format!("LABEL_{id}")).collect(),
        };
        let ids = names.iter().enumerate();
        let by_id: Map<_, _> =
            ids.clone().map(|(id, name)| (id.to_string(), json!(name))).collect();
        let by_name: Map<_, _> = ids.map(|(id, name)| (name.clone(), json!(id))).collect();
        fields.insert("id2label".into(), by_id.into());
        fields.insert("label2id".into(), by_name.into());
        if architecture == Architecture::SequenceClassification {
            let kind = if count == 1 { "regression" } else { "single_label_classification" };
            fields.insert("problem_type".into(), json!(kind));
        }
        if let Self::Score { min, max } = self {
            fields.insert(SCORE_SCALE.into(), json!([min, max]));
        }
    }

    /// What the fields of a configuration say.
    ///
    /// # Errors
    /// A scale that is not a pair of numbers, or names that do not count from 0.
    pub(super) fn read(fields: &Map<String, Value>) -> Result<Self, String> {
        if let Some(scale) = fields.get(SCORE_SCALE) {
            let parsed: Option<[f64; 2]> = serde_json::from_value(scale.clone()).ok();
            return match parsed {
                Some([min, max]) if min < max && min.is_finite() && max.is_finite() => {
                    Ok(Self::Score { min, max })
                }
                _ => Err(format!("`{SCORE_SCALE}` is {scale}; expected two numbers, [min, max]")),
            };
        }
        let Some(Value::Object(by_id)) = fields.get("id2label") else { return Ok(Self::Plain) };
        let name = |id: usize| by_id.get(&id.to_string())?.as_str().map(String::from);
        let names: Option<Vec<String>> = (0..by_id.len()).map(name).collect();
        let Some(names) = names else {
            return Err("`id2label` must have a name for each number from 0 up".into());
        };
        let is_given = |(id, name): (usize, &String)| *name != format!("LABEL_{id}");
        Ok(match names.iter().enumerate().any(is_given) {
            true => Self::Labels(names),
            false => Self::Plain,
        })
    }
}

/// What the `config.json` in `directory` says of the outputs of its network's head.
///
/// # Errors
/// Where it is unreadable, or says what cannot be.
pub fn load_description(directory: &Path) -> Result<HeadDescription> {
    let config = load_trunk_config(directory)?;
    HeadDescription::read(config.other())
        .map_err(|problem| Error::Config { path: directory.join("config.json"), problem })
}
