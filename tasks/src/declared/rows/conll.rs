//! Columns of words, one word a line and a blank line after each sentence, as the CoNLL shared tasks have them.
//!
//! Columns are separated by tabs, or by spaces in a line without tabs, and are called 0, 1 and so on. A row is a
//! sentence, and a column of it the list of its words' values. `-DOCSTART-` lines are passed over.

use serde_json::Value;

use crate::{
    Result, Split,
    file::{DataFile, abridged},
    registry::record::Record,
};

const DOCUMENT: &str = "-DOCSTART-";

pub(super) fn columns(head: &str) -> Option<Vec<String>> {
    let width = head.lines().find(|line| is_word(line)).map(|line| cells(line).len())?;
    Some((0..width).map(|column| column.to_string()).collect())
}

pub(super) fn records(file: &DataFile, split: Split) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut width = None;
    let mut open: Option<(usize, Vec<Vec<Value>>)> = None;
    for (i, line) in file.text.lines().enumerate() {
        if !is_word(line) {
            records.extend(open.take().map(|sentence| record(sentence, split)));
            continue;
        }
        let cells = cells(line);
        let expected = *width.get_or_insert(cells.len());
        if cells.len() != expected {
            let problem = format!(
                "expected {expected} columns, as in the first line; found {} in `{}`",
                cells.len(),
                abridged(line)
            );
            return Err(file.error(i + 1, problem));
        }
        let (_, columns) = open.get_or_insert_with(|| (i + 1, vec![Vec::new(); expected]));
        columns.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell.into()));
    }
    records.extend(open.map(|sentence| record(sentence, split)));
    Ok(records)
}

fn record((line, columns): (usize, Vec<Vec<Value>>), split: Split) -> Record {
    let mut record = Record::new(line, split);
    for (name, column) in columns.into_iter().enumerate() {
        record.set(&name.to_string(), column);
    }
    record
}

/// Whether a line has a word: it is neither blank nor the start of a document.
fn is_word(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with(DOCUMENT)
}

fn cells(line: &str) -> Vec<&str> {
    match line.contains('\t') {
        true => line.split('\t').collect(),
        false => line.split_ascii_whitespace().collect(),
    }
}
