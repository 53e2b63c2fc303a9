//! TARTAN's end-tasks with their texts (Dery et al., 2022, "Should We Be Pre-training?", with the data of Gururangan
//! et al., 2020), read from the layout they are published in.
//!
//! A folder holds one folder a task (`citation_intent/train.jsonl`, `dev.jsonl`, `test.jsonl`), each file plain or
//! with `.gz` added. Beside the examples lie unlabelled texts, one a line: the task's own (`train.txt`; where it is
//! not there, the texts of the training examples), and text of its domain in multiples of that size
//! (`domain.1xTAPT.txt`, `domain.10xTAPT.txt`). Train and development examples are required, everything else is read
//! where present. Nothing is downloaded, and labels are never read from a text.

mod definitions;
mod examples;
mod texts;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    Error, Presence, Result, Split, Task, TaskSpec, TextCorpus,
    corpus::Corpora,
    file::{DataFile, is_there},
    suite::Suite,
};
use definitions::{DEFINITIONS, Definition};

const NAME: &str = "tartan";

/// The end-tasks of TARTAN in a folder.
#[derive(Clone, Debug)]
pub struct Tartan {
    dir: PathBuf,
}

impl Tartan {
    /// A suite that reads from `dir` when a task or text is asked for.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Tartan { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder a task is read from, whether it is there or not; `None` for an unknown task.
    pub fn folder(&self, task: &str) -> Option<PathBuf> {
        definition(task).ok().map(|definition| self.dir.join(definition.name))
    }

    /// The task's definition and its folder, which is there.
    fn found(&self, task: &str) -> Result<(&'static Definition, PathBuf)> {
        let definition = definition(task)?;
        let folder = self.dir.join(definition.name);
        if folder.is_dir() {
            return Ok((definition, folder));
        }
        let problem = "no such folder; a TARTAN folder holds one folder a task, as in \
            `citation_intent/train.jsonl`";
        Err(Error::File { path: folder, problem: problem.into() })
    }
}

impl Suite for Tartan {
    fn name(&self) -> &'static str {
        NAME
    }

    fn specs(&self) -> Vec<TaskSpec> {
        DEFINITIONS.iter().map(Definition::spec).collect()
    }

    fn load(&self, task: &str) -> Result<Task> {
        let (definition, folder) = self.found(task)?;
        let mut splits = BTreeMap::new();
        let mut sources = Vec::new();
        for (split, required) in [(Split::Train, true), (Split::Dev, true), (Split::Test, false)] {
            let path = folder.join(format!("{split}.jsonl"));
            match DataFile::find(&path)? {
                Some(file) => {
                    splits.insert(split, examples::of_file(definition.labels(), &file)?);
                    sources.push(file.source);
                }
                None if required => {
                    let problem = format!(
                        "no such file, nor `{split}.jsonl.gz`; the {split} split is required"
                    );
                    return Err(Error::File { path, problem });
                }
                None => {}
            }
        }
        Ok(Task { spec: definition.spec(), splits, sources })
    }

    fn presence_of(&self, task: &str) -> Presence {
        let files = ["train.jsonl", "dev.jsonl"].map(|file| self.dir.join(task).join(file));
        match files.iter().find(|file| !is_there(file)) {
            Some(file) => Presence::Missing { wants: file.display().to_string() },
            None => Presence::Trainable,
        }
    }
}

impl Corpora for Tartan {
    /// `task` first, then the domain texts that are there, smallest first: `domain.1x`, `domain.10x`.
    fn corpora(&self, task: &str) -> Result<Vec<String>> {
        let (_, folder) = self.found(task)?;
        let domain = texts::multiples(&folder)?.into_iter().map(texts::name_of_multiple);
        Ok([texts::TASK.to_owned()].into_iter().chain(domain).collect())
    }

    fn corpus(&self, task: &str, name: &str) -> Result<TextCorpus> {
        let (definition, folder) = self.found(task)?;
        if name == texts::TASK {
            return texts::of_task(definition.labels(), &folder);
        }
        match texts::multiple_of_name(name) {
            Some(times) => texts::of_domain(&folder, times),
            None => Err(Error::unknown("text", name, self.corpora(task)?)),
        }
    }
}

fn definition(task: &str) -> Result<&'static Definition> {
    let found = DEFINITIONS.iter().find(|d| d.name == task);
    found.ok_or_else(|| Error::unknown("task", task, DEFINITIONS.iter().map(|d| d.name)))
}
