//! One text a line. Lines end with a line feed, before which a carriage return does not count; a blank line is a text,
//! since files of as many lines belong together by line number.

use crate::{Error, Result, Split, file::DataFile, registry::record::Record};

pub(super) fn records(file: &DataFile, split: Split, field: &str) -> Result<Vec<Record>> {
    if file.text.is_empty() {
        let problem = format!("empty file; expected one `{field}` a line");
        return Err(Error::File { path: file.source.path.clone(), problem });
    }
    let lines = file.text.lines().enumerate();
    Ok(lines.map(|(i, line)| Record::new(i + 1, split).with(field, line)).collect())
}
