//! Templates: texts with the names of columns in braces, as in `{question} {passage}`.
//!
//! A column in braces stands for its value in a row; `{{` and `}}` stand for braces themselves. The items of a list are
//! joined by spaces, but where each of them is an answer of its own.

use serde_json::Value;

use crate::{
    file::abridged,
    registry::record::{Problem, Record, text_of},
};

/// A text with columns in it.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Column(String),
}

impl Template {
    pub fn parse(template: &str) -> Result<Self, Problem> {
        let wrong = |problem: &str| format!("template `{}`: {problem}", abridged(template));
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut characters = template.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '{' | '}' if characters.peek() == Some(&character) => {
                    characters.next();
                    text.push(character);
                }
                '{' => {
                    let mut column = String::new();
                    loop {
                        match characters.next() {
                            Some('}') => break,
                            Some('{') | None => {
                                return Err(wrong("a `{` is not closed; write `{{` for a brace"));
                            }
                            Some(character) => column.push(character),
                        }
                    }
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    parts.push(Part::Column(column));
                }
                '}' => return Err(wrong("a `}` closes nothing; write `}}` for a brace")),
                other => text.push(other),
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        let template = Template { parts };
        let names_a_column = template.columns().next().is_some();
        match names_a_column {
            true => Ok(template),
            false => {
                Err(wrong("it names no column; write a column's name in braces, as in `{text}`"))
            }
        }
    }

    /// The names of its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(column) => Some(column.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text of a row.
    pub fn fill(&self, record: &Record) -> Result<String, Problem> {
        self.fill_with(record, None)
    }

    /// The texts of a row: one for each item where a column is a list.
    pub fn fill_each(&self, record: &Record) -> Result<Vec<String>, Problem> {
        let is_list = |column: &&str| record.find(column).is_some_and(Value::is_array);
        let lists: Vec<&str> = self.columns().filter(is_list).collect();
        let list = match lists.as_slice() {
            [] => return Ok(vec![self.fill(record)?]),
            [one] => *one,
            [one, other, ..] => {
                return Err(format!(
                    "the columns `{one}` and `{other}` are both lists; an answer may have one"
                ));
            }
        };
        let items = record.texts(list)?;
        items.iter().map(|item| self.fill_with(record, Some((list, item)))).collect()
    }

    fn fill_with(&self, record: &Record, item: Option<(&str, &str)>) -> Result<String, Problem> {
        let mut filled = String::new();
        for part in &self.parts {
            match (part, item) {
                (Part::Text(text), _) => filled.push_str(text),
                (Part::Column(column), Some((list, item))) if column == list => {
                    filled.push_str(item);
                }
                (Part::Column(column), _) => filled.push_str(&value(record, column)?),
            }
        }
        Ok(filled)
    }
}

/// The text of a column; the items of a list are joined by spaces.
pub(crate) fn value(record: &Record, column: &str) -> Result<String, Problem> {
    if record.fields.get(column).is_some_and(Value::is_null) {
        return Err(format!("column `{column}` is null; expected a text"));
    }
    match record.get(column)? {
        Value::Array(_) => Ok(record.texts(column)?.join(" ")),
        value => text_of(value).map(|text| text.into_owned()).ok_or_else(|| {
            format!("column `{column}` is {}; expected a text", abridged(&value.to_string()))
        }),
    }
}
