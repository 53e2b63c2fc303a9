//! A shelf of the catalogue: the tasks of one suite from one place, and which of their data are there.

use std::{path::PathBuf, sync::Arc};

use crate::{Error, Presence, Result, TaskSpec, corpus::Corpora, suite::Suite};

/// The tasks of one suite from one place.
#[derive(Clone)]
pub(super) struct Shelf {
    pub suite: Arc<dyn Suite>,
    pub corpora: Option<Arc<dyn Corpora>>,
    /// What the tasks are read from; `None` for a suite of the program.
    pub dir: Option<PathBuf>,
    pub entries: Vec<Entry>,
}

/// A task on a shelf.
#[derive(Clone)]
pub(super) struct Entry {
    pub spec: TaskSpec,
    pub presence: Presence,
}

impl Shelf {
    /// Looks which data are there; none is read.
    ///
    /// # Errors
    /// A name that can't be that of a folder, or that two tasks have.
    pub fn new(
        suite: Arc<dyn Suite>,
        corpora: Option<Arc<dyn Corpora>>,
        dir: Option<PathBuf>,
    ) -> Result<Self> {
        let name = suite.name().to_owned();
        let mut entries: Vec<Entry> = Vec::new();
        for spec in suite.specs() {
            let spec = TaskSpec { suite: name.clone(), ..spec };
            spec.check_name()?;
            TaskSpec { name: name.clone(), ..spec.clone() }.check_name()?;
            if entries.iter().any(|entry| entry.spec.name == spec.name) {
                return Err(Error::Invalid(format!(
                    "suite `{name}` has two tasks that are called `{}`; give one another name",
                    spec.name
                )));
            }
            let presence = suite.presence_of(&spec.name);
            entries.push(Entry { spec, presence });
        }
        Ok(Shelf { suite, corpora, dir, entries })
    }

    /// The tasks whose data are there.
    pub fn at_hand(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_at_hand())
    }

    pub fn place(&self) -> String {
        match &self.dir {
            Some(dir) => dir.display().to_string(),
            None => format!("the suite `{}` of the program", self.suite.name()),
        }
    }

    /// Whether this is the same suite from the same folder.
    pub fn is_same_as(&self, other: &Shelf) -> bool {
        let real = |shelf: &Shelf| shelf.dir.as_ref().map(|dir| dir.canonicalize().ok());
        self.suite.name() == other.suite.name()
            && real(self).is_some_and(|r| r.is_some())
            && real(self) == real(other)
    }

    /// # Errors
    /// Both have the data of one task.
    pub fn check_apart_from(&self, known: &Shelf) -> Result<()> {
        if self.suite.name() != known.suite.name() {
            return Ok(());
        }
        let mut both =
            self.at_hand().filter(|new| known.at_hand().any(|e| e.spec.name == new.spec.name));
        match both.next() {
            None => Ok(()),
            Some(entry) => Err(Error::Invalid(format!(
                "task `{}` is in two places, {} and {}; give one of them alone",
                entry.spec.full_name(),
                known.place(),
                self.place()
            ))),
        }
    }
}

impl Entry {
    pub fn is_at_hand(&self) -> bool {
        !matches!(self.presence, Presence::Missing { .. })
    }

    /// What is wanted of it, where something is.
    pub fn wants(&self) -> Option<&str> {
        match &self.presence {
            Presence::Trainable => None,
            Presence::EvaluationOnly { wants } | Presence::Missing { wants } => Some(wants),
        }
    }

    /// Whether a name stands for this task: its own, the full one, or the one that the registry gave SuperGLUE's RTE.
    pub fn is_called(&self, name: &str) -> bool {
        let TaskSpec { name: own, suite, .. } = &self.spec;
        let is_full = || name.split_once('/') == Some((suite.as_str(), own.as_str()));
        own == name || is_full() || (name == "super_rte" && suite == "superglue" && own == "rte")
    }
}
