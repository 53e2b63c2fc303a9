//! From burn-train's event store to files: JSON lines and TensorBoard.
//!
//! burn-train knows epochs, not steps; the step is itself a figure of every item and is taken out here. Scores of the
//! evaluations are also kept in memory, where burn-train's early stopping asks for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use burn::train::{
    logger::MetricLogger,
    metric::{
        MetricDefinition, MetricId, NumericEntry,
        store::{EpochSummary, MetricsUpdate, Split},
    },
};

use crate::events::{EventError, JsonLines, Measurement, TensorBoard};

/// The first error of a logger: burn-train's interface has no way to return one.
pub type LoggerFailure = Arc<Mutex<Option<EventError>>>;

/// Writes every figure of every item.
pub struct RunLogger {
    names: HashMap<MetricId, String>,
    lines: JsonLines,
    board: TensorBoard,
    valid: HashMap<(String, usize), Vec<NumericEntry>>,
    failure: LoggerFailure,
}

impl RunLogger {
    /// Logs to the given files; the first failure is kept in `failure`.
    pub fn new(lines: JsonLines, board: TensorBoard, failure: LoggerFailure) -> Self {
        Self { names: HashMap::new(), lines, board, valid: HashMap::new(), failure }
    }

    fn write(&mut self, measurements: &[Measurement], flush: bool) -> Result<(), EventError> {
        self.lines.append(measurements)?;
        // A killed process leaves the metrics of all its steps: a checkpoint never goes further than they do.
        self.lines.flush()?;
        self.board.append(measurements)?;
        if flush {
            self.board.flush()?;
        }
        Ok(())
    }
}

/// Task and name of a figure: `rte/accuracy` belongs to a task.
fn task_and_name(figure: &str) -> (Option<String>, String) {
    match figure.split_once('/') {
        Some((task, name)) => (Some(task.into()), name.into()),
        None => (None, figure.into()),
    }
}

impl MetricLogger for RunLogger {
    fn log(&mut self, update: MetricsUpdate, epoch: usize, split: &Split) {
        let mut figures = Vec::new();
        for entry in &update.entries_numeric {
            if let (Some(name), Some(NumericEntry::Value(value))) =
                (self.names.get(&entry.entry.metric_id), &entry.numeric_entry)
            {
                figures.push((name.clone(), *value));
            }
        }
        let Some((_, step)) = figures.iter().find(|(name, _)| name == "step") else { return };
        let step = *step as u64;
        let is_valid = *split == Split::Valid;
        let mut measurements = Vec::new();
        for (figure, value) in figures.into_iter().filter(|(name, _)| name != "step") {
            if is_valid {
                let key = (figure.clone(), epoch);
                self.valid.entry(key).or_default().push(NumericEntry::Value(value));
            }
            let (task, name) = task_and_name(&figure);
            let split = if is_valid { "dev" } else { "train" };
            measurements.push(Measurement { step, split: split.into(), task, name, value });
        }
        if let Err(error) = self.write(&measurements, is_valid)
            && let Ok(mut slot) = self.failure.lock()
        {
            slot.get_or_insert(error);
        }
    }

    fn read_numeric(
        &mut self,
        name: &str,
        epoch: usize,
        split: &Split,
    ) -> Result<Vec<NumericEntry>, String> {
        match split {
            Split::Valid => {
                Ok(self.valid.get(&(name.to_string(), epoch)).cloned().unwrap_or_default())
            }
            _ => Err("figures of training steps are in the log files, not in memory".into()),
        }
    }

    fn log_metric_definition(&mut self, definition: MetricDefinition) {
        self.names.insert(definition.metric_id, definition.name.to_string());
    }

    fn log_epoch_summary(&mut self, _summary: EpochSummary) {}
}
