//! What a text-to-text task is: name, family, files, and how a record of them becomes input and target.
//!
//! A definition reads from top to bottom as the data go: files, steps, text format in T5's manner, target, metrics.
//! [`define`] begins one and [`Draft::scored_by`] ends it, so that a task is one short function (see
//! [`super::tasks`]). A step is a plain function on records, for what the builder has no word for.

use super::{
    format::Format,
    record::{Problem, Record},
};
use crate::{Family, Split, TargetKind, TaskSpec, metrics::Metric, words::InWords};

/// A text-to-text task.
#[derive(Clone)]
pub struct Definition {
    pub name: &'static str,
    pub family: Family,
    /// Who made the data set, and where it is described.
    pub citation: &'static str,
    /// Folder below the data folder.
    pub folder: &'static str,
    pub metrics: &'static [Metric],
    pub(super) source: Source,
}

/// How a task of GLUE is put in words.
#[derive(Clone)]
pub(super) struct GlueTask {
    pub words: InWords,
    /// Sizes of the published training and development data.
    pub sizes: [usize; 2],
}

/// Where a task's examples come from.
#[derive(Clone)]
pub(super) enum Source {
    /// Files, whose records are put in words.
    Files(Draft),
    /// A task of GLUE's suite, in words.
    Glue(GlueTask),
}

/// A definition that is being written.
#[derive(Clone)]
pub(super) struct Draft {
    name: &'static str,
    family: Family,
    citation: &'static str,
    pub folder: &'static str,
    pub files: Vec<Published>,
    pub hold_out: Option<HoldOut>,
    pub steps: Vec<Step>,
    pub prefix: &'static str,
    pub keys: Vec<Key>,
    pub merged: bool,
    pub target: Target,
}

/// A step between reader and text format: a record becomes none, one or several.
pub(super) type Step = fn(Record) -> Result<Vec<Record>, Problem>;

/// A key of the input text, and the field that its value is in.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub name: &'static str,
    pub field: &'static str,
}

/// Moves one training record out of `every` to another split, for data published without that split.
#[derive(Clone, Copy)]
pub(super) struct HoldOut {
    pub split: Split,
    pub every: usize,
}

/// How the target text is made.
#[derive(Clone)]
pub(super) enum Target {
    /// The label in a field, by the word that stands for it.
    Label { field: &'static str, words: Vec<(&'static str, &'static str)> },
    /// The text of a field, or the texts of a list: all are accepted.
    Text { field: &'static str, learn: Learn },
}

/// Which of several right answers a model learns to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Learn {
    First,
    /// There is one training example for each.
    Every,
}

/// A file of a task. Where several hold the same split, the first that is there is read.
#[derive(Clone)]
pub(super) struct Published {
    pub split: Split,
    /// Path below the task's folder. One `*` may stand for any part of a name: then it is several files.
    pub file: &'static str,
    pub format: Format,
    pub beside: Vec<Beside>,
    /// How many examples the whole published file makes; 0 where that is not known.
    pub examples: usize,
}

/// A file that has more fields of the same records.
#[derive(Clone, Copy)]
pub(super) enum Beside {
    /// One field a line, as many lines as there are records.
    Lines { field: &'static str, file: &'static str },
    /// JSON lines that have the same text in the field `key`; their other fields are added.
    Joined { key: &'static str, file: &'static str },
}

/// Begins a definition.
pub(super) fn define(name: &'static str, family: Family) -> Draft {
    Draft {
        name,
        family,
        citation: "",
        folder: "",
        files: Vec::new(),
        hold_out: None,
        steps: Vec::new(),
        prefix: name,
        keys: Vec::new(),
        merged: false,
        target: Target::Text { field: "target", learn: Learn::First },
    }
}

impl Draft {
    pub fn cite(mut self, citation: &'static str) -> Self {
        self.citation = citation;
        self
    }

    pub fn folder(mut self, folder: &'static str) -> Self {
        self.folder = folder;
        self
    }

    /// A training file, and how many examples the published one makes.
    pub fn train(self, file: &'static str, format: Format, examples: usize) -> Self {
        self.file(Split::Train, file, format, examples)
    }

    pub fn dev(self, file: &'static str, format: Format, examples: usize) -> Self {
        self.file(Split::Dev, file, format, examples)
    }

    pub fn test(self, file: &'static str, format: Format, examples: usize) -> Self {
        self.file(Split::Test, file, format, examples)
    }

    fn file(mut self, split: Split, file: &'static str, format: Format, examples: usize) -> Self {
        self.files.push(Published { split, file, format, beside: Vec::new(), examples });
        self
    }

