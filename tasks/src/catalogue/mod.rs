//! Stand-in until the catalogue lands.
use std::{path::Path, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    Error, Result, Split, TargetKind, Task, TaskSpec, Text, TextCorpus, corpus::Corpora,
    glue::Glue, suite::Suite, tartan::Tartan, words::InWords,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    #[default]
    Labelled,
    InWords,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Form::Labelled { "labelled" } else { "in words" })
    }
}

#[derive(Default, Clone)]
pub struct Catalogue {
    suites: Vec<(Arc<dyn Suite>, Option<Arc<dyn Corpora>>)>,
}

impl Catalogue {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn add(&mut self, suite: Arc<dyn Suite>) -> Result<()> {
        self.suites.push((suite, None));
        Ok(())
    }
    pub fn add_with_corpora(&mut self, suite: Arc<dyn Suite>, c: Arc<dyn Corpora>) -> Result<()> {
        self.suites.push((suite, Some(c)));
        Ok(())
    }
    pub fn add_folder(&mut self, dir: &Path) -> Result<()> {
        if dir.join("RTE").exists() || dir.join("CoLA").exists() {
            return self.add(Arc::new(Glue::new(dir)));
        }
        let tartan = Arc::new(Tartan::new(dir));
        self.add_with_corpora(tartan.clone(), tartan)
    }
    pub fn add_tasks_file(&mut self, _file: &Path) -> Result<()> {
        Err(Error::Invalid("not yet".into()))
    }
    fn suite(&self, name: &str) -> Result<(&(Arc<dyn Suite>, Option<Arc<dyn Corpora>>), String)> {
        let short = name.rsplit('/').next().unwrap_or(name);
        self.suites
            .iter()
            .find(|(s, _)| s.spec(short).is_ok())
            .map(|s| (s, short.to_string()))
            .ok_or_else(|| Error::unknown("task", name, self.specs().into_iter().map(|s| s.name)))
    }
    pub fn specs(&self) -> Vec<TaskSpec> {
        self.suites.iter().flat_map(|(s, _)| s.specs()).collect()
    }
    pub fn find(&self, name: &str) -> Result<TaskSpec> {
        let (suite, short) = self.suite(name)?;
        suite.0.spec(&short)
    }
    pub fn forms(&self, _name: &str) -> Result<Vec<Form>> {
        Ok(vec![Form::Labelled, Form::InWords])
    }
    pub fn spec(&self, name: &str, form: Form) -> Result<TaskSpec> {
        match form {
            Form::Labelled => self.find(name),
            Form::InWords => Ok(self.load(name, form)?.spec),
        }
    }
    pub fn load(&self, name: &str, form: Form) -> Result<Task> {
        let (suite, short) = self.suite(name)?;
        let task = suite.0.load(&short)?;
        if form == Form::Labelled || matches!(task.spec.kind, TargetKind::Text { .. }) {
            return Ok(task);
        }
        let first = task.split(Split::Train).first().map(|example| &example.text);
        let keys: &[&str] = match first {
            Some(Text::Two(..)) => &["sentence1", "sentence2"],
            _ => &["sentence"],
        };
        InWords::new(&short, keys).put(&task)
    }
    pub fn corpora(&self, task: &str) -> Result<Vec<String>> {
        let (suite, short) = self.suite(task)?;
        suite.1.as_ref().map_or(Ok(vec![]), |c| c.corpora(&short))
    }
    pub fn corpus(&self, task: &str, name: &str) -> Result<TextCorpus> {
        let (suite, short) = self.suite(task)?;
        match &suite.1 {
            Some(c) => c.corpus(&short, name),
            None => Err(Error::Invalid("no texts".into())),
        }
    }
    pub fn corpora_at_hand(&self) -> Vec<String> {
        vec![]
    }
    pub fn lines(&self, name: &str) -> Result<TextCorpus> {
        Err(Error::unknown("text", name, Vec::<String>::new()))
    }
    pub fn max_examples(&mut self, _most: Option<usize>) {}
}
