//! The data a report is made from.
//!
//! Scores are in the metrics' own unit (fractions, correlations) and shown times 100. Means,
//! deviations and averages are derived when asked for, never stored, so a table cannot disagree
//! with the runs behind it.

use super::error::ReportError;
use super::p_value::{Column, PValue};
use super::section::Section;
use serde::{Deserialize, Serialize};

/// Methods × seeds × tasks, and what belongs to them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Title of the report.
    pub title: String,
    /// What was compared, in a sentence or two.
    pub summary: Option<String>,
    /// The tasks, in column order.
    pub tasks: Vec<TaskColumn>,
    /// The methods, in row order.
    pub methods: Vec<MethodRow>,
    /// Names of the methods that others are tested against, the most important first.
    pub baselines: Vec<String>,
    /// Columns beside the scores.
    #[serde(default)]
    pub extra: Vec<ExtraColumn>,
    /// Significance tests; see [`Comparison::test_over_seeds`].
    pub p_values: Vec<PValue>,
    /// Losses and metrics over steps.
    pub curves: Vec<Curve>,
    /// Quantities set by the method over steps: λ, teacher weight, learning rate.
    pub schedules: Vec<Schedule>,
    /// A setting that methods differ in.
    #[serde(default)]
    pub sweep: Option<Sweep>,
    /// Whether the scores are those of the test set; otherwise the dev set's.
    #[serde(default)]
    pub on_test: bool,
    /// What the mixture asked for and gave.
    pub mixture: Option<MixtureTable>,
    /// Remarks a reader of the numbers needs.
    pub notes: Vec<String>,
    /// What the experiment reports beside scores.
    #[serde(default)]
    pub sections: Vec<Section>,
    /// What the numbers come from.
    pub provenance: Provenance,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskColumn {
    /// Its name.
    pub name: String,
    /// Its headline metric.
    pub metric: String,
}

/// One method's runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodRow {
    /// Its name.
    pub name: String,
    /// Scores, seed by seed.
    pub seeds: Vec<SeedScores>,
    /// What one seed cost, on average.
    pub cost: Option<Cost>,
}

/// Scores of one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedScores {
    /// The seed.
    pub seed: u64,
    /// One score per task, in the order of [`Comparison::tasks`]; `None` where not evaluated.
    pub by_task: Vec<Option<f64>>,
}

/// What one seed of a method cost, all its runs together, teachers included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Optimiser steps.
    pub steps: u64,
    /// The most memory a run held, in bytes, where it was measured.
    #[serde(default)]
    pub memory: Option<u64>,
}

/// A column beside the scores: numbers of the methods in a unit of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtraColumn {
    /// Its name.
    pub name: String,
    /// What is below the name: a unit, or what it is relative to.
    pub unit: String,
    /// One cell per method, as shown.
    pub cells: Vec<Option<String>>,
}

/// A value over the steps of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The method.
    pub method: String,
    /// The seed.
    pub seed: u64,
    /// `train` or `dev`.
    pub split: String,
    /// The task; `None` for the whole mixture.
    pub task: Option<String>,
    /// `loss` or the metric's name.
    pub name: String,
    /// (step, value), by step.
    pub points: Vec<(f64, f64)>,
}

/// A quantity the method set over the steps; the same for every seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The method.
    pub method: String,
    /// What it is, e.g. `λ (weight of the gold label)`.
    pub name: String,
    /// (step, value), by step.
    pub points: Vec<(f64, f64)>,
}

/// Methods that differ in nothing but the value of a setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// The setting: `share of the domain text`.
    pub setting: String,
    /// Where methods stand.
    pub places: Vec<Place>,
}

/// Where a method stands in a [`Sweep`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The method.
    pub method: String,
    /// What it is apart from the setting.
    pub family: String,
    /// The setting's value.
    pub value: f64,
}

/// Requested against realised rates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MixtureTable {
    /// The rule, e.g. `size^0.75`.
    pub rule: String,
    /// One row per task.
    pub rows: Vec<MixtureRow>,
    /// Padding per way of batching.
    pub padding: Vec<PaddingWaste>,
}

/// One task's part of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MixtureRow {
    /// The task.
    pub task: String,
    /// Training examples it has.
    pub examples: u64,
    /// Share of the stream asked for, in [0, 1].
    pub requested: f64,
    /// Share of the stream it got, in [0, 1].
    pub realised: f64,
}

/// Share of the token positions that held padding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaddingWaste {
    /// Where, e.g. a method's name.
    pub name: String,
    /// Padding positions / all positions, in [0, 1].
    pub share: f64,
}

/// What the numbers come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The command line.
    pub command: String,
    /// The commit, marked if files were modified.
    pub commit: Option<String>,
    /// Processor, threads, system.
    pub machine: String,
    /// Backend and device.
    pub backend: String,
    /// When, RFC 3339.
    pub date: String,
    /// Version of Taskgraft and of Burn.
    pub version: String,
}

impl MethodRow {
    /// The scores in a column, seed by seed; seeds without one are left out. A seed has an average
    /// only if every task was evaluated.
    pub fn scores(&self, column: Column) -> Vec<f64> {
        self.seeds
            .iter()
            .filter_map(|seed| match column {
                Column::Task(index) => seed.by_task.get(index).copied().flatten(),
                Column::Average => seed.average(),
            })
            .collect()
    }
}

impl SeedScores {
    /// The mean over the tasks; `None` if one is missing.
    pub fn average(&self) -> Option<f64> {
        let all: Option<Vec<f64>> = self.by_task.iter().copied().collect();
        all.filter(|scores| !scores.is_empty())
            .map(|scores| scores.iter().sum::<f64>() / scores.len() as f64)
    }
}

impl Comparison {
    /// The tasks' columns and, with more than one task, the average.
    pub fn columns(&self) -> Vec<Column> {
        let tasks = (0..self.tasks.len()).map(Column::Task);
        let average = (self.tasks.len() > 1).then_some(Column::Average);
        tasks.chain(average).collect()
    }

    /// A column's name.
    pub fn column_name(&self, column: Column) -> &str {
        match column {
            Column::Task(index) => self.tasks.get(index).map_or("?", |task| &task.name),
            Column::Average => "Avg",
        }
    }

    /// A column's metric.
    pub fn column_metric(&self, column: Column) -> &str {
        match column {
            Column::Task(index) => self.tasks.get(index).map_or("", |task| &task.metric),
            Column::Average => "mean of tasks",
        }
    }

    /// The method of that name.
    pub fn method(&self, name: &str) -> Option<&MethodRow> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The largest number of seeds any method has.
    pub fn seed_count(&self) -> usize {
        let counts = self.methods.iter().map(|method| method.seeds.len());
        counts.max().unwrap_or(0)
    }

    /// Checks that every seed has one score per task.
    pub fn check(&self) -> Result<(), ReportError> {
        for method in &self.methods {
            for seed in &method.seeds {
                if seed.by_task.len() != self.tasks.len() {
                    return Err(ReportError::Misaligned {
                        method: method.name.clone(),
                        seed: seed.seed,
                        got: seed.by_task.len(),
                        expected: self.tasks.len(),
                    });
                }
            }
        }
        Ok(())
    }
}