    /// The file just named has a field in another file, line by line.
    pub fn beside(self, field: &'static str, file: &'static str) -> Self {
        self.and(Beside::Lines { field, file })
    }

    /// The file just named has more fields in other JSON lines, those with the same `key`.
    pub fn joined(self, key: &'static str, file: &'static str) -> Self {
        self.and(Beside::Joined { key, file })
    }

    fn and(mut self, beside: Beside) -> Self {
        if let Some(published) = self.files.last_mut() {
            published.beside.push(beside);
        }
        self
    }

    /// Keeps the last of every `every` training records for another split.
    pub fn hold_out(mut self, split: Split, every: usize) -> Self {
        self.hold_out = Some(HoldOut { split, every });
        self
    }

    /// Records of one input follow each other, one for each of its right answers: where models are scored, they are
    /// one example with all of these.
    pub fn references_follow_each_other(mut self) -> Self {
        self.merged = true;
        self
    }

    /// What is done to records before they are put in words; steps follow each other.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// What the input text begins with, where it is not the task's name.
    pub fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = prefix;
        self
    }

    /// Fields that make up the input, each after its own name. T5 sorts them by name; where it does not, the order
    /// here is T5's.
    pub fn keys(mut self, names: &[&'static str]) -> Self {
        self.keys.extend(names.iter().map(|&name| Key { name, field: name }));
        self
    }

    /// A part of the input after a name of its own; an empty name stands for none.
    pub fn key(mut self, name: &'static str, field: &'static str) -> Self {
        self.keys.push(Key { name, field });
        self
    }

    /// The target is a label: what the field holds, and the word that is written for it.
    pub fn labels(mut self, field: &'static str, words: &[(&'static str, &'static str)]) -> Self {
        self.target = Target::Label { field, words: words.to_vec() };
        self
    }

    /// The target is a label, written as the field holds it.
    pub fn labels_as_they_are(mut self, field: &'static str, words: &[&'static str]) -> Self {
        self.target = Target::Label { field, words: words.iter().map(|&w| (w, w)).collect() };
        self
    }

    /// The target is the text of a field, or the first of a list of texts, all of which are accepted.
    pub fn answer(mut self, field: &'static str) -> Self {
        self.target = Target::Text { field, learn: Learn::First };
        self
    }

    /// The target is each text of a list in turn; where models are scored, all are accepted.
    pub fn answers(mut self, field: &'static str) -> Self {
        self.target = Target::Text { field, learn: Learn::Every };
        self
    }

    /// The words that are written for labels, each once; none of a task whose targets are free texts.
    pub fn labels_in_order(&self) -> Vec<&'static str> {
        let mut labels = Vec::new();
        if let Target::Label { words, .. } = &self.target {
            for (_, word) in words {
                if !labels.contains(word) {
                    labels.push(*word);
                }
            }
        }
        labels
    }

    /// Ends the definition. Models are selected and compared by the first metric.
    pub fn scored_by(self, metrics: &'static [Metric]) -> Definition {
        let Draft { name, family, citation, folder, .. } = self;
        Definition { name, family, citation, folder, metrics, source: Source::Files(self) }
    }
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Definition").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Definition {
    /// What is written, and what it stands for.
    pub fn kind(&self) -> TargetKind {
        let stands_for = match &self.source {
            Source::Files(draft @ Draft { target: Target::Label { .. }, .. }) => {
                let labels = draft.labels_in_order().into_iter().map(String::from).collect();
                Some(TargetKind::Class { labels })
            }
            Source::Files(_) => None,
            Source::Glue(task) => Some(task.stands_for()),
        };
        TargetKind::Text { stands_for: stands_for.map(Box::new) }
    }

    /// How many examples the published data make, split by split; 0 where that is not known.
    pub fn sizes(&self) -> Vec<(Split, usize)> {
        match &self.source {
            Source::Files(draft) => {
                let mut sizes: Vec<(Split, usize)> = Vec::new();
                for published in &draft.files {
                    if sizes.iter().all(|(split, _)| *split != published.split) {
                        sizes.push((published.split, published.examples));
                    }
                }
                sizes
            }
            Source::Glue(task) => [Split::Train, Split::Dev].into_iter().zip(task.sizes).collect(),
        }
    }

    pub fn spec(&self) -> TaskSpec {
        TaskSpec {
            name: self.name.into(),
            suite: super::NAME.into(),
            family: self.family,
            kind: self.kind(),
            metrics: self.metrics.to_vec(),
            symmetric: false,
        }
    }
}
