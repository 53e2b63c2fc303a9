//! Tab-separated files without quoting: rows, columns, and the examples they hold.
//!
//! Every row must have the columns its file is known to have; a row that does not is an error, never skipped.
//! A carriage return at the end of a line is not part of its last column.

use crate::{
    Error, Example, ExampleId, Result, Target, TargetKind, Text,
    file::{DataFile, abridged, every_line},
};

/// Layout of a file: its columns and which of them hold the text and the target.
#[derive(Clone, Copy)]
pub(super) struct Table {
    header: bool,
    columns: &'static [&'static str],
    /// Columns that follow in some rows, all or none of them.
    more: &'static [&'static str],
    first: usize,
    second: Option<usize>,
    target: Option<usize>,
}

/// A line, split into columns.
pub(super) struct Row<'a> {
    pub line: usize,
    pub columns: Vec<&'a str>,
}

impl Table {
    pub const fn new(columns: &'static [&'static str]) -> Self {
        Table { header: true, columns, more: &[], first: 0, second: None, target: None }
    }

    pub const fn without_header(columns: &'static [&'static str]) -> Self {
        Table { header: false, ..Table::new(columns) }
    }

    pub const fn or_also(self, more: &'static [&'static str]) -> Self {
        Table { more, ..self }
    }

    pub const fn sentence(self, first: usize) -> Self {
        Table { first, ..self }
    }

    pub const fn pair(self, first: usize, second: usize) -> Self {
        Table { first, second: Some(second), ..self }
    }

    pub const fn target(self, target: usize) -> Self {
        Table { target: Some(target), ..self }
    }

    /// All rows after the header, each with as many columns as the layout says.
    pub fn rows<'a>(&self, file: &'a DataFile) -> Result<Vec<Row<'a>>> {
        let unusable = |problem: String| Error::File { path: file.source.path.clone(), problem };
        let expected = self.columns.join(", ");
        let mut rows =
            file.lines().map(|(line, text)| Row { line, columns: text.split('\t').collect() });
        if file.text.is_empty() {
            return Err(unusable(format!("empty file; expected rows of columns {expected}")));
        }
        if self.header {
            let found = rows.next().map(|row| row.columns).unwrap_or_default();
            if found != self.columns {
                let found = abridged(&found.join(", "));
                let problem = format!("expected a header with columns {expected}; found {found}");
                return Err(file.error(1, problem));
            }
        }
        let rows = every_line(rows.map(|row| match self.check_width(&row) {
            Ok(()) => Ok(row),
            Err(problem) => Err(file.error(row.line, problem)),
        }))?;
        match rows.is_empty() {
            true => Err(unusable("no rows after the header".into())),
            false => Ok(rows),
        }
    }

    fn check_width(&self, row: &Row) -> std::result::Result<(), String> {
        let (found, width) = (row.columns.len(), self.columns.len());
        if found == width || found == width + self.more.len() {
            return Ok(());
        }
        let or = match self.more {
            [] => String::new(),
            more => format!(" or {} (also {})", width + more.len(), more.join(", ")),
        };
        let columns = self.columns.join(", ");
        Err(format!("expected {width} tab-separated columns ({columns}){or}; found {found}"))
    }

    /// The examples of a whole file, numbered from 0.
    pub fn examples(&self, kind: &TargetKind, file: &DataFile) -> Result<Vec<Example>> {
        let rows = self.rows(file)?;
        every_line(rows.iter().enumerate().map(|(i, row)| self.example(kind, file, row, i)))
    }

    /// The example in a row. `number` is below 2^32 because the size of a file is limited.
    pub fn example(
        &self,
        kind: &TargetKind,
        file: &DataFile,
        row: &Row,
        number: usize,
    ) -> Result<Example> {
        let column = |at: usize| row.columns[at].to_owned();
        let text = match self.second {
            Some(second) => Text::Two(column(self.first), column(second)),
            None => Text::One(column(self.first)),
        };
        let target = match self.target {
            None => None,
            Some(at) => Some(parse_target(kind, row.columns[at]).map_err(|problem| {
                file.error(row.line, format!("column {}: {problem}", self.columns[at]))
            })?),
        };
        Ok(Example { id: ExampleId(number as u32), text, target })
    }
}

fn parse_target(kind: &TargetKind, value: &str) -> std::result::Result<Target, String> {
    let shown = abridged(value);
    match kind {
        TargetKind::Class { labels } | TargetKind::Tags { labels } => {
            let class = labels.iter().position(|label| label == value);
            class.map(Target::Class).ok_or_else(|| {
                format!("unknown label `{shown}`; known labels: {}", labels.join(", "))
            })
        }
        TargetKind::Score { min, max } => match value.parse::<f64>() {
            Ok(score) if (*min..=*max).contains(&score) => Ok(Target::Score(score)),
            Ok(_) => Err(format!("score `{shown}` is outside {min} to {max}")),
            Err(_) => {
                Err(format!("`{shown}` is not a number; expected a score from {min} to {max}"))
            }
        },
        TargetKind::Tokens { .. } | TargetKind::Text { .. } => {
            Err("only labels and scores have a column of their own".into())
        }
    }
}
