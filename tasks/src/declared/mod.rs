//! Tasks without code: data sets that a user describes in a TOML file, a table for each.
//!
//! A table names files, columns and a target; formats are CSV, TSV, JSON lines, JSON, Parquet, CoNLL columns and lines.
//! [`Declared`] is the suite of such a file, [`check`] reads everything and says what is wrong by file and row, and
//! [`draft`] writes a first table by looking at a file of data. The keys are those of `docs/tasks-file.md`.

mod cells;
mod check;
mod declaration;
mod draft;
mod draft_text;
mod hold_out;
mod keys;
mod labels;
mod load;
mod look;
mod parse;
pub(crate) mod rows;
mod shape;
mod target;
mod template;

use std::path::{Path, PathBuf};

pub use check::{Checked, Sound, check};
pub(crate) use declaration::{Declaration, Dev, Labels, Shape};
pub use draft::draft;

use crate::{Error, Result, Task, TaskSpec, Text, TextCorpus, corpus::Corpora, suite::Suite};

/// The name of the training texts among a task's texts, and of the corpus that is declared beside them.
const OWN_TEXT: &str = "task";
const CORPUS: &str = "corpus";

/// The tasks of a TOML file.
///
/// ```
/// use taskgraft_tasks::{Split, declared::Declared, suite::Suite};
///
/// let folder = tempfile::tempdir()?;
/// let rows = "text,label\nI love it,good\nNever again,bad\n";
/// std::fs::write(folder.path().join("reviews.csv"), rows)?;
/// let file = folder.path().join("mine.toml");
/// std::fs::write(&file, r#"
/// [reviews]
/// train = "reviews.csv"
/// dev = "reviews.csv"
/// text = "{text}"
/// label = "label"
/// "#)?;
/// let mine = Declared::read(&file)?;
/// assert_eq!(mine.name(), "mine");
/// assert_eq!(mine.load("reviews")?.split(Split::Train).len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Declared {
    file: PathBuf,
    name: String,
    tasks: Vec<(Declaration, TaskSpec)>,
}

impl Declared {
    /// Reads a file of tasks: checks its keys, that the data files are there, and that they have the columns that are
    /// named. Training rows are read only where labels are collected from them.
    ///
    /// # Errors
    /// A file that is not sound TOML, an unknown key (with the nearest known one), keys that do not fit together, a
    /// data file or column that is not there, or, where labels are collected, rows that are malformed.
    pub fn read(file: &Path) -> Result<Declared> {
        let (name, declared) = parse::read(file)?;
        let tasks = declared.into_iter().map(|(_, declaration)| {
            let declaration = declaration?;
            let spec = declaration.describe()?;
            Ok((declaration, spec))
        });
        Ok(Declared { file: file.into(), name, tasks: tasks.collect::<Result<_>>()? })
    }

    /// The file of tasks.
    pub fn file(&self) -> &Path {
        &self.file
    }

    fn found(&self, task: &str) -> Result<&(Declaration, TaskSpec)> {
        let found = self.tasks.iter().find(|(declaration, _)| declaration.name == task);
        found.ok_or_else(|| {
            Error::unknown("task", task, self.tasks.iter().map(|(known, _)| known.name.as_str()))
        })
    }
}

impl Declaration {
    /// The description of the task; files, columns and labels are looked at for it.
    fn describe(&self) -> Result<TaskSpec> {
        let target = self.shape.columns();
        self.has_columns(&self.train, &target)?;
        if let Dev::Files(files) = &self.dev {
            self.has_columns(files, &target)?;
        }
        if let Some(files) = &self.test {
            self.has_columns(files, &self.shape.text_columns())?;
        }
        if let Some(corpus) = &self.corpus {
            crate::file::locate(corpus)?;
        }
        self.spec(self.labels()?)
    }

    fn has_columns(&self, files: &rows::Files, wanted: &[&str]) -> Result<()> {
        let Some(columns) = self.layout.columns(files)? else { return Ok(()) };
        let has = |name: &str| columns.iter().any(|column| column == name);
        let is_there = |path: &str| has(path) || path.split('.').next().is_some_and(has);
        match wanted.iter().find(|path| !is_there(path)) {
            None => Ok(()),
            Some(missing) => {
                let unknown = Error::unknown("column", missing, columns);
                let path = files.paths().next().cloned().unwrap_or_default();
                Err(self.wrong(format!("{}: {unknown}", path.display())))
            }
        }
    }

    /// The texts of the training examples, one a line.
    fn own_text(&self, spec: &TaskSpec) -> Result<TextCorpus> {
        let mut sources = Vec::new();
        let (train, _) = self.training(spec, &mut sources)?;
        let lines = train.iter().map(|example| {
            let text = match &example.text {
                Text::One(text) => text.clone(),
                Text::Two(first, second) => format!("{first} {second}"),
                Text::Words(words) => words.join(" "),
            };
            text.replace(['\r', '\n'], " ")
        });
        TextCorpus::new(OWN_TEXT, lines, sources).map_err(|error| self.wrong(error.to_string()))
    }
}

impl Suite for Declared {
    fn name(&self) -> &str {
        &self.name
    }

    fn specs(&self) -> Vec<TaskSpec> {
        self.tasks.iter().map(|(_, spec)| spec.clone()).collect()
    }

    fn load(&self, task: &str) -> Result<Task> {
        let (declaration, spec) = self.found(task)?;
        declaration.load(spec.clone())
    }
}

impl Corpora for Declared {
    /// `task`, and `corpus` where one is declared.
    fn corpora(&self, task: &str) -> Result<Vec<String>> {
        let (declaration, _) = self.found(task)?;
        let corpus = declaration.corpus.iter().map(|_| CORPUS.to_owned());
        Ok([OWN_TEXT.to_owned()].into_iter().chain(corpus).collect())
    }

    fn corpus(&self, task: &str, name: &str) -> Result<TextCorpus> {
        let (declaration, spec) = self.found(task)?;
        match (name, &declaration.corpus) {
            (OWN_TEXT, _) => declaration.own_text(spec),
            (CORPUS, Some(path)) => {
                TextCorpus::of_file(CORPUS, declaration.layout.encoding.read(path)?)
            }
            _ => Err(Error::unknown("text", name, self.corpora(task)?)),
        }
    }
}
