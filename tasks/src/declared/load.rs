//! From a declaration to a task: rows, texts, targets, and the split that is held out.
//!
//! A row that lacks a text or has a target that is not of the task is an error with file and row. Test rows alone may be
//! without target: their column is not there, empty, or -1, as GLUE has it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    declaration::{Declaration, Dev, Labels, Shape},
    hold_out,
    labels::{is_bio, to_bio},
    rows::{Files, Rows},
    template::value,
};
use crate::{
    Answer, Example, ExampleId, Result, SourceFile, Split, Target, TargetKind, Task, TaskSpec,
    Text,
    file::{abridged, some_of},
    registry::record::{Problem, Record},
};

/// What stands for a target that is not published.
const UNPUBLISHED: &str = "-1";

impl Declaration {
    /// The task with all its splits.
    pub fn load(&self, spec: TaskSpec) -> Result<Task> {
        let mut sources = Vec::new();
        let (train, held) = self.training(&spec, &mut sources)?;
        let dev = match &self.dev {
            Dev::Files(files) => self.examples(&spec, files, Split::Dev, &mut sources)?,
            Dev::HoldOut(_) => held,
        };
        let mut splits = BTreeMap::from([(Split::Train, train), (Split::Dev, dev)]);
        if let Some(files) = &self.test {
            splits.insert(Split::Test, self.examples(&spec, files, Split::Test, &mut sources)?);
        }
        Ok(Task { spec, splits, sources })
    }

    /// The examples to train on, and those of the training rows that are held out.
    pub fn training(
        &self,
        spec: &TaskSpec,
        sources: &mut Vec<SourceFile>,
    ) -> Result<(Vec<Example>, Vec<Example>)> {
        let examples = self.examples(spec, &self.train, Split::Train, sources)?;
        match &self.dev {
            Dev::Files(_) => Ok((examples, Vec::new())),
            Dev::HoldOut(share) => hold_out::split(examples, *share, self.symmetric)
                .map_err(|problem| self.wrong(problem)),
        }
    }

    /// The examples of a split, numbered across its files.
    fn examples(
        &self,
        spec: &TaskSpec,
        files: &Files,
        split: Split,
        sources: &mut Vec<SourceFile>,
    ) -> Result<Vec<Example>> {
        let mut examples = Vec::new();
        for rows in self.layout.read(files, split, &self.shape.columns())? {
            for record in &rows.records {
                // Below 2^32 because the size of a file is limited.
                let id = ExampleId(examples.len() as u32);
                examples.push(self.example(&spec.kind, &rows, record, id)?);
            }
            sources.extend(rows.sources);
        }
        Ok(examples)
    }

    fn example(
        &self,
        kind: &TargetKind,
        rows: &Rows,
        record: &Record,
        id: ExampleId,
    ) -> Result<Example> {
        let at = |columns: Vec<&str>| {
            let column = columns.first().map_or("", |column| *column).to_owned();
            move |problem: Problem| rows.error(record.line, &column, &problem)
        };
        let text = self.text(record).map_err(at(self.shape.text_columns()))?;
        let target = self.target(kind, record, &text).map_err(at(self.shape.target_columns()))?;
        Ok(Example { id, text, target })
    }

    fn text(&self, record: &Record) -> Result<Text, Problem> {
        Ok(match &self.shape {
            Shape::Class { text, .. } | Shape::Score { text, .. } => {
                let first = text.first.fill(record)?;
                match &text.second {
                    Some(second) => Text::Two(first, second.fill(record)?),
                    None => Text::One(first),
                }
            }
            Shape::Tags { words, .. } => Text::Words(list(record, words)?),
            Shape::Text { input, .. } => Text::One(input.fill(record)?),
        })
    }

    /// The target of a row; `None` in a test row that has none.
    fn target(
        &self,
        kind: &TargetKind,
        record: &Record,
        text: &Text,
    ) -> Result<Option<Target>, Problem> {
        let is_test = record.split == Split::Test;
        let columns = self.shape.target_columns();
        if is_test && columns.iter().any(|column| is_absent(record.find(column))) {
            return Ok(None);
        }
        match (&self.shape, kind) {
            (Shape::Class { label: column, labels, .. }, TargetKind::Class { labels: all }) => {
                let label = label(record, column)?;
                match labels.find(&label, all) {
                    None if is_test && label == UNPUBLISHED => Ok(None),
                    None => Err(unknown(column, &label, all)),
                    Some(class) => Ok(Some(Target::Class(class))),
                }
            }
            (Shape::Score { column, min, max, .. }, _) => {
                let written = value(record, column)?;
                match written.trim().parse::<f32>() {
                    Ok(score) if (*min..=*max).contains(&score) => Ok(Some(Target::Score(score))),
                    Ok(-1.0) if is_test => Ok(None),
                    _ => Err(format!(
                        "column `{column}` is `{}`; expected a number from {min} to {max}",
                        abridged(&written)
                    )),
                }
            }
            (Shape::Tags { tags: column, labels, .. }, TargetKind::Tags { labels: all }) => {
                let tags = tags(record, column)?;
                let words = matches!(text, Text::Words(words) if words.len() == tags.len());
                if !words {
                    let Text::Words(words) = text else { return Err("no words".into()) };
                    return Err(format!("{} tags for {} words", tags.len(), words.len()));
                }
                indices(tags, labels, all, column).map(Target::Tags).map(Some)
            }
            (Shape::Text { answer, .. }, _) => {
                let answers = answer.fill_each(record)?;
                let blank = answers.iter().any(|answer| answer.trim().is_empty());
                match Answer::any_of(answers) {
                    Some(answer) if !blank => Ok(Some(Target::Text(answer))),
                    _ => Err("the answer is empty; expected a text".into()),
                }
            }
            _ => Err("the target is not of the task's kind".into()),
        }
    }
}

/// The label in a column, white space around it aside.
pub(super) fn label(record: &Record, column: &str) -> Result<String, Problem> {
    let label = value(record, column)?.trim().to_owned();
    match label.is_empty() {
        true => Err(format!("column `{column}` is empty; expected a label")),
        false => Ok(label),
    }
}

/// The tags in a column.
pub(super) fn tags(record: &Record, column: &str) -> Result<Vec<String>, Problem> {
    list(record, column)
}

/// The items of a list, or the words of a text.
fn list(record: &Record, column: &str) -> Result<Vec<String>, Problem> {
    match record.find(column) {
        Some(Value::Array(_)) => record.texts(column),
        _ => Ok(value(record, column)?.split_whitespace().map(str::to_owned).collect()),
    }
}

fn indices(
    tags: Vec<String>,
    labels: &Labels,
    all: &[String],
    column: &str,
) -> Result<Vec<usize>, Problem> {
    let mut named: Vec<String> = tags.iter().map(|tag| labels.name(tag).to_owned()).collect();
    if is_bio(all) {
        to_bio(&mut named);
    }
    let place = |tag: &String| all.iter().position(|known| known == tag);
    named.iter().map(|tag| place(tag).ok_or_else(|| unknown(column, tag, all))).collect()
}

fn unknown(column: &str, label: &str, all: &[String]) -> Problem {
    let (label, known) = (abridged(label), some_of(all.iter().map(String::as_str)));
    format!("column `{column}`: unknown label `{label}`; known labels: {known}")
}

/// Whether a test row has no target: nothing, or nothing in it.
fn is_absent(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty() || items.iter().any(Value::is_null),
        Some(_) => false,
    }
}
