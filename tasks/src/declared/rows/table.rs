//! Tables of comma- or tab-separated cells, with quoting (RFC 4180: a quoted cell may hold separators, quotes and line
//! ends) or without (a line is a row, a quote is a character).
//!
//! Every row must have as many cells as the first. Without a header the columns are called 0, 1 and so on.

use csv::{ReaderBuilder, StringRecord};

use crate::{
    Error, Result, Split,
    file::{DataFile, abridged, every_line},
    registry::record::Record,
};

/// How a table is written.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub delimiter: char,
    pub quoting: bool,
    pub header: bool,
}

/// A row with the line that it begins at.
type Row = (usize, Vec<String>);

impl Table {
    pub fn columns(self, head: &str) -> Option<Vec<String>> {
        let first = match self.quoting {
            true => self.reader(head).records().next()?.ok()?.iter().map(str::to_owned).collect(),
            false => self.cells(head.lines().next()?),
        };
        Some(if self.header { first } else { numbered(first.len()) })
    }

    pub fn records(self, file: &DataFile, split: Split) -> Result<Vec<Record>> {
        let mut rows: Vec<Row> = match self.quoting {
            true => self.quoted(file)?,
            false => {
                let lines = file.text.lines().enumerate();
                lines.map(|(i, line)| (i + 1, self.cells(line))).collect()
            }
        };
        let Some((_, first)) = rows.first() else {
            let problem = "empty file; expected a table".into();
            return Err(Error::File { path: file.source.path.clone(), problem });
        };
        let columns = if self.header { rows.remove(0).1 } else { numbered(first.len()) };
        if let Some(twice) = (1..columns.len()).find(|&at| columns[..at].contains(&columns[at])) {
            let name = abridged(&columns[twice]);
            return Err(file.error(
                1,
                format!("the header names the column `{name}` twice; rename one of them"),
            ));
        }
        every_line(rows.into_iter().map(|row| self.record(file, split, &columns, row)))
    }

    fn record(self, file: &DataFile, split: Split, columns: &[String], row: Row) -> Result<Record> {
        let (line, cells) = row;
        if cells.len() != columns.len() {
            let kind = if self.delimiter == ',' { "comma" } else { "tab" };
            let problem = format!(
                "expected {} {kind}-separated columns ({}); found {}",
                columns.len(),
                abridged(&columns.join(", ")),
                cells.len()
            );
            return Err(file.error(line, problem));
        }
        let mut record = Record::new(line, split);
        columns.iter().zip(cells).for_each(|(column, cell)| record.set(column, cell));
        Ok(record)
    }

    fn cells(self, line: &str) -> Vec<String> {
        line.split(self.delimiter).map(str::to_owned).collect()
    }

    fn reader(self, text: &str) -> csv::Reader<&[u8]> {
        // One byte, because the delimiter is a comma or a tab.
        let delimiter = self.delimiter as u8;
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
    }

    fn quoted(self, file: &DataFile) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut last = (1, 0);
        for row in self.reader(&file.text).records() {
            let row: StringRecord = row.map_err(|error| {
                let line = error.position().map_or(1, |position| position.line() as usize);
                file.error(line, format!("not a sound table: {error}"))
            })?;
            if let Some(position) = row.position() {
                last = (position.line() as usize, position.byte() as usize);
            }
            rows.push((last.0, row.iter().map(str::to_owned).collect()));
        }
        let (line, start) = last;
        match ends_quoted(file.text.get(start..).unwrap_or_default(), self.delimiter) {
            true => Err(file
                .error(line, "a quoted cell begins here and is not closed; add the closing quote")),
            false => Ok(rows),
        }
    }
}

/// Whether a row, the last of a file, ends inside of quotes: its reader takes the end of the file for the end of the
/// cell.
fn ends_quoted(row: &str, delimiter: char) -> bool {
    let (mut quoted, mut begins) = (false, true);
    for character in row.chars() {
        match character {
            // After a closing quote, another one opens it again: two of them are one quote.
            '"' if quoted || begins => (quoted, begins) = (!quoted, quoted),
            _ if quoted => {}
            _ => begins = character == delimiter || matches!(character, '\n' | '\r'),
        }
    }
    quoted
}

fn numbered(width: usize) -> Vec<String> {
    (0..width).map(|column| column.to_string()).collect()
}
