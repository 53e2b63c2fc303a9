//! The catalogue: all tasks at hand, each under its full name `suite/task`, and under its short name where that is
//! unique.
//!
//! Suites come from the program, and from folders of data whose layout is recognised. A suite may be spread over
//! several folders, as long as no task is in two. Every task of classes, scores or tags can be had labelled or in
//! words, see [`Form`].

mod layouts;
mod names;
mod read;
mod shelf;
mod texts;

use std::{path::Path, sync::Arc};

use self::{layouts::Found, shelf::Shelf, texts::Lines};
pub use crate::form::Form;
use crate::{Error, Presence, Result, TaskSpec, corpus::Corpora, suite::Suite};

/// All tasks at hand.
///
/// ```
/// use std::sync::Arc;
/// use taskgraft_tasks::{Catalogue, Form, synthetic::{Synthetic, SyntheticConfig}};
///
/// let mut catalogue = Catalogue::new();
/// catalogue.add(Arc::new(Synthetic::new(SyntheticConfig::default())?))?;
/// assert_eq!(catalogue.find("entailment")?.full_name(), "synthetic/entailment");
/// assert_eq!(catalogue.forms("entailment")?, [Form::Labelled, Form::InWords]);
/// # Ok::<(), taskgraft_tasks::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Catalogue {
    shelves: Vec<Shelf>,
    texts: Vec<Lines>,
    most: Option<usize>,
}

impl Catalogue {
    /// An empty catalogue.
    pub fn new() -> Self {
        Catalogue::default()
    }

    /// Adds a suite of the program.
    ///
    /// # Errors
    /// There is a suite of this name already, or the suite has a task or a name that can't be a folder's.
    pub fn add(&mut self, suite: Arc<dyn Suite>) -> Result<()> {
        self.add_suite(suite, None)
    }

    /// Adds a suite of the program with the unlabelled texts of its tasks.
    ///
    /// # Errors
    /// Those of [`Catalogue::add`].
    pub fn add_with_corpora(
        &mut self,
        suite: Arc<dyn Suite>,
        corpora: Arc<dyn Corpora>,
    ) -> Result<()> {
        self.add_suite(suite, Some(corpora))
    }

    fn add_suite(
        &mut self,
        suite: Arc<dyn Suite>,
        corpora: Option<Arc<dyn Corpora>>,
    ) -> Result<()> {
        if let Some(known) = self.shelves.iter().find(|s| s.suite.name() == suite.name()) {
            return Err(Error::Invalid(format!(
                "two suites are called `{}`: the one to be added, and {}; give one another name",
                suite.name(),
                known.place()
            )));
        }
        self.shelves.push(Shelf::new(suite, corpora, None)?);
        Ok(())
    }

    /// Recognises by its layout what a folder holds, and adds it. That is a folder of GLUE's tasks (`RTE/train.tsv`),
    /// of SuperGLUE's, of TARTAN's, of the registry's data sets, of texts; or one that holds such folders under the
    /// names `glue`, `superglue`, `t2t`, `exmix`, `tartan` and `corpus`. The same folder given twice counts once.
    ///
    /// # Errors
    /// Nothing is recognised, or another folder has the same task or text; then nothing of the folder is added.
    pub fn add_folder(&mut self, dir: &Path) -> Result<()> {
        self.add_found(layouts::found_in(dir)?)
    }

    /// Adds the tasks that a TOML file describes, with their texts: what `--tasks-file` names.
    ///
    /// # Errors
    /// The file can't be read or says what makes no sense, or there is a suite of its name already.
    pub fn add_tasks_file(&mut self, file: &Path) -> Result<()> {
        self.add_found(layouts::of_tasks_file(file)?)
    }

    fn add_found(&mut self, mut found: Found) -> Result<()> {
        found.shelves.retain(|new| !self.shelves.iter().any(|known| known.is_same_as(new)));
        found.texts.retain(|new| !self.texts.iter().any(|known| known.dir == new.dir));
        for new in &found.shelves {
            for known in &self.shelves {
                new.check_apart_from(known)?;
            }
        }
        for new in &found.texts {
            if let Some(known) = self.texts.iter().find(|known| known.name == new.name) {
                return Err(Error::Invalid(format!(
                    "text `{}` is in two folders, {} and {}; give one of them alone, or rename one",
                    new.name,
                    known.dir.display(),
                    new.dir.display()
                )));
            }
        }
        self.shelves.append(&mut found.shelves);
        self.texts.append(&mut found.texts);
        Ok(())
    }

    /// Keeps at most so many examples of each split of each task: always the same ones, spread over the split, in its
    /// order. Applied when a task is loaded.
    pub fn max_examples(&mut self, most: Option<usize>) {
        self.most = most;
    }

    /// Descriptions of the tasks whose data are there, in the order in which they were added: labelled ones, and those
    /// of tasks of free texts as they are.
    pub fn specs(&self) -> Vec<TaskSpec> {
        self.at_hand().map(|(_, entry)| entry.spec.clone()).collect()
    }

    /// The same without tasks that only have data to score models on.
    pub fn trainable(&self) -> Vec<TaskSpec> {
        let trainable = self.at_hand().filter(|(_, e)| e.presence == Presence::Trainable);
        trainable.map(|(_, entry)| entry.spec.clone()).collect()
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self.specs().iter().map(TaskSpec::full_name).collect();
        f.debug_struct("Catalogue").field("tasks", &names).finish_non_exhaustive()
    }
}
