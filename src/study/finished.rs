//! A study whose stages are all finished: what tables and report sections are made from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use taskgraft_models::Trunk;
use taskgraft_tasks::TaskSpec;

use super::{
    Planned, Row, Scored, Settings, StageKey, StageResult, TaskUse, Workbench, args::Split,
    network, plan::Stages, runner::Runner,
};
use crate::{
    Error, Result,
    evaluation::TaskScores,
    events::{Measurement, read_json_lines},
    train::{MultiTask, TaskData},
};

/// A row of the table with one entry a seed.
pub struct FinishedRow {
    pub name: String,
    pub is_baseline: bool,
    pub is_listed: bool,
    pub by_seed: Vec<(u64, Row)>,
}

/// A finished study.
///
/// ```
/// use taskgraft::prelude::*;
///
/// fn lengths(finished: &Finished<'_>) -> Result<Vec<Section>> {
///     let mut text = Vec::new();
///     for (seed, row) in finished.rows.iter().flat_map(|row| &row.by_seed) {
///         for key in row.all_stages() {
///             text.push(format!("seed {seed}: {} steps", finished.result(key)?.steps));
///         }
///     }
///     Ok(vec![Section { title: "Lengths".into(), text, ..Section::default() }])
/// }
///
/// # use {clap::Parser, std::ffi::OsStr};
/// # let out = tempfile::tempdir().map_err(Error::io("out"))?;
/// # let line = "mine --plain --seeds 1 --steps 2 --set trunk.hidden=32 --set synthetic.dev_size=20 --out";
/// # let args = StudyArgs::parse_from(line.split(' ').map(OsStr::new).chain([out.path().as_os_str()]));
/// let mut study = Study::new("mine", args)?;
/// study.tasks(["sentiment", "entailment"])?;
/// study.recipe("Multi", |plan| plan.together(Stage::train(plan.tasks())));
/// study.section(lengths);
/// assert_eq!(study.run()?.comparison.sections[0].text, ["seed 0: 2 steps"]);
/// # Ok::<(), Error>(())
/// ```
pub struct Finished<'a> {
    pub(super) runner: &'a Runner<'a>,
    pub(super) stages: &'a Stages,
    pub(super) done: &'a BTreeMap<StageKey, StageResult>,
    pub(super) columns: &'a [TaskUse],
    /// What rows are scored on.
    pub(super) split: Split,
    pub rows: Vec<FinishedRow>,
    pub seeds: Vec<u64>,
    /// The study's output folder.
    pub out: PathBuf,
}

impl Finished<'_> {
    /// The study's settings.
    pub fn settings(&self) -> &Settings {
        &self.bench().settings
    }

    pub(super) fn bench(&self) -> &Workbench {
        self.runner.bench
    }

    /// The tasks that are columns of the table.
    pub fn columns(&self) -> &[TaskUse] {
        self.columns
    }

    /// Their descriptions.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn specs(&self) -> Result<Vec<TaskSpec>> {
        self.columns.iter().map(|task| Ok(self.data(task)?.spec.clone())).collect()
    }

    /// A task as networks see it.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn data(&self, task: &TaskUse) -> Result<std::rc::Rc<TaskData>> {
        self.bench().data(&self.bench().resolved(task.clone())?)
    }

    /// A row by its name.
    pub fn row(&self, name: &str) -> Option<&FinishedRow> {
        self.rows.iter().find(|row| row.name == name)
    }

    /// A stage of the plan.
    ///
    /// # Errors
    /// If it is not in the plan.
    pub fn stage(&self, key: &StageKey) -> Result<&Planned> {
        self.stages.find(key)
    }

    /// What a stage left behind.
    ///
    /// # Errors
    /// If it is not in the plan.
    pub fn result(&self, key: &StageKey) -> Result<&StageResult> {
        let missing = || Error::Usage(format!("stage {} was not run; add it in the recipe", key.0));
        self.done.get(key).ok_or_else(missing)
    }

    /// The folder of a stage.
    ///
    /// # Errors
    /// If it is not in the plan.
    pub fn folder(&self, key: &StageKey) -> Result<PathBuf> {
        self.runner.folder(self.stage(key)?, self.stages)
    }

    /// What a stage measured along its training.
    ///
    /// # Errors
    /// If its files can't be read.
    pub fn measured(&self, key: &StageKey) -> Result<Vec<Measurement>> {
        Ok(read_json_lines(&self.folder(key)?.join("metrics.jsonl"))?)
    }

    /// The network that a stage kept.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn network(&self, key: &StageKey) -> Result<MultiTask> {
        network::load(self.stage(key)?, self.bench(), &self.folder(key)?)
    }

    /// The trunk that trainings with a seed start from.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn first_trunk(&self, seed: u64) -> Result<Trunk> {
        self.bench().trunk(seed, None)
    }

    /// Of the stages that may score a task the one that does: the best on dev, the first of equal ones.
    pub fn chosen<'r>(&self, scored: &'r Scored) -> Option<&'r StageKey> {
        let mut best: Option<(&StageKey, f64)> = None;
        for key in &scored.stages {
            let score = self.done.get(key)?.dev_score(&scored.task).unwrap_or(f64::NAN);
            if best.is_none_or(|(_, highest)| score > highest) {
                best = Some((key, score));
            }
        }
        best.map(|(key, _)| key)
    }

    /// The scores of a row on a task, on the split that the study scores.
    ///
    /// # Errors
    /// If files can't be read.
    pub fn scores(&self, row: &Row, task: &str) -> Result<Option<TaskScores>> {
        let Some(scored) = row.scored.iter().find(|scored| scored.task == task) else {
            return Ok(None);
        };
        let Some(key) = self.chosen(scored) else { return Ok(None) };
        if self.split == Split::Test
            && let Some(test) = self.runner.test(scored, self.stage(key)?, self.stages)?
        {
            return Ok(Some(test));
        }
        Ok(self.result(key)?.dev(task).cloned())
    }

    /// The columns that have no test examples with targets.
    pub(super) fn untested(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for task in self.columns {
            if self.bench().test(&self.bench().resolved(task.clone())?)?.is_empty() {
                names.push(task.name.clone());
            }
        }
        Ok(names)
    }

    /// Where the predictions lie that score a task in a row.
    pub(super) fn predictions(&self, row: &Row, task: &str) -> Result<Option<PathBuf>> {
        let Some(scored) = row.scored.iter().find(|scored| scored.task == task) else {
            return Ok(None);
        };
        let Some(key) = self.chosen(scored) else { return Ok(None) };
        let of = |split| -> Result<PathBuf> {
            Ok(super::runner::predictions_path(&self.folder(key)?, split, task))
        };
        let test = of("test")?;
        Ok(Some(if self.split == Split::Test && test.exists() { test } else { of("dev")? }))
    }

    /// A row's stages and all that they started from or were taught by.
    pub fn lineage(&self, row: &Row) -> Vec<&Planned> {
        self.stages.lineage(&row.all_stages())
    }

    /// The folder of the study.
    pub fn out(&self) -> &Path {
        &self.out
    }
}
