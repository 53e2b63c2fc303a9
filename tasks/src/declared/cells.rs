//! What the cells of a row hold: a label, tags, a list.

use serde_json::Value;

use super::template::value;
use crate::registry::record::{Problem, Record};

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
pub(super) fn list(record: &Record, column: &str) -> Result<Vec<String>, Problem> {
    match record.find(column) {
        Some(Value::Array(_)) => record.texts(column),
        _ => Ok(value(record, column)?.split_whitespace().map(str::to_owned).collect()),
    }
}
