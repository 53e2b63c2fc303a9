//! The unlabelled texts beside an end-task: its own, and its domain's in multiples of that size.

use std::{collections::BTreeSet, fs, path::Path};

use super::examples;
use crate::{Error, Result, Text, TextCorpus, file::DataFile};

/// Name of the task's own text, for task-adaptive pre-training.
pub(super) const TASK: &str = "task";

/// `domain.10x`, for the text that is ten times as many lines as the task has training examples.
pub(super) fn name_of_multiple(times: u32) -> String {
    format!("domain.{times}x")
}

pub(super) fn multiple_of_name(name: &str) -> Option<u32> {
    name.strip_prefix("domain.")?.strip_suffix('x')?.parse().ok()
}

fn file_of_multiple(times: u32) -> String {
    format!("domain.{times}xTAPT.txt")
}

/// The domain texts that are in a folder.
pub(super) fn multiples(folder: &Path) -> Result<BTreeSet<u32>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
        let name = entry.map_err(|error| Error::io(folder, error))?.file_name();
        let name = name.to_string_lossy();
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        let times = plain.strip_prefix("domain.").and_then(|rest| rest.strip_suffix("xTAPT.txt"));
        // Read back under the name that this number has, so that `domain.01xTAPT.txt` is passed over.
        found.extend(
            times
                .and_then(|times| times.parse().ok())
                .filter(|times| file_of_multiple(*times) == plain),
        );
    }
    Ok(found)
}

/// `train.txt`, or else the texts of the training examples.
pub(super) fn of_task(labels: &[&str], folder: &Path) -> Result<TextCorpus> {
    if let Some(file) = DataFile::find(&folder.join("train.txt"))? {
        return TextCorpus::of_file(TASK, file);
    }
    let path = folder.join("train.jsonl");
    let Some(file) = DataFile::find(&path)? else {
        let problem = "no such file, nor `train.jsonl.gz`, nor `train.txt`; the task's own text \
            is read from one of them";
        return Err(Error::File { path, problem: problem.into() });
    };
    let examples = examples::of_file(labels, &file)?;
    // A text is one line, as in `train.txt`.
    let lines = examples.into_iter().filter_map(|example| match example.text {
        Text::One(text) => Some(text.replace(['\r', '\n'], " ")),
        _ => None,
    });
    TextCorpus::new(TASK, lines, vec![file.source])
}

pub(super) fn of_domain(folder: &Path, times: u32) -> Result<TextCorpus> {
    let path = folder.join(file_of_multiple(times));
    match DataFile::find(&path)? {
        Some(file) => TextCorpus::of_file(name_of_multiple(times), file),
        None => {
            let there: Vec<String> = multiples(folder)?.into_iter().map(name_of_multiple).collect();
            let there = if there.is_empty() {
                "no domain text is in this folder".into()
            } else {
                format!("in this folder: {}", there.join(", "))
            };
            let problem = format!("no such file, nor with `.gz` added; {there}");
            Err(Error::File { path, problem })
        }
    }
}
