//! JSON lines, and JSON documents of many records.
//!
//! A document is walked record by record, so that a problem in one is reported with the line it begins at.

use serde_json::{Map, Value};

use super::integers::{integer_beyond_64_bits, too_large};
use crate::{
    Error, Result, Split,
    file::{DataFile, abridged, every_line},
    registry::record::Record,
};

/// One object a line.
pub(super) fn of_lines(file: &DataFile, split: Split) -> Result<Vec<Record>> {
    if file.text.trim().is_empty() {
        let problem = "empty file; expected a JSON object on every line".into();
        return Err(Error::File { path: file.source.path.clone(), problem });
    }
    let record = |(number, line): (usize, &str)| {
        if line.trim().is_empty() {
            return Err(file.error(number, "blank line; expected a JSON object"));
        }
        let fields: Map<String, Value> = serde_json::from_str(line).map_err(|error| {
            let found = abridged(line);
            file.error(number, format!("not a JSON object ({error}); found {found}"))
        })?;
        if let Some(integer) = integer_beyond_64_bits(line) {
            return Err(file.error(number, too_large(integer)));
        }
        Ok(Record { line: number, split, fields })
    };
    every_line(file.lines().map(record))
}

/// The items of a list or object, at the top or in one field of an object.
pub(super) fn of_document(
    file: &DataFile,
    split: Split,
    field: Option<&str>,
) -> Result<Vec<Record>> {
    let mut cursor = Cursor { file, at: 0, line: 1, counted: 0 };
    cursor.skip_comments();
    if let Some(field) = field {
        cursor.enter(field)?;
    }
    let records = cursor.items(split)?;
    if records.is_empty() {
        let problem = "no records in this file; expected a JSON list or object of them".into();
        return Err(Error::File { path: file.source.path.clone(), problem });
    }
    Ok(records)
}

/// A place in a document.
struct Cursor<'a> {
    file: &'a DataFile,
    at: usize,
    /// The line that `counted` is in; counting goes on from there.
    line: usize,
    counted: usize,
}

impl Cursor<'_> {
    /// The next byte that is no white space; `None` at the end.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.file.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn line(&mut self) -> usize {
        let passed = &self.file.text.as_bytes()[self.counted..self.at];
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count();
        self.counted = self.at;
        self.line
    }

    fn expected(&mut self, what: &str) -> Error {
        let line = self.line();
        let rest: String = self.file.text[self.at..].chars().take(40).collect();
        let found = if rest.is_empty() { "the end of the file".into() } else { rest };
        self.file.error(line, format!("expected {what}; found {found}"))
    }

    /// Passes over one of these bytes, and says which.
    fn take(&mut self, wanted: &[u8], what: &str) -> Result<u8> {
        match self.peek() {
            Some(byte) if wanted.contains(&byte) => {
                self.at += 1;
                Ok(byte)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn value(&mut self) -> Result<Value> {
        if self.peek().is_none() {
            return Err(self.expected("a JSON value"));
        }
        let line = self.line();
        let mut values = serde_json::Deserializer::from_str(&self.file.text[self.at..]).into_iter();
        match values.next() {
            Some(Ok(value)) => {
                let end = self.at + values.byte_offset();
                match integer_beyond_64_bits(&self.file.text[self.at..end]) {
                    Some(integer) => Err(self.file.error(line, too_large(integer))),
                    None => {
                        self.at = end;
                        Ok(value)
                    }
                }
            }
            Some(Err(error)) => {
                let line = line + error.line().saturating_sub(1);
                Err(self
                    .file
                    .error(line, format!("not sound JSON: {error}, counted from the value's line")))
            }
            None => Err(self.expected("a JSON value")),
        }
    }

    fn skip_comments(&mut self) {
        while self.peek() == Some(b'#') {
            let rest = &self.file.text[self.at..];
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// Goes to the value of a field of the object that begins here.
    fn enter(&mut self, field: &str) -> Result<()> {
        let what = format!("a JSON object with the field `{field}`");
        self.take(b"{", &what)?;
        loop {
            if self.peek() == Some(b'}') {
                return Err(self.expected(&what));
            }
            let name = self.value()?;
            self.take(b":", "`:`")?;
            if name == field {
                return Ok(());
            }
            self.value()?;
            if self.peek() == Some(b',') {
                self.at += 1;
            }
        }
    }

    /// The records of the list or object that begins here.
    fn items(&mut self, split: Split) -> Result<Vec<Record>> {
        let open = self.take(b"[{", "a JSON list or object of records")?;
        let close = if open == b'[' { b']' } else { b'}' };
        let mut records = Vec::new();
        if self.peek() == Some(close) {
            return Ok(records);
        }
        loop {
            let key = match open {
                b'{' => {
                    let key = self.value()?;
                    self.take(b":", "`:`")?;
                    Some(key)
                }
                _ => None,
            };
            self.peek();
            let line = self.line();
            let mut fields = match self.value()? {
                Value::Object(fields) => fields,
                Value::Array(items) => {
                    items.into_iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect()
                }
                other => {
                    let found = abridged(&other.to_string());
                    let problem = format!("expected a JSON object or list; found {found}");
                    return Err(self.file.error(line, problem));
                }
            };
            fields.extend(key.map(|key| ("key".to_owned(), key)));
            records.push(Record { line, split, fields });
            if self.take(&[b',', close], "`,` or the end of the records")? == close {
                return Ok(records);
            }
        }
    }
}
