//! What a task is: its description and its loaded splits.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Example, metrics::Metric};

/// The kind of problem a task poses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Acceptability,
    Sentiment,
    Entailment,
    Paraphrase,
    Similarity,
    Coreference,
    Tagging,
}

/// What a model is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// One of the labels.
    Class { labels: Vec<String> },
    /// A number between `min` and `max`.
    Score { min: f32, max: f32 },
    /// One of the labels for every word.
    Tags { labels: Vec<String> },
}

impl TargetKind {
    /// Width of the head's output: the number of labels, or 1 for a score.
    pub fn outputs(&self) -> usize {
        match self {
            TargetKind::Class { labels } | TargetKind::Tags { labels } => labels.len(),
            TargetKind::Score { .. } => 1,
        }
    }
}

/// The parts a data set is published in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    Train,
    Dev,
    /// MNLI's second development set.
    DevMismatched,
    Test,
    TestMismatched,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Split::Train => "train",
            Split::Dev => "dev",
            Split::DevMismatched => "dev_mismatched",
            Split::Test => "test",
            Split::TestMismatched => "test_mismatched",
        })
    }
}

/// Description of a task, without its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskSpec {
    /// Short name, unique in its suite: `rte`.
    pub name: String,
    /// The suite it belongs to: `glue`.
    pub suite: String,
    pub family: Family,
    pub kind: TargetKind,
    /// What is reported; the first is what models are selected and compared by.
    pub metrics: Vec<Metric>,
    /// Whether the order of the pair carries no meaning, so that training may see both orders.
    pub symmetric: bool,
}

/// A file a task was read from, for the run's manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    pub path: PathBuf,
    pub bytes: u64,
    /// Lower-case hexadecimal SHA-256 of the file as it lies on disk.
    pub sha256: String,
}

/// A task with its data.
#[derive(Clone, Debug)]
pub struct Task {
    pub spec: TaskSpec,
    pub splits: BTreeMap<Split, Vec<Example>>,
    /// Empty for tasks that are made on the fly.
    pub sources: Vec<SourceFile>,
}

impl Task {
    /// The examples of a split; empty where the task has none.
    pub fn split(&self, split: Split) -> &[Example] {
        self.splits.get(&split).map_or(&[], Vec::as_slice)
    }
}
