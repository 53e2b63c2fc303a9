//! The registry: text-to-text tasks in ExMix's families (ExT5, Aribandi et al., 2022), each a small definition.
//!
//! A data folder holds what each definition names, in the format it is published in, plain or with `.gz` added. Input
//! is written in T5's manner (`boolq passage: … question: …`), target text is a label's word or free text, and both
//! are functions of the files alone. Records that are not as their format says are errors with file and line; none is
//! passed over.

mod beside;
mod definition;
mod files;
pub(crate) mod format;
mod in_glue;
mod listing;
mod load;
mod made;
pub(crate) mod record;
mod root;
mod sets;
mod tasks;

use std::path::{Path, PathBuf};

pub use definition::Definition;
pub use listing::{Checked, families, markdown, target};
pub use sets::{Part, Sets};

pub use crate::Presence;
use crate::{Error, Form, Result, Task, TaskSpec, suite::Suite};
use load::Asked;
use root::Root;

const NAME: &str = "exmix";

/// All definitions, family by family.
pub fn definitions() -> Vec<Definition> {
    tasks::all()
}

/// The registry over a data folder.
#[derive(Clone, Debug)]
pub struct Registry {
    dir: PathBuf,
    max_examples: Option<usize>,
}

impl Registry {
    /// A suite that reads from `dir` when a task is asked for.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Registry { dir: dir.into(), max_examples: None }
    }

    /// Keeps at most so many examples of each split: always the same ones, spread over the split, in its order.
    pub fn with_max_examples(mut self, examples: usize) -> Self {
        self.max_examples = Some(examples);
        self
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the data of a task are there. Nothing is read.
    pub fn presence(&self, definition: &Definition) -> Presence {
        load::presence(self.root(), definition)
    }

    fn root(&self) -> Root<'_> {
        Root { dir: &self.dir, part: "" }
    }

    /// Names of the tasks whose training data are there.
    pub fn trainable(&self) -> Vec<String> {
        let there = |d: &Definition| self.presence(d) == Presence::Trainable;
        definitions().into_iter().filter(there).map(|d| d.name.to_owned()).collect()
    }

    /// The definition of a task.
    ///
    /// # Errors
    /// An unknown name, with the nearest known one.
    pub fn definition(&self, task: &str) -> Result<Definition> {
        let all = definitions();
        match all.iter().find(|definition| definition.name == task) {
            Some(definition) => Ok(definition.clone()),
            None => Err(Error::unknown("task", task, all.iter().map(|d| d.name))),
        }
    }
}

impl Suite for Registry {
    fn name(&self) -> &'static str {
        NAME
    }

    fn specs(&self) -> Vec<TaskSpec> {
        definitions().iter().map(Definition::spec).collect()
    }

    fn load(&self, task: &str) -> Result<Task> {
        let definition = self.definition(task)?;
        let asked = Asked { spec: definition.spec(), form: Form::InWords };
        let mut task = load::task(self.root(), &definition, asked)?;
        if let Some(most) = self.max_examples {
            task.thin(most);
        }
        Ok(task)
    }

    fn presence_of(&self, task: &str) -> Presence {
        match self.definition(task) {
            Ok(definition) => self.presence(&definition),
            Err(_) => Presence::Missing { wants: task.into() },
        }
    }
}
