//! Rows of data files, whatever their format: each row is a record of named columns, with the line it begins at.
//!
//! A [`Layout`] says how files are laid out; what it does not say is guessed from a file's name. Files are plain or
//! gzip. Every format refuses a row that is not as the others, with file and line. The names of the columns of a file
//! are read from its beginning alone, where the format allows it.

mod conll;
mod files;
mod json;
mod lines;
mod page_sizes;
mod parquet;
mod table;

use std::path::Path;

use regex::Regex;

pub(crate) use files::{Encoding, Files, Rows};

use crate::{Error, Result, Split, file::locate};

/// How the rows of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Tsv,
    JsonLines,
    Json,
    Parquet,
    Conll,
    Lines,
}

/// The names of the formats in files of tasks.
const NAMES: [(&str, Format); 7] = [
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("jsonl", Format::JsonLines),
    ("json", Format::Json),
    ("parquet", Format::Parquet),
    ("conll", Format::Conll),
    ("lines", Format::Lines),
];

impl Format {
    /// # Errors
    /// No format of this name, with the nearest known one.
    pub fn named(name: &str) -> Result<Self> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        let known = || NAMES.iter().map(|(known, _)| *known);
        found.map(|(_, format)| *format).ok_or_else(|| Error::unknown("format", name, known()))
    }

    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// By the end of the file's name, `.gz` aside.
    pub fn guess(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let (_, extension) = name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.')?;
        match extension {
            "ndjson" => Some(Format::JsonLines),
            "bio" | "iob" | "iob2" => Some(Format::Conll),
            _ => NAMES.iter().find(|(known, _)| *known == extension).map(|(_, format)| *format),
        }
    }
}

/// How the files of a task are laid out.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Guessed from the name of each file where it is not said.
    pub format: Option<Format>,
    /// Whether the first row of a table has the names of the columns.
    pub header: bool,
    /// Whether cells of a table may be quoted; by default in comma-separated files alone.
    pub quoting: Option<bool>,
    pub encoding: Encoding,
    /// Named groups of this are the columns of a line.
    pub pattern: Option<Regex>,
}

impl Layout {
    /// How a plain file without options is read.
    pub fn plain(format: Option<Format>) -> Self {
        let encoding = Encoding::Utf8;
        Layout { format, header: true, quoting: None, encoding, pattern: None }
    }

    /// All rows of a split's files, file by file; of Parquet files, the columns that are needed.
    pub fn read(&self, files: &Files, split: Split, needed: &[&str]) -> Result<Vec<Rows>> {
        match files {
            Files::Listed(paths) => {
                paths.iter().map(|path| self.rows_of(path, split, needed)).collect()
            }
            Files::Columns(columns) => Ok(vec![lines::parallel(columns, self.encoding, split)?]),
        }
    }

    /// The names of the columns of the first file; `None` where its first row is too long to tell. All files must be
    /// there.
    pub fn columns(&self, files: &Files) -> Result<Option<Vec<String>>> {
        files.paths().try_for_each(|path| locate(path).map(drop))?;
        let path = match files {
            Files::Columns(columns) => {
                return Ok(Some(columns.iter().map(|(name, _)| name.clone()).collect()));
            }
            Files::Listed(paths) => match paths.first() {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        let head = || self.encoding.head(path);
        Ok(match self.format_of(path)? {
            format @ (Format::Csv | Format::Tsv) => self.table(format).columns(&head()?),
            Format::JsonLines => json::columns(&head()?),
            Format::Json => None,
            Format::Parquet => Some(parquet::columns(path)?),
            Format::Conll => conll::columns(&head()?),
            Format::Lines => Some(lines::columns(self.pattern(path)?)),
        })
    }

    fn rows_of(&self, path: &Path, split: Split, needed: &[&str]) -> Result<Rows> {
        let format = self.format_of(path)?;
        if format == Format::Parquet {
            return parquet::rows(path, split, needed);
        }
        let pattern = (format == Format::Lines).then(|| self.pattern(path)).transpose()?;
        let file = self.encoding.read(path)?;
        let records = match (format, pattern) {
            (_, Some(pattern)) => lines::matched(&file, pattern, split)?,
            (Format::JsonLines, _) => json::of_lines(&file, split)?,
            (Format::Json, _) => json::of_document(&file, split)?,
            (Format::Conll, _) => conll::records(&file, split)?,
            _ => self.table(format).records(&file, split)?,
        };
        Rows::of_file(records, file.source)
    }

    fn table(&self, format: Format) -> table::Table {
        let is_csv = format == Format::Csv;
        table::Table {
            delimiter: if is_csv { ',' } else { '\t' },
            quoting: self.quoting.unwrap_or(is_csv),
            header: self.header,
        }
    }

    fn pattern(&self, path: &Path) -> Result<&Regex> {
        self.pattern.as_ref().ok_or_else(|| Error::File {
            path: path.into(),
            problem: "lines need a `pattern` with named groups, as in `(?P<label>\\w+) (?P<text>.*)`, or one file for \
                      each column, as in `train = { text = \"…\", label = \"…\" }`"
                .into(),
        })
    }

    fn format_of(&self, path: &Path) -> Result<Format> {
        self.format.or_else(|| Format::guess(path)).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            let problem = format!(
                "its name does not tell its format; add `format = \"…\"`, one of {}",
                names.join(", ")
            );
            Error::File { path: path.into(), problem }
        })
    }
}
