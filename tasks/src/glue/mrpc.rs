//! MRPC's official split, from the corpus as Microsoft publishes it.
//!
//! The development set of GLUE is the rows of `msr_paraphrase_train.txt` whose pair of sentence ids is listed in
//! `dev_ids.tsv`; the other rows are the training set (3,668 and 408 rows). Both keep the file's order and are
//! numbered from 0 each, as in the `train.tsv` and `dev.tsv` that GLUE's script makes from the same files.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use super::{
    definitions::{Definition, MRPC},
    table::Table,
};
use crate::{
    Example, Result, SourceFile, Split,
    file::{DataFile, is_there},
};

pub(super) const NAME: &str = "mrpc";
const FILES: [&str; 2] = ["msr_paraphrase_train.txt", "dev_ids.tsv"];
const DEV_IDS: Table = Table::without_header(&["#1 ID", "#2 ID"]);

/// Whether both files are there.
pub(super) fn is_official_split_there(folder: &Path) -> bool {
    FILES.iter().all(|file| is_there(&folder.join(file)))
}

/// Adds the train and dev splits where both files are there, and does nothing where one is not.
pub(super) fn read_official_split(
    definition: &Definition,
    folder: &Path,
    splits: &mut BTreeMap<Split, Vec<Example>>,
    sources: &mut Vec<SourceFile>,
) -> Result<()> {
    let [corpus, dev_ids] = FILES.map(|file| DataFile::find(&folder.join(file)));
    let (corpus, dev_ids) = (corpus?, dev_ids?);
    let (Some(corpus), Some(dev_ids)) = (corpus, dev_ids) else {
        return Ok(());
    };

    let listed = DEV_IDS.rows(&dev_ids)?;
    let wanted: HashSet<&[&str]> = listed.iter().map(|row| row.columns.as_slice()).collect();
    let kind = definition.kind();
    let (mut train, mut dev) = (Vec::new(), Vec::new());
    let mut found = HashSet::new();
    let rows = MRPC.rows(&corpus)?;
    for row in &rows {
        let ids = &row.columns[1..3];
        let is_dev = wanted.contains(ids);
        let split = if is_dev { &mut dev } else { &mut train };
        split.push(MRPC.example(&kind, &corpus, row, split.len())?);
        if is_dev {
            found.insert(ids);
        }
    }
    if let Some(row) = listed.iter().find(|row| !found.contains(row.columns.as_slice())) {
        let problem = format!(
            "expected a pair with ids {} and {} in {}; there is none",
            row.columns[0],
            row.columns[1],
            corpus.source.path.display()
        );
        return Err(dev_ids.error(row.line, problem));
    }
    splits.extend([(Split::Train, train), (Split::Dev, dev)]);
    sources.extend([corpus.source, dev_ids.source]);
    Ok(())
}
