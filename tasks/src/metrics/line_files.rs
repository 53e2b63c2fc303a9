//! Predictions and references in files with one text a line, the same example on the same line of each.
//!
//! Files are UTF-8, plain or gzip (`.gz`). A line break at the end of the last line ends it and begins no other one;
//! so a file that is a line break alone holds one empty text, and only a file of no bytes holds none.

use std::path::{Path, PathBuf};

use super::parse::{number, parse};
use crate::{
    Error, Result, Target, TargetKind,
    file::{DataFile, abridged},
};

/// A file's lines.
#[derive(Clone, Debug, PartialEq)]
pub struct LineFile {
    pub path: PathBuf,
    pub lines: Vec<String>,
}

impl LineFile {
    /// Reads a file; `newline` is what stands for a line break within a text, if anything does.
    ///
    /// # Errors
    /// If the file cannot be read or has no lines.
    pub fn read(path: &Path, newline: Option<&str>) -> Result<Self> {
        let text = DataFile::open(path)?.text;
        if text.is_empty() {
            let problem = "the file is empty; one text a line is expected".into();
            return Err(Error::File { path: path.into(), problem });
        }
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let lines = match newline {
            Some(mark) => lines.map(|line| line.replace(mark, "\n")).collect(),
            None => lines.map(String::from).collect(),
        };
        Ok(LineFile { path: path.into(), lines })
    }

    /// The lines as targets of a task of this `kind`.
    ///
    /// # Errors
    /// A line that is neither a label nor a number, or a kind that is not read from texts.
    pub fn targets(&self, kind: &TargetKind) -> Result<Vec<Target>> {
        let expected = match kind {
            TargetKind::Class { labels } => format!("one of {}", labels.join(", ")),
            _ => "a number".into(),
        };
        self.all(parse(kind, &self.lines)?.targets, &expected)
    }

    /// The lines as numbers.
    ///
    /// # Errors
    /// A line that is not a finite number.
    pub fn numbers(&self) -> Result<Vec<f64>> {
        self.all(self.lines.iter().map(|line| number(line)), "a number")
    }

    /// What was read from the lines, if it was from all of them.
    fn all<T>(&self, read: impl IntoIterator<Item = Option<T>>, expected: &str) -> Result<Vec<T>> {
        let each = read.into_iter().zip(&self.lines).enumerate();
        each.map(|(at, (value, line))| {
            value.ok_or_else(|| {
                let problem = format!("`{}` cannot be read; expected {expected}", abridged(line));
                Error::Data { path: self.path.clone(), line: at + 1, problem }
            })
        })
        .collect()
    }

    /// Refuses a file with another number of lines than this one.
    ///
    /// # Errors
    /// Exactly then.
    pub fn same_length(&self, other: &LineFile) -> Result<()> {
        let (here, there) = (self.lines.len(), other.lines.len());
        if here == there {
            return Ok(());
        }
        Err(Error::File {
            path: other.path.clone(),
            problem: format!(
                "{there} lines, but {} has {here}; the same line of each must belong to the same example, and an \
                 empty text takes up a line too",
                self.path.display()
            ),
        })
    }
}

/// The references of each example, from files with one of them each. An empty line means "no further reference"
/// in every file but the first.
///
/// # Errors
/// No file, or files with different numbers of lines.
pub fn references(files: &[LineFile]) -> Result<Vec<Vec<String>>> {
    let Some((first, others)) = files.split_first() else {
        return Err(Error::Invalid(
            "no file of references is given; at least one is needed".into(),
        ));
    };
    let mut all: Vec<Vec<String>> = first.lines.iter().map(|line| vec![line.clone()]).collect();
    for file in others {
        first.same_length(file)?;
        let added = all.iter_mut().zip(&file.lines).filter(|(_, line)| !line.is_empty());
        added.for_each(|(references, line)| references.push(line.clone()));
    }
    Ok(all)
}
