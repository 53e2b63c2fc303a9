//! A record: the named fields of one row, object or entry of a published file, whatever its format.
//!
//! Readers make records, a definition's steps change, split or drop them, and its text format puts them in words.
//! Fields are found by path (`question.stem`). A field that is not there, or not of the kind that is asked for, is a
//! problem that says what was found; the reader's caller adds file and line.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    Split,
    file::{abridged, some_of},
};

/// What is wrong with a record, without file and line.
pub(crate) type Problem = String;

/// The field that numbers what an example is scored together with.
pub(super) const GROUP: &str = "@group";
/// The field that is true where the target is a candidate that is wrong.
pub(super) const REJECTED: &str = "@rejected";

/// The field that has the path of a record's file.
pub(super) const FILE: &str = "@file";

/// One row, object or entry.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Where it begins in its file; lines count from 1.
    pub line: usize,
    pub split: Split,
    pub fields: Map<String, Value>,
}

impl Record {
    pub fn new(line: usize, split: Split) -> Self {
        Record { line, split, fields: Map::new() }
    }

    /// The value at a path, if it is there and not null. A field of exactly this name comes first: a column may have
    /// dots in its name.
    pub fn find(&self, path: &str) -> Option<&Value> {
        if let Some(value) = self.fields.get(path) {
            return Some(value).filter(|value| !value.is_null());
        }
        let mut parts = path.split('.');
        let first = self.fields.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part)).filter(|value| !value.is_null())
    }

    /// # Errors
    /// There is nothing at this path.
    pub fn get(&self, path: &str) -> Result<&Value, Problem> {
        self.find(path).ok_or_else(|| {
            format!("no field `{path}`; found {}", some_of(self.fields.keys().map(String::as_str)))
        })
    }

    /// A text; a number, true and false are written out.
    ///
    /// # Errors
    /// Nothing there, or a list or object.
    pub fn text(&self, path: &str) -> Result<Cow<'_, str>, Problem> {
        text_of(self.get(path)?).ok_or_else(|| self.expected(path, "a text"))
    }

    /// # Errors
    /// Nothing there, or something else than a whole number from 0 up (also one written as a text).
    pub fn index(&self, path: &str) -> Result<usize, Problem> {
        let value = self.text(path)?;
        value.trim().parse().map_err(|_| self.expected(path, "a whole number from 0 up"))
    }

    /// # Errors
    /// Nothing there, or something else than a list.
    pub fn list(&self, path: &str) -> Result<&[Value], Problem> {
        match self.get(path)? {
            Value::Array(list) => Ok(list),
            _ => Err(self.expected(path, "a list")),
        }
    }

    /// The texts of a list, or of a single text.
    ///
    /// # Errors
    /// Nothing there, or something else than text in it.
    pub fn texts(&self, path: &str) -> Result<Vec<String>, Problem> {
        let value = self.get(path)?;
        let list = match value {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let texts = list.iter().map(|value| text_of(value).map(Cow::into_owned));
        texts.collect::<Option<_>>().ok_or_else(|| self.expected(path, "a list of texts"))
    }

    /// The objects of a list, as records of their own.
    ///
    /// # Errors
    /// Nothing there, no list, or something else than objects in it.
    pub fn nested(&self, path: &str) -> Result<Vec<Record>, Problem> {
        let nested = self.list(path)?.iter().map(|item| match item {
            Value::Object(fields) => {
                Ok(Record { fields: fields.clone(), line: self.line, split: self.split })
            }
            _ => Err(self.expected(path, "a list of objects")),
        });
        nested.collect()
    }

    /// Sets a field.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.into(), value.into());
    }

    /// The record with a field set.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    fn expected(&self, path: &str, expected: &str) -> Problem {
        let found = self.find(path).map(Value::to_string).unwrap_or_default();
        format!("field `{path}` is {}; expected {expected}", abridged(&found))
    }
}

/// A text as it stands; a number, true and false written out.
pub(crate) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(_) | Value::Bool(_) => Some(Cow::Owned(value.to_string())),
        _ => None,
    }
}
