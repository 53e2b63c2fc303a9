//! The labels of a task: those that are given, or all that the training rows have, in a fixed order.
//!
//! Labels that are collected are sorted, whole numbers by their size, so that their order does not depend on that of
//! the rows. Where a Parquet file's metadata name labels, these count as seen. Tags that mark spans are read as BIO:
//! an `I` that begins a span (as IOB1 writes most of them) becomes `B`, and a type that has one of the two has the
//! other.

use std::collections::BTreeSet;

use super::{
    cells::{label, tags},
    declaration::{Declaration, Labels, Shape},
    rows::Rows,
};
use crate::{Result, Split, file::some_of};

impl Declaration {
    /// The names of all labels; none for a task without. Training rows are read only where the labels are not given.
    pub fn labels(&self) -> Result<Vec<String>> {
        let (labels, is_tags) = match &self.shape {
            Shape::Class { labels, .. } => (labels, false),
            Shape::Tags { labels, .. } => (labels, true),
            Shape::Score { .. } | Shape::Text { .. } => return Ok(Vec::new()),
        };
        let raw = match &labels.given {
            Some(given) => given.clone(),
            None => self.collected()?,
        };
        let stray = labels.names.iter().find(|(name, _)| !raw.contains(name));
        if let Some((stray, _)) = stray {
            let known = some_of(raw.iter().map(String::as_str));
            return Err(self
                .wrong(format!("`names` has `{stray}`, an unknown label; known labels: {known}")));
        }
        let mut named: Vec<String> = raw.iter().map(|raw| labels.name(raw).to_owned()).collect();
        if let Some(at) = (1..named.len()).find(|&at| named[..at].contains(&named[at])) {
            let problem =
                format!("two labels are called `{}`; give each a name of its own", named[at]);
            return Err(self.wrong(problem));
        }
        if is_tags && labels.given.is_none() && is_bio(&named) {
            named = with_both(named);
        }
        match named.len() {
            0 | 1 => Err(self.wrong(format!(
                "the training rows have {} label ({}); there must be at least two to tell apart",
                named.len(),
                named.join(", ")
            ))),
            _ => Ok(named),
        }
    }

    /// The labels of the training rows as they are in the data.
    fn collected(&self) -> Result<Vec<String>> {
        let mut seen = BTreeSet::new();
        for rows in self.layout.read(&self.train, Split::Train, &self.shape.target_columns())? {
            match &self.shape {
                Shape::Class { label: column, .. } => of_classes(&rows, column, &mut seen)?,
                Shape::Tags { tags: column, .. } => of_tags(&rows, column, &mut seen)?,
                Shape::Score { .. } | Shape::Text { .. } => {}
            }
        }
        let mut labels: Vec<String> = seen.into_iter().collect();
        if labels.iter().all(|label| label.parse::<i64>().is_ok()) {
            labels.sort_by_key(|label| label.parse::<i64>().unwrap_or_default());
        }
        Ok(labels)
    }
}

fn of_classes(rows: &Rows, column: &str, seen: &mut BTreeSet<String>) -> Result<()> {
    seen.extend(rows.labels.get(column).into_iter().flatten().cloned());
    for record in &rows.records {
        let label = label(record, column);
        seen.insert(label.map_err(|problem| rows.error(record.line, column, &problem))?);
    }
    Ok(())
}

fn of_tags(rows: &Rows, column: &str, seen: &mut BTreeSet<String>) -> Result<()> {
    seen.extend(rows.labels.get(column).into_iter().flatten().cloned());
    for record in &rows.records {
        let tags = tags(record, column);
        let tags = tags.map_err(|problem| rows.error(record.line, column, &problem))?;
        seen.extend(tags);
    }
    Ok(())
}

/// What a tag says: where it is in a span (`B` or `I`), and the span's type.
fn parts(tag: &str) -> Option<(&str, &str)> {
    let (place, kind) = tag.split_once('-').unwrap_or((tag, ""));
    matches!(place, "B" | "I").then_some((place, kind))
}

/// Whether labels mark spans: all are `O`, `B` or `I`, the latter two with or without a type.
pub(super) fn is_bio(labels: &[String]) -> bool {
    labels.iter().all(|label| label == "O" || parts(label).is_some())
        && labels.iter().any(|label| label != "O")
}

/// Both places of each type, sorted, and `O`.
fn with_both(labels: Vec<String>) -> Vec<String> {
    let mut all: BTreeSet<String> = labels.into_iter().collect();
    for label in all.clone() {
        if let Some((_, kind)) = parts(&label) {
            let dash = if kind.is_empty() { "" } else { "-" };
            all.extend(["B", "I"].map(|place| format!("{place}{dash}{kind}")));
        }
    }
    all.insert("O".into());
    all.into_iter().collect()
}

/// Makes `B` of each `I` that does not go on with the span before it.
pub(super) fn to_bio(tags: &mut [String]) {
    let mut open: Option<String> = None;
    for tag in tags {
        let Some((place, kind)) = parts(tag).map(|(place, kind)| (place, kind.to_owned())) else {
            open = None;
            continue;
        };
        if place == "I" && open.as_ref() != Some(&kind) {
            tag.replace_range(..1, "B");
        }
        open = Some(kind);
    }
}

impl Labels {
    /// The place of a label of the data among the task's labels.
    pub fn find(&self, label: &str, all: &[String]) -> Option<usize> {
        let name = self.name(label);
        all.iter().position(|known| known == name)
    }
}
