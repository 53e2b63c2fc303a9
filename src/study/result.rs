//! What a finished stage leaves behind, beside files.

use serde::{Deserialize, Serialize};
use taskgraft_tasks::mixture::PaddingWaste;

use crate::evaluation::TaskScores;

/// Scores and figures of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageResult {
    /// Dev scores of the network that was kept, of the tasks that are scored.
    pub scores: Vec<TaskScores>,
    /// Step and scores of every evaluation.
    pub evaluations: Vec<(u64, Vec<TaskScores>)>,
    pub steps: u64,
    /// Time in training steps, evaluation excluded.
    pub step_seconds: f64,
    /// The most memory the process held while it trained, in bytes, where the system says.
    #[serde(default)]
    pub peak_memory: Option<u64>,
    pub padding: PaddingWaste,
    /// Steps left out, since a loss or gradient was not finite.
    #[serde(default)]
    pub skipped: u64,
    /// Task, share of draws asked for, share realised, and loss weight.
    pub rates: Vec<TaskRate>,
    /// Trained numbers in the network.
    pub parameters: usize,
}

impl StageResult {
    /// The dev scores of a task.
    pub fn dev(&self, task: &str) -> Option<&TaskScores> {
        self.scores.iter().find(|scores| scores.task == task)
    }

    /// The main dev score of a task.
    pub fn dev_score(&self, task: &str) -> Option<f64> {
        self.dev(task).map(TaskScores::main)
    }
}

/// What a mixture did with one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskRate {
    pub task: String,
    pub examples: usize,
    pub requested: f64,
    pub realised: f64,
    pub loss_weight: f64,
}
