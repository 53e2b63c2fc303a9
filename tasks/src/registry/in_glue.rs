//! Definitions of GLUE's tasks, which its own suite reads and which are put in words here.

use std::path::Path;

use super::definition::{Definition, Source};
use crate::{
    Family, Result, TargetKind, Task, glue::Glue, metrics::Metric, suite::Suite, words::InWords,
};

/// How a task of GLUE is put in words.
#[derive(Clone, Copy)]
pub(super) struct GlueTask {
    keys: &'static [&'static str],
    /// What is written for each label; none for scores.
    labels: &'static [&'static str],
    /// Sizes of the published training and development data.
    pub sizes: [usize; 2],
}

/// A definition that is being written.
pub(super) struct GlueDraft {
    name: &'static str,
    family: Family,
    citation: &'static str,
    folder: &'static str,
    task: GlueTask,
}

/// Begins the definition of a task that GLUE's suite has by this name, and whose data are in this folder.
pub(super) fn glue(
    name: &'static str,
    family: Family,
    folder: &'static str,
    citation: &'static str,
) -> GlueDraft {
    let task = GlueTask { keys: &[], labels: &[], sizes: [0, 0] };
    GlueDraft { name, family, citation, folder, task }
}

impl GlueDraft {
    /// Names of the texts, in the order of the files.
    pub fn keys(mut self, keys: &'static [&'static str]) -> Self {
        self.task.keys = keys;
        self
    }

    /// What is written for each label, in the order of the labels' indices. Without, the target is a score.
    pub fn labels(mut self, labels: &'static [&'static str]) -> Self {
        self.task.labels = labels;
        self
    }

    /// How many examples the published training and development data make.
    pub fn sizes(mut self, train: usize, dev: usize) -> Self {
        self.task.sizes = [train, dev];
        self
    }

    /// Ends the definition. Models are selected and compared by the first metric.
    pub fn scored_by(self, metrics: &'static [Metric]) -> Definition {
        let GlueDraft { name, family, citation, folder, task } = self;
        Definition { name, family, citation, folder, metrics, source: Source::Glue(task) }
    }
}

impl GlueTask {
    /// What the written answers stand for.
    pub fn stands_for(&self) -> TargetKind {
        match self.labels {
            // STS-B's, the only score of GLUE.
            [] => TargetKind::Score { min: 0.0, max: 5.0 },
            labels => TargetKind::Class { labels: labels.iter().map(|l| l.to_string()).collect() },
        }
    }

    /// Reads the task `name` from the data folder `dir` and puts it in words.
    pub fn load(&self, dir: &Path, name: &str) -> Result<Task> {
        let task = Glue::new(dir.join("glue")).load(name)?;
        InWords::new(name, self.keys).with_labels(self.labels).put(&task)
    }
}
