//! Objects of JSON lines and of JSON documents, by the readers that the registry has.

use serde_json::{Map, Value};

use crate::{Result, Split, file::DataFile, registry::format::Format, registry::record::Record};

/// The names in the first object. `None` if the first line is not an object: reading the file reports that error.
pub(super) fn columns(head: &str) -> Option<Vec<String>> {
    let first: Map<String, Value> = serde_json::from_str(head.lines().next()?).ok()?;
    Some(first.into_iter().map(|(name, _)| name).collect())
}

pub(super) fn of_lines(file: &DataFile, split: Split) -> Result<Vec<Record>> {
    Format::JsonLines.records(file, split)
}

/// The items of a list or object.
pub(super) fn of_document(file: &DataFile, split: Split) -> Result<Vec<Record>> {
    Format::Json.records(file, split)
}
