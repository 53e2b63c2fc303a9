//! The registry's data sets as suites of the catalogue, one for each of the folders that hold them.
//!
//! A task of labels is read labelled or in words from one definition, with the same ids and splits. Tasks of GLUE are
//! not here: its own suite has them. SuperGLUE's second RTE, `super_rte` among the registry's names, is `rte` in its
//! suite.

use std::path::PathBuf;

use super::{
    Definition,
    definition::Source,
    definitions,
    load::{self, Asked},
    root::Root,
};
use crate::{Error, Form, Presence, Result, TargetKind, Task, TaskSpec, suite::Suite};

/// The folders that hold the registry's data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Superglue,
    /// Sets in the formats that their authors published.
    T2t,
    /// Sets in the common layout of inputs and targets.
    Exmix,
}

impl Part {
    /// The name of the folder and of the suite.
    pub fn name(self) -> &'static str {
        match self {
            Part::Superglue => "superglue",
            Part::T2t => "t2t",
            Part::Exmix => "exmix",
        }
    }
}

/// The data sets of one part, in a folder that holds one folder a set.
#[derive(Clone, Debug)]
pub struct Sets {
    part: Part,
    dir: PathBuf,
}

impl Sets {
    /// A suite that reads from `dir` when a task is asked for: what is `t2t/` in a data folder, for [`Part::T2t`].
    pub fn new(part: Part, dir: impl Into<PathBuf>) -> Self {
        Sets { part, dir: dir.into() }
    }

    fn root(&self) -> Root<'_> {
        Root { dir: &self.dir, part: self.part.name() }
    }

    /// The part's definitions with their names in the suite.
    fn definitions(&self) -> impl Iterator<Item = (&'static str, Definition)> + use<> {
        let part = self.part;
        let is_here = move |d: &Definition| {
            let first = d.folder.split('/').next();
            matches!(d.source, Source::Files(_)) && first == Some(part.name())
        };
        definitions().into_iter().filter(is_here).map(move |definition| {
            let name = match part {
                Part::Superglue => definition.name.trim_start_matches("super_"),
                _ => definition.name,
            };
            (name, definition)
        })
    }

    fn definition(&self, task: &str) -> Result<Definition> {
        let found = self.definitions().find(|(name, _)| *name == task);
        let known = || self.definitions().map(|(name, _)| name);
        found.map(|(_, definition)| definition).ok_or_else(|| Error::unknown("task", task, known()))
    }

    /// The description of a definition in a form; a task of free texts has but one.
    fn described(&self, name: &str, definition: &Definition, form: Form) -> TaskSpec {
        let spec =
            TaskSpec { name: name.into(), suite: self.part.name().into(), ..definition.spec() };
        match (form, spec.kind) {
            (Form::Labelled, TargetKind::Text { stands_for: Some(kind) }) => {
                let metrics = spec.metrics.into_iter().filter(|m| !m.needs_groups()).collect();
                TaskSpec { kind: *kind, metrics, ..spec }
            }
            (_, kind) => TaskSpec { kind, ..spec },
        }
    }

    fn read(&self, task: &str, form: Form) -> Result<Task> {
        let definition = self.definition(task)?;
        let spec = self.described(task, &definition, form);
        load::task(self.root(), &definition, Asked { spec, form })
    }
}

impl Suite for Sets {
    fn name(&self) -> &'static str {
        self.part.name()
    }

    fn specs(&self) -> Vec<TaskSpec> {
        let all = self.definitions();
        all.map(|(name, d)| self.described(name, &d, Form::Labelled)).collect()
    }

    /// Labelled where the task has labels.
    fn load(&self, task: &str) -> Result<Task> {
        match self.spec(task)?.kind.is_text() {
            true => self.read(task, Form::InWords),
            false => self.read(task, Form::Labelled),
        }
    }

    fn spec_in(&self, task: &str, form: Form) -> Result<TaskSpec> {
        form.check(&self.spec(task)?)?;
        Ok(self.described(task, &self.definition(task)?, form))
    }

    fn load_in(&self, task: &str, form: Form) -> Result<Task> {
        form.check(&self.spec(task)?)?;
        self.read(task, form)
    }

    fn presence_of(&self, task: &str) -> Presence {
        let part = self.part.name();
        let place = |wants: String| self.root().place(&wants).display().to_string();
        match self.definition(task).map(|definition| load::presence(self.root(), &definition)) {
            Ok(Presence::Trainable) => Presence::Trainable,
            Ok(Presence::EvaluationOnly { wants }) => {
                Presence::EvaluationOnly { wants: place(wants) }
            }
            Ok(Presence::Missing { wants }) => Presence::Missing { wants: place(wants) },
            Err(_) => Presence::Missing { wants: place(format!("{part}/{task}")) },
        }
    }
}
