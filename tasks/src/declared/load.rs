//! From a declaration to a task: rows, texts, targets, and the split that is held out.
//!
//! A row that lacks a text or has a target that is not of the task is an error with file and row.

use std::collections::BTreeMap;

use super::{
    cells::list,
    declaration::{Declaration, Dev, Shape},
    hold_out,
    rows::{Files, Rows},
};
use crate::{
    Example, ExampleId, Result, SourceFile, Split, TargetKind, Task, TaskSpec, Text,
    file::every_line,
    registry::record::{Problem, Record},
};

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
            // Below 2^32 because the size of a file is limited.
            let ids = (examples.len() as u32..).map(ExampleId);
            let pairs = rows.records.iter().zip(ids);
            let of_file = pairs.map(|(record, id)| self.example(&spec.kind, &rows, record, id));
            examples.extend(every_line(of_file)?);
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
}
