//! Reads every task of a file of tasks whole, and tells of each how large it is, or what is wrong with it.

use std::{fmt, path::Path};

use super::{Declaration, parse};
use crate::{Result, Split, TargetKind, TaskSpec};

/// What came of one task.
#[derive(Debug)]
pub struct Checked {
    /// The name of its table.
    pub task: String,
    pub outcome: Result<Sound>,
}

/// A task that can be trained on.
#[derive(Clone, Debug)]
pub struct Sound {
    pub spec: TaskSpec,
    /// Examples of each split.
    pub splits: Vec<(Split, usize)>,
    /// How many of the test examples have a target.
    pub scored: usize,
    /// What is odd, as [`Task::check`](crate::Task::check) tells it.
    pub remarks: Vec<String>,
}

/// Reads every task whole. One that is wrong does not keep the others from being read.
///
/// # Errors
/// A file that is not there, no sound TOML, or without tasks; all else is told of the task.
pub fn check(file: &Path) -> Result<Vec<Checked>> {
    let (_, declared) = parse::read(file)?;
    let checked = declared.into_iter().map(|(task, declaration)| {
        let outcome = declaration.and_then(|declaration| sound(&declaration));
        Checked { task, outcome }
    });
    Ok(checked.collect())
}

fn sound(declaration: &Declaration) -> Result<Sound> {
    let task = declaration.load(declaration.describe()?)?;
    if let Some(corpus) = &declaration.corpus {
        declaration.layout.encoding.read(corpus)?;
    }
    let remarks = task.check().map_err(|error| declaration.wrong(error.to_string()))?;
    let splits = task.splits.iter().map(|(split, examples)| (*split, examples.len())).collect();
    let scored = task.split(Split::Test).iter().filter(|example| example.target.is_some()).count();
    Ok(Sound { spec: task.spec, splits, scored, remarks })
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(sound) => write!(f, "{}: {sound}", self.task),
            Err(error) => write!(f, "{}: error: {error}", self.task),
        }
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spec.kind {
            TargetKind::Class { labels } => write!(f, "{} labels", labels.len())?,
            TargetKind::Tags { labels } => write!(f, "tags, {} labels", labels.len())?,
            TargetKind::Score { min, max } => write!(f, "a score from {min} to {max}")?,
            TargetKind::Text { .. } | TargetKind::Tokens { .. } => write!(f, "text to text")?,
        }
        for (split, examples) in &self.splits {
            write!(f, ", {split} {examples}")?;
            if *split == Split::Test && self.scored < *examples {
                write!(f, " ({} with a target)", self.scored)?;
            }
        }
        let metrics: Vec<&str> = self.spec.metrics.iter().map(|metric| metric.name()).collect();
        write!(f, "; {}", metrics.join(", "))?;
        self.remarks.iter().try_for_each(|remark| write!(f, "; note: {remark}"))
    }
}
