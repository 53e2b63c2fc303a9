//! Definitions of GLUE's tasks, which its own suite reads and which are put in words here.

use std::path::Path;

use super::definition::{Definition, GlueTask, Source};
use crate::{
    Family, Result, TargetKind, Task,
    glue::{self, Glue},
    metrics::Metric,
    suite::Suite,
};

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
    let task = GlueTask { words: glue::words::of(name), sizes: [0, 0] };
    GlueDraft { name, family, citation, folder, task }
}

impl GlueDraft {
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
        match self.words.labels.as_slice() {
            // STS-B's, the only score of GLUE.
            [] => TargetKind::Score { min: 0.0, max: 5.0 },
            labels => TargetKind::Class { labels: labels.to_vec() },
        }
    }

    /// Reads the task `name` from the data folder `dir` and puts it in words.
    pub fn load(&self, dir: &Path, name: &str) -> Result<Task> {
        self.words.put(&Glue::new(dir.join("glue")).load(name)?)
    }
}
