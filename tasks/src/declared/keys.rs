//! The keys of a table in a file of tasks: an unknown key is an error that names the nearest known one.
//!
//! Values are checked for their type here; what they mean together is checked in [`super::parse`].

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::rows::Files;
use crate::{Error, registry::record::Problem};

const KEYS: [&str; 22] = [
    "format",
    "train",
    "dev",
    "test",
    "text",
    "pair",
    "label",
    "labels",
    "names",
    "score",
    "words",
    "tags",
    "input",
    "answer",
    "metrics",
    "family",
    "symmetric",
    "quoting",
    "header",
    "encoding",
    "pattern",
    "corpus",
];

/// A table with the folder that its files are relative to.
pub(super) struct Keys<'a> {
    table: &'a Table,
    folder: &'a Path,
}

impl<'a> Keys<'a> {
    pub fn new(table: &'a Table, folder: &'a Path) -> Result<Self, Problem> {
        known(table, &KEYS)?;
        Ok(Keys { table, folder })
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub fn text(&self, key: &str) -> Result<Option<&'a str>, Problem> {
        self.typed(key, "a text in quotes", Value::as_str)
    }

    pub fn needed(&self, key: &str, why: &str) -> Result<&'a str, Problem> {
        self.text(key)?.ok_or_else(|| format!("no `{key}`; {why}"))
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>, Problem> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// A list of texts; numbers are written out.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<String>>, Problem> {
        self.typed(key, "a list of texts", |value| value.as_array()?.iter().map(scalar).collect())
    }

    /// A table of texts.
    pub fn pairs(&self, key: &str) -> Result<Vec<(String, String)>, Problem> {
        let pairs = self.typed(key, "a table of texts", |value| {
            let pairs = value.as_table()?.iter();
            pairs.map(|(name, value)| Some((name.clone(), scalar(value)?))).collect()
        });
        Ok(pairs?.unwrap_or_default())
    }

    pub fn path(&self, key: &str) -> Result<Option<PathBuf>, Problem> {
        Ok(self.text(key)?.map(|path| self.folder.join(path)))
    }

    /// A file, a list of files, or files side by side by their columns.
    pub fn files(&self, key: &str) -> Result<Option<Files>, Problem> {
        let expected = "a file, a list of files, or `{ column = \"file\", … }`";
        let path = |value: &Value| value.as_str().map(|path| self.folder.join(path));
        let files = |value: &Value| match value {
            Value::Array(paths) => paths.iter().map(path).collect::<Option<_>>().map(Files::Listed),
            Value::Table(columns) => {
                let columns = columns.iter().map(|(name, file)| Some((name.clone(), path(file)?)));
                columns.collect::<Option<_>>().map(Files::Columns)
            }
            one => path(one).map(|path| Files::Listed(vec![path])),
        };
        match self.typed(key, expected, files)? {
            Some(files) if files.paths().next().is_none() => {
                Err(format!("`{key}` is empty; expected {expected}"))
            }
            files => Ok(files),
        }
    }

    /// The share of `{ hold_out = 0.1 }`; `None` for files.
    pub fn hold_out(&self, key: &str) -> Result<Option<f64>, Problem> {
        let Some(table) = self.table.get(key).and_then(Value::as_table) else { return Ok(None) };
        // Names of files are texts: what else is in the table can only be meant for a share.
        if table.values().all(Value::is_str) {
            return Ok(None);
        }
        known(table, &["hold_out"])?;
        let share = table.get("hold_out").and_then(number);
        match share {
            Some(share) if share > 0.0 && share < 1.0 => Ok(Some(share)),
            _ => Err("`hold_out` must be a share between 0 and 1, as in 0.1".into()),
        }
    }

    /// `{ column = "…", min = …, max = … }`.
    pub fn score(&self) -> Result<Option<(String, f64, f64)>, Problem> {
        let expected = "`{ column = \"…\", min = 1, max = 5 }` with min below max";
        let Some(table) = self.typed("score", expected, Value::as_table)? else { return Ok(None) };
        known(table, &["column", "min", "max"])?;
        let bound = |key| table.get(key).and_then(number);
        let column = table.get("column").and_then(scalar);
        match (column, bound("min"), bound("max")) {
            (Some(column), Some(min), Some(max)) if min < max && (max - min).is_finite() => {
                Ok(Some((column, min, max)))
            }
            _ => Err(format!("`score` lacks a part or has wrong bounds; expected {expected}")),
        }
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        take: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let wrong = || format!("`{key}` is of the type {}; expected {expected}", value.type_str());
        take(value).map(Some).ok_or_else(wrong)
    }
}

fn known(table: &Table, known: &[&str]) -> Result<(), Problem> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Error::unknown("key", key, known.iter().copied()).to_string()),
        None => Ok(()),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}
