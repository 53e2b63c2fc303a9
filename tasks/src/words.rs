//! Tasks of classes, scores and tags put in words, so that a text-to-text model can learn them.
//!
//! The input is written in T5's manner: a prefix, then `key: text` for each text, keys in alphabetical order
//! (`rte sentence1: … sentence2: …`). A label is written as its word; a score is rounded to the nearest
//! fifth and written with one decimal, as T5 writes STS-B's; tags are written as their spans, `TYPE: words`, in
//! order. Ids stay those of the task.

mod spans;

use serde::{Deserialize, Serialize};

pub(crate) use self::spans::spans;
use crate::{
    Answer, Error, Example, Result, Target, TargetKind, Task, TaskSpec, Text, metrics::Metric,
};

/// How a task is put in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InWords {
    pub prefix: String,
    /// Names of the one text or the two.
    pub keys: Vec<String>,
    /// What is written for each label, in the order of the labels; empty where labels are written as they are.
    pub labels: Vec<String>,
}

impl InWords {
    /// Labels are written as they are.
    pub fn new(prefix: &str, keys: &[&str]) -> Self {
        let keys = keys.iter().map(|key| key.to_string()).collect();
        InWords { prefix: prefix.into(), keys, labels: Vec::new() }
    }

    pub fn with_labels(mut self, labels: &[&str]) -> Self {
        self.labels = labels.iter().map(|label| label.to_string()).collect();
        self
    }

    /// The usual way: the task's name before its texts, which are called `sentence`, or `sentence1` and `sentence2`, or
    /// `words` where they are split.
    pub fn of(task: &Task) -> Self {
        let first = task.splits.values().flatten().next().map(|example| &example.text);
        let keys: &[&str] = match first {
            Some(Text::Two(..)) => &["sentence1", "sentence2"],
            Some(Text::Words(_)) => &["words"],
            _ => &["sentence"],
        };
        InWords::new(&task.spec.name, keys)
    }

    /// What the written targets of a task of this kind stand for; `None` for spans, which stand for themselves.
    ///
    /// # Errors
    /// A kind that cannot be put in words, or another number of labels.
    pub fn stands_for(&self, kind: &TargetKind) -> Result<Option<TargetKind>> {
        match kind {
            TargetKind::Class { labels } if self.labels.is_empty() => {
                Ok(Some(TargetKind::Class { labels: labels.clone() }))
            }
            TargetKind::Class { labels } if self.labels.len() == labels.len() => {
                Ok(Some(TargetKind::Class { labels: self.labels.clone() }))
            }
            TargetKind::Class { labels } => Err(Error::Invalid(format!(
                "`{}` has {} words for {} labels; one for each is needed",
                self.prefix,
                self.labels.len(),
                labels.len()
            ))),
            TargetKind::Score { .. } => Ok(Some(kind.clone())),
            TargetKind::Tags { .. } => Ok(None),
            TargetKind::Tokens { .. } | TargetKind::Text { .. } => Err(Error::Invalid(format!(
                "`{}` is a task of texts; only classes, scores and tags can be put in words",
                self.prefix
            ))),
        }
    }

    /// The description of the task in words. Spans are scored by exact match, all else by the task's metrics.
    ///
    /// # Errors
    /// Those of [`InWords::stands_for`].
    pub fn spec(&self, spec: &TaskSpec) -> Result<TaskSpec> {
        let stands_for = self.stands_for(&spec.kind)?;
        let metrics = match stands_for {
            Some(_) => spec.metrics.clone(),
            None => vec![Metric::ExactMatch],
        };
        let kind = TargetKind::Text { stands_for: stands_for.map(Box::new) };
        Ok(TaskSpec { kind, metrics, symmetric: false, ..spec.clone() })
    }

