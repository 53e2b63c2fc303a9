//! Where a text-to-text study's tasks and unlabelled texts come from: a data folder, or the synthetic suite in words.

use std::path::{Path, PathBuf};

use taskgraft_tasks::{
    Split, Task, Text, TextCorpus, registry::Registry, suite::Suite, synthetic::Synthetic,
    words::InWords,
};

use super::TextSettings;
use crate::{Error, Result};

/// Tasks of the registry that are made from the same examples: where one is held out, the other must be too.
const TWINS: [[&str; 2]; 4] = [
    ["rte", "super_rte"],
    ["wnli", "wsc"],
    ["commonsense_qa", "cos_e"],
    ["comve", "comve_explain"],
];

/// Text-to-text tasks, and texts to be denoised.
pub enum TextSuite {
    /// The registry's tasks and the folder `corpus` of a data folder.
    Data { registry: Registry, corpus: PathBuf },
    /// Tasks from a grammar of made-up words. The texts of the mixture's tasks, without targets, are the corpus.
    BuiltIn(Synthetic),
}

impl TextSuite {
    /// The tasks in `data`, or the built-in ones.
    ///
    /// # Errors
    /// Settings of the synthetic suite that make no sense.
    pub fn new(data: Option<&Path>, settings: &TextSettings) -> Result<Self> {
        Ok(match data {
            Some(dir) => Self::Data {
                registry: Registry::new(dir).with_max_examples(settings.max_examples),
                corpus: dir.join("corpus"),
            },
            None => Self::BuiltIn(Synthetic::new(settings.synthetic.clone())?),
        })
    }

    /// Names of the tasks that can be trained on.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Data { registry, .. } => registry.trainable(),
            Self::BuiltIn(synthetic) => synthetic.specs().into_iter().map(|s| s.name).collect(),
        }
    }

    /// What is held out where nothing else is asked for: of the built-in tasks those with few examples.
    pub fn usually_held_out(&self) -> Vec<String> {
        let usual: &[&str] = match self {
            Self::Data { .. } => &["cb", "cola", "copa", "wic"],
            Self::BuiltIn(_) => &["sentiment", "entailment"],
        };
        let names = self.names();
        usual.iter().map(ToString::to_string).filter(|name| names.contains(name)).collect()
    }

    /// All tasks that are not held out, nor made from the examples of one that is.
    pub fn all_but(&self, held_out: &[String]) -> Vec<String> {
        let is_held = |name: &str| held_out.iter().any(|held| held == name);
        let is_twin = |name: &str| {
            TWINS
                .iter()
                .any(|twins| twins.contains(&name) && twins.iter().any(|twin| is_held(twin)))
        };
        self.names().into_iter().filter(|name| !is_held(name) && !is_twin(name)).collect()
    }

    /// A task in words.
    ///
    /// # Errors
    /// An unknown name, or data that are missing or malformed.
    pub fn load(&self, name: &str) -> Result<Task> {
        match self {
            Self::Data { registry, .. } => Ok(registry.load(name)?),
            Self::BuiltIn(synthetic) => {
                let task = synthetic.load(name)?;
                let first = task.split(Split::Train).first().map(|example| &example.text);
                let keys: &[&str] = match first {
                    Some(Text::Two(..)) => &["sentence1", "sentence2"],
                    _ => &["sentence"],
                };
                Ok(InWords::new(name, keys).put(&task)?)
            }
        }
    }

    /// The texts to be denoised; `mixture` are the tasks that supervised pre-training would see.
    ///
    /// # Errors
    /// No texts, or files that can't be read.
    pub fn corpora(&self, mixture: &[Task]) -> Result<Vec<TextCorpus>> {
        match self {
            Self::Data { corpus, .. } => read_all(corpus),
            Self::BuiltIn(_) => {
                let inputs = mixture.iter().flat_map(|task| task.split(Split::Train));
                let inputs = inputs.filter_map(|example| example.input());
                let texts = inputs.flat_map(|input| {
                    // What stands before a colon is a key or the task's name.
                    input.split("sentence").filter_map(|part| part.split_once(": "))
                });
                let texts = texts.map(|(_, text)| text.trim().to_string());
                Ok(vec![TextCorpus::new("texts of the tasks", texts, vec![])?])
            }
        }
    }
}

/// All text files in the folders of `dir`.
fn read_all(dir: &Path) -> Result<Vec<TextCorpus>> {
    let mut corpora = Vec::new();
    for folder in entries(dir)? {
        if !folder.is_dir() {
            continue;
        }
        for file in entries(&folder)? {
            let name = file.to_string_lossy().into_owned();
            let Some(plain) = [".txt", ".txt.gz"].iter().find_map(|end| name.strip_suffix(end))
            else {
                continue;
            };
            let short = plain.rsplit(std::path::MAIN_SEPARATOR).next().unwrap_or(plain);
            corpora.push(TextCorpus::read(short, format!("{plain}.txt"))?);
        }
    }
    if corpora.is_empty() {
        let problem = "no texts to denoise; expected folders with .txt or .txt.gz files".into();
        return Err(Error::File { path: dir.into(), problem });
    }
    Ok(corpora)
}

/// What is in a folder, sorted.
fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        paths.push(entry.map_err(Error::io(dir))?.path());
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_from_held_out_examples_is_held_out_too() {
        let suite = TextSuite::new(None, &TextSettings::default()).unwrap();
        let rest = suite.all_but(&["sentiment".to_string()]);
        assert!(
            rest.contains(&"entailment".to_string()) && !rest.contains(&"sentiment".to_string())
        );
        for [a, b] in TWINS {
            let known = taskgraft_tasks::registry::definitions();
            assert!([a, b].iter().all(|name| known.iter().any(|d| d.name == *name)), "{a}, {b}");
        }
    }
}
