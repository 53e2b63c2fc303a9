//! Steps that several definitions share.

use serde_json::Value;

use crate::registry::record::{FILE, Problem, Record, text_of};

/// A field under another name, if it is there.
pub(super) fn rename(mut record: Record, from: &str, to: &str) -> Record {
    if let Some(value) = record.fields.remove(from) {
        record.fields.insert(to.into(), value);
    }
    record
}

/// `(A) first (B) second`.
pub(super) fn lettered<S: AsRef<str>>(choices: &[S]) -> String {
    let each =
        ('A'..).zip(choices).map(|(letter, choice)| format!("({letter}) {}", choice.as_ref()));
    each.collect::<Vec<_>>().join(" ")
}

/// `A` for 0, `B` for 1.
pub(super) fn letter(place: usize) -> String {
    ('A'..).nth(place).map_or_else(String::new, String::from)
}

/// Splits a text in two at the first of what stands between.
///
/// # Errors
/// It does not stand there.
pub(super) fn parted<'a>(text: &'a str, between: &str) -> Result<(&'a str, &'a str), Problem> {
    let shown = crate::file::abridged(text);
    text.split_once(between).ok_or_else(|| format!("expected `{between}` in `{shown}`"))
}

/// The word among these that is in the path of the record's file; the folder or the file is named after the label.
///
/// # Errors
/// None of them is.
pub(super) fn label_of_file(mut record: Record, labels: &[&str]) -> Result<Vec<Record>, Problem> {
    let path = record.text(FILE)?.into_owned();
    let parts = path.rsplit(['/', '\\']).flat_map(|part| part.split('.'));
    let found = parts.into_iter().find(|part| labels.contains(part));
    let label = found.ok_or_else(|| {
        format!("no label in the file's path; expected one of {}", labels.join(", "))
    })?;
    record.set("label", label);
    Ok(vec![record])
}

/// Texts that differ, in the order of their first occurrence.
pub(super) fn distinct(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

/// Texts of a list of values, joined.
///
/// # Errors
/// A value that is not a text.
pub(super) fn joined(values: &[Value], between: &str) -> Result<String, Problem> {
    let texts: Option<Vec<_>> = values.iter().map(text_of).collect();
    texts.map(|texts| texts.join(between)).ok_or_else(|| "expected a list of texts".into())
}
