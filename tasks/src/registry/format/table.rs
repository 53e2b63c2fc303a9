//! Rows of columns: tab-separated without quoting, as GLUE has them, and comma-separated with quoting (RFC 4180).
//!
//! A row with another number of columns is an error; blank lines at the end are left out. In a tab-separated file the
//! header must be the columns that are known; in a comma-separated one they must be among its columns.

use csv::{ReaderBuilder, StringRecord};

use crate::{
    Error, Result, Split,
    file::{DataFile, abridged, every_line},
    registry::record::Record,
};

pub(super) fn tsv(
    file: &DataFile,
    split: Split,
    columns: &[&str],
    header: bool,
) -> Result<Vec<Record>> {
    // In a single column an empty line is an empty text.
    let mut lines: Box<dyn Iterator<Item = (usize, &str)>> = match columns {
        [_] => Box::new(file.text.lines().enumerate().map(|(i, line)| (i + 1, line))),
        _ => Box::new(file.lines()),
    };
    if header {
        let found: Vec<&str> =
            lines.next().map(|(_, line)| line.split('\t').collect()).unwrap_or_default();
        if found != columns {
            let problem = format!(
                "expected a header with the tab-separated columns {}; found {}",
                columns.join(", "),
                abridged(&found.join(", "))
            );
            return Err(file.error(1, problem));
        }
    }
    let row = |(number, line): (usize, &str)| {
        let values: Vec<&str> = line.split('\t').collect();
        if values.len() != columns.len() {
            let (width, names, found) = (columns.len(), columns.join(", "), values.len());
            let problem =
                format!("expected {width} tab-separated columns ({names}); found {found}");
            return Err(file.error(number, problem));
        }
        Ok(record(number, split, columns, values))
    };
    some(file, columns, every_line(lines.map(row))?)
}

pub(super) fn csv(
    file: &DataFile,
    split: Split,
    columns: &[&str],
    header: bool,
) -> Result<Vec<Record>> {
    let mut reader = ReaderBuilder::new().has_headers(header).from_reader(file.text.as_bytes());
    let malformed = |error: csv::Error| {
        let line = error.position().map_or(1, |position| position.line() as usize);
        let names = columns.join(", ");
        file.error(line, format!("expected comma-separated columns ({names}): {error}"))
    };
    let places: Vec<usize> = if header {
        let found = reader.headers().map_err(malformed)?;
        let place = |column: &&str| {
            found.iter().position(|name| name == *column).ok_or_else(|| {
                let found = abridged(&found.iter().collect::<Vec<_>>().join(", "));
                file.error(1, format!("no column `{column}` in the header; found {found}"))
            })
        };
        columns.iter().map(place).collect::<Result<_>>()?
    } else {
        (0..columns.len()).collect()
    };
    let of_row = |row: csv::Result<StringRecord>| {
        let row = row.map_err(malformed)?;
        let line = row.position().map_or(1, |position| position.line() as usize);
        if !header && row.len() != columns.len() {
            let (width, names, found) = (columns.len(), columns.join(", "), row.len());
            let problem =
                format!("expected {width} comma-separated columns ({names}); found {found}");
            return Err(file.error(line, problem));
        }
        Ok(record(line, split, columns, places.iter().map(|&at| &row[at])))
    };
    some(file, columns, every_line(reader.records().map(of_row))?)
}

fn record<'a>(
    line: usize,
    split: Split,
    columns: &[&str],
    values: impl IntoIterator<Item = &'a str>,
) -> Record {
    let mut record = Record::new(line, split);
    for (column, value) in columns.iter().zip(values) {
        record.set(column, value);
    }
    record
}

fn some(file: &DataFile, columns: &[&str], records: Vec<Record>) -> Result<Vec<Record>> {
    if records.is_empty() {
        let problem = format!("no rows; expected columns {}", columns.join(", "));
        return Err(Error::File { path: file.source.path.clone(), problem });
    }
    Ok(records)
}
