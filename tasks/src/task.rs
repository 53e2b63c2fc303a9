//! What a task is: its description and its loaded splits.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, Example, ExampleId, Result, Text, metrics::Metric};

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
    LanguageModelling,
    /// How two marked entities of a text relate.
    Relation,
    /// What a text is about, or what it is for.
    Classification,
    Summarization,
    /// Intents, states and turns of conversations.
    Dialogue,
    /// Texts turned into logical forms, action sequences, or frames of intent and slots.
    SemanticParsing,
    Commonsense,
    /// Questions whose answers must be known by heart.
    ClosedBook,
    /// Questions whose answers are in a text that is given.
    ReadingComprehension,
    /// Texts from data, concepts or other texts.
    Generation,
    Arithmetic,
}

impl Family {
    /// Every family.
    pub const ALL: &[Family] = &[
        Family::Acceptability,
        Family::Sentiment,
        Family::Entailment,
        Family::Paraphrase,
        Family::Similarity,
        Family::Coreference,
        Family::Tagging,
        Family::LanguageModelling,
        Family::Relation,
        Family::Classification,
        Family::Summarization,
        Family::Dialogue,
        Family::SemanticParsing,
        Family::Commonsense,
        Family::ClosedBook,
        Family::ReadingComprehension,
        Family::Generation,
        Family::Arithmetic,
    ];

    /// The family of this name.
    ///
    /// # Errors
    /// There is none, with the nearest known name.
    pub fn named(name: &str) -> Result<Self> {
        let found = Family::ALL.iter().find(|family| family.name() == name);
        found.copied().ok_or_else(|| {
            Error::unknown("family", name, Family::ALL.iter().map(|family| family.name()))
        })
    }

    /// The family of ExMix's study of transfer that a family belongs to: what asks for a label of a text or pair is
    /// classification there, except entailment. Families that the study has no place for stay what they are.
    pub fn in_exmix(self) -> Self {
        match self {
            Family::Acceptability
            | Family::Sentiment
            | Family::Paraphrase
            | Family::Similarity
            | Family::Relation => Family::Classification,
            other => other,
        }
    }

    /// Name in listings and files: `closed_book`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Acceptability => "acceptability",
            Family::Sentiment => "sentiment",
            Family::Entailment => "entailment",
            Family::Paraphrase => "paraphrase",
            Family::Similarity => "similarity",
            Family::Coreference => "coreference",
            Family::Tagging => "tagging",
            Family::LanguageModelling => "language_modelling",
            Family::Relation => "relation",
            Family::Classification => "classification",
            Family::Summarization => "summarization",
            Family::Dialogue => "dialogue",
            Family::SemanticParsing => "semantic_parsing",
            Family::Commonsense => "commonsense",
            Family::ClosedBook => "closed_book",
            Family::ReadingComprehension => "reading_comprehension",
            Family::Generation => "generation",
            Family::Arithmetic => "arithmetic",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a model is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// One of the labels.
    Class { labels: Vec<String> },
    /// A number between `min` and `max`.
    Score { min: f64, max: f64 },
    /// One of the labels for every word.
    Tags { labels: Vec<String> },
    /// The tokens that were hidden in a text, of a vocabulary of this size.
    Tokens { vocabulary: usize },
    /// A text, written by a decoder, that stands for a target of another kind (a label's word, a number) or, with
    /// none, for itself.
    Text { stands_for: Option<Box<TargetKind>> },
}

impl TargetKind {
    /// Width of the head's output: the number of labels, 1 for a score, or the size of the vocabulary. A text has
    /// no head: the decoder writes it, token by token, and the width is 0.
    pub fn outputs(&self) -> usize {
        match self {
            TargetKind::Class { labels } | TargetKind::Tags { labels } => labels.len(),
            TargetKind::Score { .. } => 1,
            TargetKind::Tokens { vocabulary } => *vocabulary,
            TargetKind::Text { .. } => 0,
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
        f.pad(match self {
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

impl TaskSpec {
    /// The name that no other task has: `glue/rte`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.suite, self.name)
    }
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

    /// The training pairs once more with their texts swapped, to be added to the training data of a symmetric task;
    /// empty for other tasks. The id of a copy is that of its original plus the number of rows (BAM's
    /// `double_unordered`).
    ///
    /// # Errors
    /// An example that is not a pair, or whose id is not below the number of rows: then the ids of the copies would
    /// collide with those of other examples. Swap before taking a part of the training data, and only once.
    pub fn swapped_pairs(&self) -> Result<Vec<Example>> {
        if !self.spec.symmetric {
            return Ok(Vec::new());
        }
        let train = self.split(Split::Train);
        train
            .iter()
            .map(|example| {
                let name = &self.spec.name;
                let ExampleId(id) = example.id;
                if id as usize >= train.len() {
                    return Err(Error::Invalid(format!(
                        "task {name}: example {id} of {} rows: pairs can only be swapped in the whole training data",
                        train.len()
                    )));
                }
                let Text::Two(a, b) = &example.text else {
                    return Err(Error::Invalid(format!(
                        "task {name} is symmetric, but its example {id} is not a pair of texts"
                    )));
                };
                Ok(Example {
                    id: ExampleId(id + train.len() as u32),
                    text: Text::Two(b.clone(), a.clone()),
                    target: example.target.clone(),
                })
            })
            .collect()
    }
}
