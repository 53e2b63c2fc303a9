//! What an end-task can be trained with: an unlabelled text of its own, a share of one, or another task of its suite.
//!
//! A name says which: `domain.1x` is a text, `domain.1x@0.25` a quarter of its lines, `sciie` a task.

use taskgraft_tasks::{SourceFile, Task, TextCorpus, objectives::MaskConfig, text::TextEncoder};

use super::EndTasks;
use crate::{Error, Result, study::workbench::training_texts, train::TaskData};

/// An auxiliary task before it is tokenised.
pub(super) enum Auxiliary {
    /// Masked language modelling on a text.
    Text(TextCorpus),
    /// A supervised task.
    Task(Task),
}

impl Auxiliary {
    /// Reads what `name` stands for beside the end-task `task`.
    ///
    /// # Errors
    /// A name of neither a text nor a task, a share that is none, or files that are malformed.
    pub fn read(suite: &dyn EndTasks, task: &str, name: &str) -> Result<Self> {
        let (text, share) = split_share(name)?;
        let texts = suite.corpora(task)?;
        if texts.iter().any(|known| known == text) {
            return Ok(Self::Text(suite.corpus(task, text)?.fraction(share, 0)?));
        }
        let tasks: Vec<String> =
            suite.specs().into_iter().map(|s| s.name).filter(|other| other != task).collect();
        if tasks.iter().any(|known| known == name) {
            return Ok(Self::Task(suite.load(name)?));
        }
        let known = texts.into_iter().chain(tasks);
        Err(taskgraft_tasks::Error::unknown("text or task", text, known).into())
    }

    /// Files it was read from.
    pub fn sources(&self) -> &[SourceFile] {
        match self {
            Self::Text(corpus) => &corpus.sources,
            Self::Task(task) => &task.sources,
        }
    }

    /// All texts of it.
    pub fn lines(&self) -> Vec<&str> {
        match self {
            Self::Text(corpus) => corpus.lines.iter().map(String::as_str).collect(),
            Self::Task(task) => training_texts(task).collect(),
        }
    }

    /// Tokenised for training under `name`; it is not evaluated.
    ///
    /// # Errors
    /// A text that can't be encoded, or that has nothing to learn from.
    pub fn data(
        &self,
        name: &str,
        masking: &MaskConfig,
        encoder: &TextEncoder,
    ) -> Result<TaskData> {
        match self {
            Self::Text(corpus) => TaskData::masked(name, corpus, masking, encoder),
            Self::Task(task) => {
                let mut data = TaskData::encode(task, encoder)?;
                data.dev.clear();
                data.dev_fingerprint.clear();
                data.spec.metrics.clear();
                Ok(data)
            }
        }
    }
}

/// A name and the share of it that is asked for.
pub(super) fn split_share(name: &str) -> Result<(&str, f64)> {
    let Some((text, share)) = name.split_once('@') else { return Ok((name, 1.0)) };
    match share.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok((text, share)),
        _ => Err(Error::Usage(format!(
            "`{name}`: a text's share is a number above 0 and at most 1, as in `{text}@0.25`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_follows_the_name() {
        assert_eq!(split_share("domain.1x").unwrap(), ("domain.1x", 1.0));
        assert_eq!(split_share("domain.1x@0.25").unwrap(), ("domain.1x", 0.25));
        for wrong in ["domain@", "domain@0", "domain@1.5", "domain@half", "domain@NaN"] {
            let message = split_share(wrong).unwrap_err().to_string();
            assert!(message.contains(wrong) && message.contains("domain@0.25"), "{message}");
        }
    }
}
