//! The files of a split, how their bytes become text, and the rows that were read from one.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    Error, Result, SourceFile,
    file::{DataFile, cut, head, is_gz, locate, read_bytes},
    registry::record::Record,
};

/// Enough for the first row of almost any file.
const HEAD: u64 = 1 << 18;

/// In characters; what parsers quote of a file is cut short.
const LONGEST_PROBLEM: usize = 2_000;

/// The files of a split.
#[derive(Clone, Debug)]
pub(crate) enum Files {
    /// One after the other.
    Listed(Vec<PathBuf>),
    /// Side by side: line by line the columns of one table.
    Columns(Vec<(String, PathBuf)>),
}

impl Files {
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let (listed, columns) = match self {
            Files::Listed(paths) => (paths.as_slice(), [].as_slice()),
            Files::Columns(columns) => ([].as_slice(), columns.as_slice()),
        };
        listed.iter().chain(columns.iter().map(|(_, path)| path))
    }
}

/// How bytes stand for characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    /// ISO 8859-1: every byte is the character of its number.
    Latin1,
}

impl Encoding {
    /// # Errors
    /// No encoding of this name, with the nearest known one.
    pub fn named(name: &str) -> Result<Self> {
        match name.to_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Encoding::Utf8),
            "latin1" | "latin-1" | "iso-8859-1" => Ok(Encoding::Latin1),
            _ => Err(Error::unknown("encoding", name, ["utf-8", "latin1"])),
        }
    }

    /// A whole file.
    pub fn read(self, path: &Path) -> Result<DataFile> {
        let path = locate(path)?;
        let (bytes, source) = read_bytes(&path, is_gz(&path))?;
        let bytes = match self {
            Encoding::Utf8 => bytes,
            Encoding::Latin1 => {
                bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into()
            }
        };
        DataFile::of_bytes(bytes, source).map_err(|error| match error {
            Error::Data { path, line, problem } => {
                let problem = format!("{problem}, or add `encoding = \"latin1\"` if it is that");
                Error::Data { path, line, problem }
            }
            other => other,
        })
    }

    /// The beginning of a file, up to the end of a line where the file goes on.
    pub fn head(self, path: &Path) -> Result<String> {
        let bytes = head(&locate(path)?, HEAD)?;
        let whole = (bytes.len() as u64) < HEAD;
        let lines =
            if whole { bytes.len() } else { bytes.iter().rposition(|&b| b == b'\n').unwrap_or(0) };
        let text = match self {
            Encoding::Utf8 => String::from_utf8_lossy(&bytes[..lines]).into_owned(),
            Encoding::Latin1 => bytes[..lines].iter().map(|&byte| char::from(byte)).collect(),
        };
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

/// The rows of one file, or of files side by side.
pub(crate) struct Rows {
    pub records: Vec<Record>,
    pub sources: Vec<SourceFile>,
    /// The columns of the files, in the order of the sources, where each file is a column.
    pub columns: Vec<String>,
    /// Names of labels that a file's metadata give for a column.
    pub labels: BTreeMap<String, Vec<String>>,
}

impl Rows {
    /// # Errors
    /// There is none.
    pub fn of_file(records: Vec<Record>, source: SourceFile) -> Result<Self> {
        if records.is_empty() {
            let problem = "no rows in this file; expected at least one".into();
            return Err(Error::File { path: source.path, problem });
        }
        let (columns, labels) = (Vec::new(), BTreeMap::new());
        Ok(Rows { records, sources: vec![source], columns, labels })
    }

    /// What is wrong with a column at a line.
    pub fn error(&self, line: usize, column: &str, problem: &str) -> Error {
        let at = self.columns.iter().position(|name| name == column).unwrap_or(0);
        let path = self.sources.get(at).map(|source| source.path.clone()).unwrap_or_default();
        Error::Data { path, line, problem: cut(problem, LONGEST_PROBLEM) }
    }
}
