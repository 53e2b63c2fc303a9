//! Fields of records that are in files of their own: line by line, or joined by a key.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    definition::Beside,
    format::Format,
    record::{Record, text_of},
    root::Root,
};
use crate::{Error, Result, SourceFile, Split, file::DataFile};

/// Adds the fields that another file has for these records.
pub(super) fn add_fields(
    records: &mut [Record],
    beside: &Beside,
    (root, folder): (Root, &Path),
    file: &DataFile,
    sources: &mut Vec<SourceFile>,
) -> Result<()> {
    let read = |path: PathBuf| match DataFile::find(&path)? {
        Some(found) => Ok(found),
        None => {
            let problem =
                format!("no such file, nor with `.gz`; {} needs it", file.source.path.display());
            Err(Error::File { path, problem })
        }
    };
    match beside {
        Beside::Lines { field, file: name } => {
            let more = read(folder.join(name))?;
            let lines: Vec<&str> = more.text.lines().collect();
            if lines.len() != records.len() {
                let problem = format!(
                    "{} lines; expected {}, one for each of {}",
                    lines.len(),
                    records.len(),
                    file.source.path.display()
                );
                return Err(Error::File { path: more.source.path, problem });
            }
            records.iter_mut().zip(lines).for_each(|(record, line)| record.set(field, line));
            sources.push(more.source);
        }
        Beside::Joined { key, file: name } => {
            let more = read(root.place(name))?;
            let others = Format::JsonLines.records(&more, Split::Train)?;
            let mut by_key = BTreeMap::new();
            for other in others {
                by_key.insert(
                    other.text(key).map_err(|p| more.error(other.line, p))?.into_owned(),
                    other.fields,
                );
            }
            for record in records {
                let wanted = record.get(key).map_err(|p| file.error(record.line, p))?;
                let found = text_of(wanted).and_then(|wanted| by_key.get(wanted.as_ref()));
                let Some(fields) = found.cloned() else {
                    let problem = format!(
                        "no record of {} has the `{key}` {wanted}",
                        more.source.path.display()
                    );
                    return Err(file.error(record.line, problem));
                };
                record.fields.extend(fields);
            }
            sources.push(more.source);
        }
    }
    Ok(())
}
