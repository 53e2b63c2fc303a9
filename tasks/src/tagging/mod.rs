//! Tagging sets, read from their published column files: chunks of CoNLL-2000, and names in biomedical and scientific
//! texts, as SciBERT's authors publish them (Beltagy et al., 2019).
//!
//! A folder holds one folder a set (`conll2000/train.txt`, `dev.txt`, `test.txt`), each file plain or with `.gz` added.
//! Each set is one entry of a table, read by the machinery of declared tasks: tags become BIO, whatever they are
//! written in, and a tenth of CoNLL-2000's training sentences is held out, because it is published without a
//! development set.

mod sets;

use std::path::{Path, PathBuf};

use crate::{Error, Presence, Result, Task, TaskSpec, file::is_there, suite::Suite};
use sets::{SETS, Set};

/// The suite's name.
const NAME: &str = "tagging";

/// The tagging sets in a folder.
#[derive(Clone, Debug)]
pub struct Tagging {
    dir: PathBuf,
}

impl Tagging {
    /// A suite that reads from `dir` when a task is asked for.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Tagging { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder a task is read from, whether it is there or not; `None` for an unknown task.
    pub fn folder(&self, task: &str) -> Option<PathBuf> {
        SETS.iter().find(|set| set.name == task).map(|set| self.dir.join(set.folder))
    }
}

impl Suite for Tagging {
    fn name(&self) -> &str {
        NAME
    }

    fn specs(&self) -> Vec<TaskSpec> {
        SETS.iter().map(Set::spec).collect()
    }

    fn load(&self, task: &str) -> Result<Task> {
        let set = SETS.iter().find(|set| set.name == task);
        let set =
            set.ok_or_else(|| Error::unknown("task", task, SETS.iter().map(|set| set.name)))?;
        let folder = self.dir.join(set.folder);
        if !folder.is_dir() {
            let problem = "no such folder; a folder of tagging sets holds one folder a set, as in \
                `conll2000/train.txt`";
            return Err(Error::File { path: folder, problem: problem.into() });
        }
        set.declaration(&folder).load(set.spec())
    }

    fn presence_of(&self, task: &str) -> Presence {
        let set = SETS.iter().find(|set| set.name == task);
        let folder = self.dir.join(set.map_or(task, |set| set.folder));
        let mut wanted = vec![folder.join("train.txt")];
        if set.is_some_and(|set| set.has_dev) {
            wanted.push(folder.join("dev.txt"));
        }
        match wanted.iter().find(|file| !is_there(file)) {
            Some(file) => Presence::Missing { wants: file.display().to_string() },
            None => Presence::Trainable,
        }
    }
}