    /// The task with inputs and targets as texts.
    ///
    /// # Errors
    /// Those of [`InWords::stands_for`], or an example with another number of texts than there are keys.
    pub fn put(&self, task: &Task) -> Result<Task> {
        let spec = self.spec(&task.spec)?;
        let in_words = |example: &Example| {
            let target = match &example.target {
                None => None,
                Some(target) => {
                    Some(Target::Text(self.answer(&task.spec.kind, target, example)?))
                }
            };
            Ok(Example { id: example.id, text: Text::One(self.input(example)?), target })
        };
        let splits = task.splits.iter().map(|(split, examples)| {
            Ok((*split, examples.iter().map(in_words).collect::<Result<_>>()?))
        });
        Ok(Task { spec, splits: splits.collect::<Result<_>>()?, sources: task.sources.clone() })
    }

    fn input(&self, example: &Example) -> Result<String> {
        let words;
        let texts: Vec<&str> = match &example.text {
            Text::One(one) => vec![one],
            Text::Two(first, second) => vec![first, second],
            Text::Words(split) => {
                words = split.join(" ");
                vec![&words]
            }
        };
        if texts.len() != self.keys.len() {
            return Err(Error::Invalid(format!(
                "`{}`: example {} has {} texts for the keys {}; give one for each key",
                self.prefix,
                example.id.0,
                texts.len(),
                self.keys.join(", ")
            )));
        }
        let mut parts: Vec<(&str, &str)> =
            self.keys.iter().map(String::as_str).zip(texts).collect();
        parts.sort_by_key(|(key, _)| *key);
        Ok(input(&self.prefix, parts))
    }

    fn answer(&self, kind: &TargetKind, target: &Target, example: &Example) -> Result<Answer> {
        let written = match (kind, target, &example.text) {
            (TargetKind::Class { labels }, Target::Class(class), _) => {
                let labels = if self.labels.is_empty() { labels } else { &self.labels };
                labels.get(*class).cloned()
            }
            (TargetKind::Score { .. }, Target::Score(score), _) => Some(score_in_words(*score)),
            (TargetKind::Tags { labels }, Target::Tags(tags), Text::Words(words)) => {
                Some(spans_of(labels, tags, words))
            }
            _ => None,
        };
        written.map(Answer::new).ok_or_else(|| {
            let (prefix, id) = (&self.prefix, example.id.0);
            let problem = "has a target of another kind than the task's";
            Error::Invalid(format!("`{prefix}`: example {id} {problem}"))
        })
    }
}

/// `prefix key: value key: value`; a part with an empty key is its value alone.
pub(crate) fn input<'a>(
    prefix: &str,
    parts: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut text = prefix.to_owned();
    for (key, value) in parts {
        if !text.is_empty() {
            text.push(' ');
        }
        if !key.is_empty() {
            text.push_str(key);
            text.push_str(": ");
        }
        text.push_str(value);
    }
    text
}

/// To the nearest fifth (halves to even) with one decimal. T5 computes in single precision, in which 0.1 is half a
/// fifth to the bit and becomes 0.0.
fn score_in_words(score: f64) -> String {
    let score = score as f32;
    format!("{:.1}", (score * 5.0).round_ties_even() / 5.0)
}

/// The spans that tags mark; a tag that is no label marks nothing.
fn spans_of(labels: &[String], tags: &[usize], words: &[String]) -> String {
    let tags = tags.iter().map(|tag| labels.get(*tag).map_or("O", String::as_str));
    spans(tags.zip(words.iter().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NumPy 2.4.6 in `float32`, in which T5's `stsb` rounds: `"%.1f" % (np.round(score * 5) / 5)`.
    #[test]
    fn scores_are_rounded_in_single_precision() {
        for (score, expected) in [
            (0.1, "0.0"),
            (0.3, "0.4"),
            (0.5, "0.4"),
            (0.7, "0.8"),
            (1.1, "1.2"),
            (1.7, "1.6"),
            (2.3, "2.4"),
            (2.5, "2.4"),
            (3.1, "3.2"),
            (3.8, "3.8"),
            (4.1, "4.0"),
            (4.9, "4.8"),
            (5.0, "5.0"),
            (1.917, "2.0"),
            (0.0, "0.0"),
        ] {
            assert_eq!(score_in_words(score), expected, "{score}");
        }
    }
}
