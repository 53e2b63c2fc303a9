//! What differs between two runs, or between two studies run by run.
//!
//! [`compare`] reads two folders: one run each, or everything that a study left below its `--out`, whose runs are
//! paired by where they lie. Compared are settings, what the runs were made from, the curves of `metrics.jsonl` value
//! by value, scores, predictions and networks. Values are equal if their bits are; there is no tolerance. Figures of
//! time and memory are left out, since no two runs have the same. What a run was made from (commit, machine, …) is
//! shown but decides nothing: two machines that give the same bits agree.

mod curves;
mod files;
mod made_from;
mod pairs;
mod stored;
mod text;
mod values;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use curves::{CurveDiff, Extent, Series, StepDiff};
pub use files::FileDiff;
pub use stored::find_runs;
pub use values::ValueDiff;

use self::{pairs::Pairs, stored::StoredRun};
use crate::{Error, Result, run_dir::WITHOUT_EFFECT};

/// Two folders compared.
#[derive(Clone, Debug, Serialize)]
pub struct RunsDiff {
    pub a: PathBuf,
    pub b: PathBuf,
    /// Runs that both have.
    pub runs: Vec<RunDiff>,
    pub only_a: Vec<PathBuf>,
    pub only_b: Vec<PathBuf>,
}

/// Two runs compared.
#[derive(Clone, Debug, Serialize)]
pub struct RunDiff {
    /// Where the run lies below each folder; empty where the folder is the run.
    pub path_a: PathBuf,
    pub path_b: PathBuf,
    /// Whether a run has no `finished.json`; scores and files are then not compared.
    pub unfinished_a: bool,
    pub unfinished_b: bool,
    pub settings: Vec<ValueDiff>,
    /// Settings that differ and bear on no result: threads of the loader, which checkpoints are kept.
    pub settings_without_effect: Vec<ValueDiff>,
    /// Code, data, machine.
    pub made_from: Vec<ValueDiff>,
    pub curves: Vec<CurveDiff>,
    pub scores: Vec<ValueDiff>,
    pub files: Vec<FileDiff>,
    /// What was compared of the curves.
    pub compared: Extent,
}

/// How two runs agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// In every setting and every bit of the results.
    Equal,
    /// In settings and results as far as the shorter one got, which has not finished.
    EqualSoFar,
    Different,
}

/// Compares two runs, or all runs below two folders.
///
/// # Errors
/// A folder that holds no run, one run against a folder of several, or files that can't be read.
pub fn compare(a: &Path, b: &Path) -> Result<RunsDiff> {
    let (runs_a, runs_b) = (find_runs(a)?, find_runs(b)?);
    compare_paired(a, b, Pairs::of(a, b, runs_a, runs_b)?)
}

/// Compares the runs in or below `a` with those of a study that was run again in `b`: each with the one that lies
/// there as it lies in its own study. What else is in `b` is passed over.
///
/// # Errors
/// A folder that holds no run, or files that can't be read.
pub fn compare_again(a: &Path, b: &Path) -> Result<RunsDiff> {
    let at = a.canonicalize().map_err(Error::io(a))?;
    compare_paired(a, b, Pairs::by_end(&at, find_runs(a)?, &find_runs(b)?))
}

fn compare_paired(a: &Path, b: &Path, pairs: Pairs) -> Result<RunsDiff> {
    let mut runs = Vec::new();
    for (path_a, path_b) in pairs.both {
        let run_a = StoredRun::read(&a.join(&path_a))?;
        let run_b = StoredRun::read(&b.join(&path_b))?;
        runs.push(RunDiff::of((path_a, &run_a), (path_b, &run_b))?);
    }
    let (a, b) = (a.to_path_buf(), b.to_path_buf());
    Ok(RunsDiff { a, b, runs, only_a: pairs.only_a, only_b: pairs.only_b })
}

impl RunsDiff {
    /// How the folders agree: as their least agreeing runs do, and not at all if one has runs that the other lacks.
    pub fn agreement(&self) -> Agreement {
        self.least(RunDiff::agreement)
    }

    /// The same of the results alone, whatever the settings.
    pub fn results(&self) -> Agreement {
        self.least(RunDiff::results)
    }

    fn least(&self, of: fn(&RunDiff) -> Agreement) -> Agreement {
        if !(self.only_a.is_empty() && self.only_b.is_empty()) {
            return Agreement::Different;
        }
        self.runs.iter().map(of).max().unwrap_or(Agreement::Equal)
    }

    /// Optimiser steps that both have, of all runs.
    pub fn compared_steps(&self) -> u64 {
        self.runs.iter().map(|run| run.compared.steps).sum()
    }

    /// Whether every value of every curve that both have is bit-equal, and no curve is longer in one of them.
    pub fn metrics_are_equal(&self) -> bool {
        self.runs.iter().all(|run| run.curves.is_empty())
    }
}

impl RunDiff {
    fn of((path_a, a): (PathBuf, &StoredRun), (path_b, b): (PathBuf, &StoredRun)) -> Result<Self> {
        let is_without_effect =
            |diff: &ValueDiff| WITHOUT_EFFECT.contains(&diff.key.rsplit('.').next().unwrap_or(""));
        let settings = values::differences(&a.config, &b.config);
        // The version is in the manifest, beside the rest of what the run was made from.
        let settings = settings.into_iter().filter(|diff| diff.key != "taskgraft");
        let (without, settings) = settings.partition(is_without_effect);
        let both_finished = a.is_finished() && b.is_finished();
        let mut run = Self {
            path_a,
            path_b,
            unfinished_a: !a.is_finished(),
            unfinished_b: !b.is_finished(),
            settings,
            settings_without_effect: without,
            made_from: made_from::differences(&a.manifest, &b.manifest),
            curves: curves::differences(&a.curves, &b.curves),
            scores: vec![],
            files: vec![],
            compared: Extent::of(&a.curves, &b.curves),
        };
        if both_finished {
            run.scores = values::results(&a.finished["scores"], &b.finished["scores"]);
            run.files = files::differences(&a.folder, &b.folder)?;
        }
        Ok(run)
    }

    /// How metrics, scores, predictions and networks agree, whatever the settings.
    pub fn results(&self) -> Agreement {
        let are_equal = self.scores.is_empty() && self.files.is_empty();
        if are_equal && self.curves.is_empty() && self.unfinished_a == self.unfinished_b {
            return Agreement::Equal;
        }
        let goes_on = |curve: &CurveDiff| {
            curve.first.is_none()
                && (curve.only_a.is_none() || self.unfinished_b)
                && (curve.only_b.is_none() || self.unfinished_a)
        };
        let is_so_far = are_equal && (self.unfinished_a || self.unfinished_b);
        match is_so_far && self.curves.iter().all(goes_on) {
            true => Agreement::EqualSoFar,
            false => Agreement::Different,
        }
    }

    /// How the runs agree, settings included.
    pub fn agreement(&self) -> Agreement {
        if self.settings.is_empty() { self.results() } else { Agreement::Different }
    }

    /// The curve that differs first, and where.
    pub fn first_difference(&self) -> Option<(&Series, &StepDiff)> {
        let firsts = self.curves.iter().filter_map(|c| Some((&c.series, c.first.as_ref()?)));
        firsts.min_by_key(|(_, at)| at.step)
    }
}
