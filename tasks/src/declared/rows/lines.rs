//! Lines: taken apart by a pattern whose named groups are columns, or of several files side by side, each a column.
//!
//! The pattern must match the whole line. Files side by side have equally many lines; there a blank line is a value.

use std::{collections::BTreeMap, path::PathBuf};

use regex::Regex;

use super::files::{Encoding, Rows};
use crate::{
    Error, Result, Split,
    file::{DataFile, abridged},
    registry::record::Record,
};

/// The names of a pattern's groups.
pub(super) fn columns(pattern: &Regex) -> Vec<String> {
    pattern.capture_names().flatten().map(str::to_owned).collect()
}

pub(super) fn matched(file: &DataFile, pattern: &Regex, split: Split) -> Result<Vec<Record>> {
    let record = |(i, line): (usize, &str)| {
        let found = pattern.captures(line).ok_or_else(|| {
            file.error(i + 1, format!("the pattern does not match `{}`", abridged(line)))
        })?;
        let mut record = Record::new(i + 1, split);
        for name in pattern.capture_names().flatten() {
            if let Some(group) = found.name(name) {
                record.set(name, group.as_str());
            }
        }
        Ok(record)
    };
    file.text.lines().enumerate().map(record).collect()
}

/// The table of files side by side.
pub(super) fn parallel(
    columns: &[(String, PathBuf)],
    encoding: Encoding,
    split: Split,
) -> Result<Rows> {
    let mut rows = Rows {
        records: Vec::new(),
        sources: Vec::new(),
        columns: Vec::new(),
        labels: BTreeMap::new(),
    };
    for (column, path) in columns {
        let DataFile { text, source } = encoding.read(path)?;
        let count = text.lines().count();
        if rows.columns.is_empty() {
            rows.records = (1..=count).map(|line| Record::new(line, split)).collect();
        }
        if count != rows.records.len() || count == 0 {
            let first = columns.first().map(|(_, path)| path.display().to_string());
            let problem = format!(
                "{count} lines, but {} in {}; files side by side need equally many, and at least one",
                rows.records.len(),
                first.unwrap_or_default()
            );
            return Err(Error::File { path: source.path, problem });
        }
        rows.records
            .iter_mut()
            .zip(text.lines())
            .for_each(|(record, line)| record.set(column, line));
        rows.columns.push(column.clone());
        rows.sources.push(source);
    }
    Ok(rows)
}
