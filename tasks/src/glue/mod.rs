//! The GLUE benchmark (Wang et al., 2019), read from its published directory layout.
//!
//! A folder holds one folder a task (`RTE/train.tsv`, `RTE/dev.tsv`, `RTE/test.tsv`), each file plain or with `.gz`
//! added. Labels, their order, columns and example ids are those of BAM (Clark et al., 2019), so that teacher
//! predictions stay aligned. Metrics are those GLUE reports; the first is what BAM compares models by. Train and
//! development files are required, everything else is read where present. Nothing is downloaded.

mod definitions;
mod mrpc;
mod table;
pub(crate) mod words;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    Error, Presence, Result, Split, Task, TaskSpec,
    file::{DataFile, is_there},
    suite::Suite,
    words::InWords,
};
use definitions::{DEFINITIONS, Definition, Published};

/// The GLUE benchmark in a folder.
#[derive(Clone, Debug)]
pub struct Glue {
    dir: PathBuf,
}

impl Glue {
    /// A suite that reads from `dir` when a task is asked for.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Glue { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder a task is read from, whether it is there or not; `None` for an unknown task.
    pub fn folder(&self, task: &str) -> Option<PathBuf> {
        let definition = DEFINITIONS.iter().find(|d| d.name == task)?;
        Some(self.dir.join(definition.folder))
    }
}

impl Suite for Glue {
    fn name(&self) -> &'static str {
        "glue"
    }

    fn specs(&self) -> Vec<TaskSpec> {
        DEFINITIONS.iter().map(Definition::spec).collect()
    }

    fn load(&self, task: &str) -> Result<Task> {
        let definition = DEFINITIONS
            .iter()
            .find(|d| d.name == task)
            .ok_or_else(|| Error::unknown("task", task, DEFINITIONS.iter().map(|d| d.name)))?;
        let folder = self.dir.join(definition.folder);
        if !folder.is_dir() {
            let problem =
                "no such folder; a GLUE folder holds one folder a task, as in `RTE/train.tsv`";
            return Err(Error::File { path: folder, problem: problem.into() });
        }

        let mut splits = BTreeMap::new();
        let mut sources = Vec::new();
        if definition.name == mrpc::NAME {
            mrpc::read_official_split(definition, &folder, &mut splits, &mut sources)?;
        }
        for published in definition.files {
            if splits.contains_key(&published.split) {
                continue;
            }
            match DataFile::find(&folder.join(published.file))? {
                Some(file) => {
                    let examples = published.table.examples(&definition.kind(), &file)?;
                    splits.insert(published.split, examples);
                    sources.push(file.source);
                }
                None if published.required => return Err(missing(&folder, published)),
                None => {}
            }
        }
        Ok(Task { spec: definition.spec(), splits, sources })
    }

    fn words(&self, task: &str) -> Option<InWords> {
        Some(words::of(task))
    }

    fn presence_of(&self, task: &str) -> Presence {
        let wants = |path: PathBuf| path.display().to_string();
        let Some(definition) = DEFINITIONS.iter().find(|d| d.name == task) else {
            return Presence::Missing { wants: wants(self.dir.join(task)) };
        };
        let folder = self.dir.join(definition.folder);
        if definition.name == mrpc::NAME && mrpc::is_official_split_there(&folder) {
            return Presence::Trainable;
        }
        let mut required = definition.files.iter().filter(|published| published.required);
        match required.find(|published| !is_there(&folder.join(published.file))) {
            Some(published) => Presence::Missing { wants: wants(folder.join(published.file)) },
            None if definition.files.iter().any(|file| file.split == Split::Train) => {
                Presence::Trainable
            }
            // The diagnostic set has no training data; what predicts it is trained on MNLI.
            None => Presence::EvaluationOnly { wants: wants(self.dir.join("MNLI/train.tsv")) },
        }
    }
}

fn missing(folder: &Path, published: &Published) -> Error {
    let Published { split, file, instead, .. } = published;
    Error::File {
        path: folder.join(file),
        problem: format!("no such file, nor `{file}.gz`{instead}; the {split} split is required"),
    }
}
