//! What a file of data has in it: its rows, and of each column how many values there are, how long, and of which kind.
//!
//! This is for a first draft alone: a guess may be wrong, and the draft says what it was made from.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use super::rows::{Encoding, Files, Format, Layout};
use crate::{
    Result, Split,
    file::head,
    registry::record::{Record, text_of},
};

/// Values of a column are told apart up to so many.
pub(super) const MOST_VALUES: usize = 400;

/// A file with its columns.
pub(super) struct Seen {
    pub layout: Layout,
    pub rows: usize,
    pub columns: Vec<Column>,
}

/// What one column holds.
#[derive(Clone)]
pub(super) struct Column {
    pub name: String,
    /// How often each value is there; those of lists are their items. Counting ends at a limit.
    pub values: BTreeMap<String, usize>,
    pub is_list: bool,
    /// Whether every row has a value, none of them empty.
    pub is_full: bool,
    /// Words of a value, by white space; items of a list.
    pub mean_words: f64,
    pub most_words: usize,
    /// The smallest and the largest, where every value is a number.
    pub range: Option<(f64, f64)>,
}

impl Column {
    /// Whether it may be one of a small set of labels.
    pub fn is_closed(&self, rows: usize) -> bool {
        let few = self.values.len() < MOST_VALUES && 2 * self.values.len() <= rows;
        self.is_full && few && self.values.len() > 1
    }

    /// Whether it holds a number with a fraction, or more numbers than there are usually labels.
    pub fn is_scale(&self) -> bool {
        let whole = self.values.keys().all(|value| value.trim().parse::<i64>().is_ok());
        self.range.is_some() && (!whole || self.values.len() > 12)
    }
}

/// All rows of a file, summed up by column.
pub(super) fn look(data: &Path) -> Result<Seen> {
    let layout = layout(data)?;
    let files = Files::Listed(vec![data.into()]);
    let names = layout.columns(&files)?.unwrap_or_default();
    let needed: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows = layout.read(&files, Split::Train, &needed)?;
    let records: Vec<&Record> = rows.iter().flat_map(|rows| &rows.records).collect();
    // JSON documents say nothing of their columns before they are read.
    let of_first = || records.first().map(|first| first.fields.keys().cloned().collect());
    let names = if names.is_empty() { of_first().unwrap_or_default() } else { names };
    let columns = names.into_iter().map(|name| column(name, &records)).collect();
    Ok(Seen { layout, rows: records.len(), columns })
}

fn column(name: String, records: &[&Record]) -> Column {
    let mut values = BTreeMap::new();
    let (mut words, mut most_words, mut full, mut lists) = (0, 0, true, 0);
    let mut range: Option<(f64, f64)> = Some((f64::INFINITY, f64::NEG_INFINITY));
    for record in records {
        let value = record.fields.get(&name).unwrap_or(&Value::Null);
        let items = match value {
            Value::Array(items) => {
                lists += 1;
                items.as_slice()
            }
            one => std::slice::from_ref(one),
        };
        let mut here = if value.is_array() { items.len() } else { 0 };
        for item in items {
            let text = text_of(item).unwrap_or_default();
            full &= !text.trim().is_empty();
            if !value.is_array() {
                here = text.split_whitespace().count();
            }
            let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
            range = range.zip(number).map(|((low, high), n)| (low.min(n), high.max(n)));
            if values.len() < MOST_VALUES {
                *values.entry(text.into_owned()).or_insert(0) += 1;
            }
        }
        words += here;
        most_words = most_words.max(here);
    }
    Column {
        name,
        values,
        is_list: lists == records.len(),
        is_full: full,
        mean_words: words as f64 / records.len().max(1) as f64,
        most_words,
        range: range.filter(|(low, high)| low <= high),
    }
}

/// How a file seems to be laid out.
fn layout(data: &Path) -> Result<Layout> {
    let mut layout = Layout::plain(None);
    let format = Format::guess(data);
    if format == Some(Format::Parquet) {
        return Ok(layout);
    }
    if let Err(error) = layout.encoding.read(data) {
        layout.encoding = Encoding::Latin1;
        // Any bytes are Latin-1: what stays wrong is no matter of the encoding.
        layout.encoding.read(data).map_err(|_| error)?;
    }
    if matches!(format, Some(Format::Csv | Format::Tsv)) {
        let files = Files::Listed(vec![data.into()]);
        let first = layout.columns(&files)?.unwrap_or_default();
        let is_name = |name: &String| {
            let short = name.chars().count() <= 40 && name.split_whitespace().count() <= 4;
            short && !name.trim().is_empty() && name.trim().parse::<f64>().is_err()
        };
        layout.header = first.iter().all(is_name);
    }
    Ok(layout)
}

/// Whether a file is there and not empty.
pub(super) fn is_there(path: &Path) -> bool {
    head(path, 1).is_ok_and(|bytes| !bytes.is_empty())
}
