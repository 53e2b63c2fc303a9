//! The targets of rows, and what is wrong with them.
//!
//! Test rows alone may be without target: their column is not there, empty, or -1, as GLUE has it.

use serde_json::Value;

use super::{
    cells::{label, tags},
    declaration::{Declaration, Labels, Shape},
    labels::{is_bio, to_bio},
    template::value,
};
use crate::{
    Answer, Split, Target, TargetKind, Text,
    file::{abridged, some_of},
    registry::record::{Problem, Record},
};

/// What stands for a target that is not published.
const UNPUBLISHED: &str = "-1";

impl Declaration {
    /// The target of a row; `None` in a test row that has none.
    pub(super) fn target(
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
                match written.trim().parse::<f64>() {
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
                    let Text::Words(words) = text else {
                        return Err("no words; `tags` needs them".into());
                    };
                    let (tags, words) = (tags.len(), words.len());
                    return Err(format!(
                        "{tags} tags for {words} words; expected one for each word"
                    ));
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
            _ => Err("the target is of another kind than the task's".into()),
        }
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
