//! The formats that data sets are published in, read into records.
//!
//! Each format is one file and one idea: lines, objects, rows, entries. All take a whole file and give its records in
//! order, and all refuse what is not as the format says, with file, line and what was expected. What the fields mean
//! is the definition's business.

mod integers;
mod json;
mod lines;
mod table;
mod xml;

use super::record::Record;
use crate::{Result, Split, file::DataFile};

/// How a file is laid out.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// One text a line, in the field of this name.
    Lines(&'static str),
    /// One JSON object a line.
    JsonLines,
    /// A JSON list of objects or lists, or an object of them; comment lines that begin with `#` may come first. The
    /// items of a list are fields named `0`, `1`, …; a name in the object is the field `key`.
    Json,
    /// As [`Format::Json`], in one field of a JSON object.
    JsonIn(&'static str),
    /// Tab-separated columns without quoting, and a header with their names.
    Tsv(&'static [&'static str]),
    /// Tab-separated columns of these names, without a header.
    TsvWithoutHeader(&'static [&'static str]),
    /// Comma-separated columns with quoting, and a header with their names. Other columns may be between them.
    Csv(&'static [&'static str]),
    /// Comma-separated columns of these names, without a header.
    CsvWithoutHeader(&'static [&'static str]),
    /// Files with this extension in a folder, or in a `.tar` or `.tar.gz` of its name, each one record with the
    /// field `text`.
    Folder { extension: &'static str },
    /// Elements of this name in an XML file; see [`xml`] for the fields.
    Xml(&'static str),
    /// Such files in a folder or archive.
    XmlFolder(&'static str),
}

impl Format {
    /// All records of a file.
    pub fn records(self, file: &DataFile, split: Split) -> Result<Vec<Record>> {
        match self {
            Format::Lines(field) => lines::records(file, split, field),
            Format::JsonLines => json::of_lines(file, split),
            Format::Json => json::of_document(file, split, None),
            Format::JsonIn(field) => json::of_document(file, split, Some(field)),
            Format::Tsv(columns) => table::tsv(file, split, columns, true),
            Format::TsvWithoutHeader(columns) => table::tsv(file, split, columns, false),
            Format::Csv(columns) => table::csv(file, split, columns, true),
            Format::CsvWithoutHeader(columns) => table::csv(file, split, columns, false),
            Format::Xml(element) | Format::XmlFolder(element) => xml::records(file, split, element),
            Format::Folder { .. } => {
                Ok(vec![Record::new(1, split).with("text", file.text.as_str())])
            }
        }
    }

    /// The extension of the files it is spread over, where it is a folder of files.
    pub fn folder_of(self) -> Option<&'static str> {
        match self {
            Format::Folder { extension } => Some(extension),
            Format::XmlFolder(_) => Some("xml"),
            _ => None,
        }
    }
}
