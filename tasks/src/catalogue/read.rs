//! What the catalogue reads: tasks in either form, the texts that belong to a task, and those that belong to none.

use super::Catalogue;
use crate::{Error, Form, Result, Task, TaskSpec, TextCorpus};

impl Catalogue {
    /// The forms that a task has.
    ///
    /// # Errors
    /// Those of [`Catalogue::find`], as for all that follow.
    pub fn forms(&self, name: &str) -> Result<Vec<Form>> {
        Ok(self.entry(name)?.1.spec.kind.forms())
    }

    /// The description of a task in a form.
    ///
    /// # Errors
    /// Also a form that the task does not have.
    pub fn spec(&self, name: &str, form: Form) -> Result<TaskSpec> {
        let (shelf, entry) = self.entry(name)?;
        form.check(&entry.spec)?;
        let suite = entry.spec.suite.clone();
        Ok(TaskSpec { suite, ..shelf.suite.spec_in(&entry.spec.name, form)? })
    }

    /// A task with its data. Ids and splits are the same in both forms.
    ///
    /// # Errors
    /// Also a form that the task does not have, and data that are malformed.
    pub fn load(&self, name: &str, form: Form) -> Result<Task> {
        let (shelf, entry) = self.entry(name)?;
        form.check(&entry.spec)?;
        let mut task = shelf.suite.load_in(&entry.spec.name, form)?;
        task.spec.suite.clone_from(&entry.spec.suite);
        if let Some(most) = self.most {
            task.thin(most);
        }
        Ok(task)
    }

    /// Names of the unlabelled texts that belong to a task, its own first; none where its suite has no texts.
    ///
    /// # Errors
    /// Also a folder that can't be read.
    pub fn corpora(&self, task: &str) -> Result<Vec<String>> {
        let (shelf, entry) = self.entry(task)?;
        match &shelf.corpora {
            Some(corpora) => corpora.corpora(&entry.spec.name),
            None => Ok(Vec::new()),
        }
    }

    /// One of the texts that belong to a task.
    ///
    /// # Errors
    /// Also an unknown text, or a file that is malformed.
    pub fn corpus(&self, task: &str, name: &str) -> Result<TextCorpus> {
        let (shelf, entry) = self.entry(task)?;
        match &shelf.corpora {
            Some(corpora) => corpora.corpus(&entry.spec.name, name),
            None => Err(Error::Invalid(format!(
                "task `{}` has no text `{name}`: its suite has no unlabelled texts; name a text of `--data`",
                entry.spec.full_name()
            ))),
        }
    }

    /// Names of the texts in folders of texts: `wikitext-2`, `brown`.
    pub fn corpora_at_hand(&self) -> Vec<String> {
        self.texts.iter().map(|text| text.name.clone()).collect()
    }

    /// One of these texts, all its files one after the other.
    ///
    /// # Errors
    /// An unknown name, or a file that is malformed.
    pub fn lines(&self, name: &str) -> Result<TextCorpus> {
        match self.texts.iter().find(|text| text.name == name) {
            Some(text) => text.read(),
            None => Err(Error::unknown("text", name, self.corpora_at_hand())),
        }
    }
}
