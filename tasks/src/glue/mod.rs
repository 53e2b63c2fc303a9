//! The GLUE benchmark (Wang et al., 2019), read from its published directory layout.
//!
//! A folder holds one folder a task (`RTE/train.tsv`, `RTE/dev.tsv`, `RTE/test.tsv`), each file plain or with `.gz`
//! added. Labels, their order, columns and example ids are those of BAM (Clark et al., 2019), so that teacher
//! predictions stay aligned. Metrics are those GLUE reports; the first is what BAM compares models by. Train and
//! development files are required, everything else is read where present. Nothing is downloaded.

mod definitions;
mod mrpc;
mod table;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{Error, Result, Task, TaskSpec, file::DataFile, suite::Suite};
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
}

fn missing(folder: &Path, published: &Published) -> Error {
    let Published { split, file, instead, .. } = published;
    Error::File {
        path: folder.join(file),
        problem: format!("no such file, nor `{file}.gz`{instead}; the {split} split is required"),
    }
}
