//! What a task without code is: its files, how they are laid out, and which columns are what.
//!
//! A declaration is read from a table of a file of tasks, or stands in a built-in list. What it does not say has a
//! default that follows from its target. Data is not read here.

use std::path::PathBuf;

use super::{
    rows::{Files, Layout},
    template::Template,
};
use crate::{Error, Family, Result, Target, TargetKind, TaskSpec, metrics::Metric};

/// A task without code.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub name: String,
    pub suite: String,
    /// Where it is declared, for messages.
    pub file: PathBuf,
    pub layout: Layout,
    pub train: Files,
    pub dev: Dev,
    pub test: Option<Files>,
    pub shape: Shape,
    /// Those of its target by default.
    pub metrics: Option<Vec<Metric>>,
    pub family: Option<Family>,
    pub symmetric: bool,
    /// Unlabelled lines.
    pub corpus: Option<PathBuf>,
}

/// Where the development split comes from.
#[derive(Clone, Debug)]
pub(crate) enum Dev {
    Files(Files),
    /// This share of the training rows.
    HoldOut(f64),
}

/// What is read and what is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Class { text: Texts, label: String, labels: Labels },
    Score { text: Texts, column: String, min: f64, max: f64 },
    Tags { words: String, tags: String, labels: Labels },
    Text { input: Template, answer: Template },
}

/// One text, or two.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    pub first: Template,
    pub second: Option<Template>,
}

/// What is known of labels before data are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    pub given: Option<Vec<String>>,
    /// Labels as they are in the data, and the words for them.
    pub names: Vec<(String, String)>,
}

impl Labels {
    /// What a label of the data is called.
    pub fn name<'a>(&'a self, label: &'a str) -> &'a str {
        self.names.iter().find(|(raw, _)| raw == label).map_or(label, |(_, name)| name)
    }
}

impl Shape {
    /// The columns that rows are read for, without the target's.
    pub fn text_columns(&self) -> Vec<&str> {
        match self {
            Shape::Class { text, .. } | Shape::Score { text, .. } => {
                let second = text.second.iter().flat_map(Template::columns);
                text.first.columns().chain(second).collect()
            }
            Shape::Tags { words, .. } => vec![words],
            Shape::Text { input, .. } => input.columns().collect(),
        }
    }

    /// The columns of the target; only test data may lack them.
    pub fn target_columns(&self) -> Vec<&str> {
        match self {
            Shape::Class { label, .. } => vec![label],
            Shape::Score { column, .. } => vec![column],
            Shape::Tags { tags, .. } => vec![tags],
            Shape::Text { answer, .. } => answer.columns().collect(),
        }
    }

    pub fn columns(&self) -> Vec<&str> {
        [self.text_columns(), self.target_columns()].concat()
    }

    /// The kind of target, with these labels where it has some.
    pub fn kind(&self, labels: Vec<String>) -> TargetKind {
        match self {
            Shape::Class { .. } => TargetKind::Class { labels },
            Shape::Score { min, max, .. } => TargetKind::Score { min: *min, max: *max },
            Shape::Tags { .. } => TargetKind::Tags { labels },
            Shape::Text { .. } => TargetKind::Text { stands_for: None },
        }
    }

    fn family(&self) -> Family {
        match self {
            Shape::Class { .. } => Family::Classification,
            Shape::Score { .. } => Family::Similarity,
            Shape::Tags { .. } => Family::Tagging,
            Shape::Text { .. } => Family::Generation,
        }
    }
}

impl Declaration {
    /// The description of the task, once its labels are known.
    ///
    /// # Errors
    /// A metric that does not score targets of this kind.
    pub fn spec(&self, labels: Vec<String>) -> Result<TaskSpec> {
        let kind = self.shape.kind(labels);
        let metrics = self.metrics.clone().unwrap_or_else(|| default_metrics(&kind));
        for metric in &metrics {
            scores(*metric, &kind).map_err(|error| self.wrong(format!("`metrics`: {error}")))?;
        }
        let spec = TaskSpec {
            name: self.name.clone(),
            suite: self.suite.clone(),
            family: self.family.unwrap_or_else(|| self.shape.family()),
            kind,
            metrics,
            symmetric: self.symmetric,
        };
        spec.check_name().map_err(|error| self.wrong(error.to_string()))?;
        Ok(spec)
    }

    /// What is wrong with the declaration itself.
    pub fn wrong(&self, problem: String) -> Error {
        Error::File { path: self.file.clone(), problem: format!("task `{}`: {problem}", self.name) }
    }
}

fn default_metrics(kind: &TargetKind) -> Vec<Metric> {
    match kind {
        TargetKind::Class { .. } => vec![Metric::Accuracy, Metric::MacroF1],
        TargetKind::Score { .. } => vec![Metric::Pearson, Metric::Spearman],
        TargetKind::Tags { .. } if scores(Metric::SpanF1, kind).is_ok() => vec![Metric::SpanF1],
        TargetKind::Tags { .. } => vec![Metric::TagAccuracy],
        TargetKind::Tokens { .. } | TargetKind::Text { .. } => {
            vec![Metric::RougeL, Metric::ExactMatch]
        }
    }
}

/// Tries a metric on two targets of a kind, which says whether it takes them.
fn scores(metric: Metric, kind: &TargetKind) -> Result<f64> {
    let targets = match kind {
        TargetKind::Class { .. } => vec![Target::Class(0), Target::Class(0)],
        TargetKind::Score { min, max } => vec![Target::Score(*min), Target::Score(*max)],
        TargetKind::Tags { .. } => vec![Target::Tags(vec![0]), Target::Tags(vec![0])],
        TargetKind::Tokens { .. } | TargetKind::Text { .. } => {
            return metric.compute_texts(&["a".to_owned()], &[vec!["a".to_owned()]]);
        }
    };
    metric.compute(kind, &targets, &targets)
}
