//! What a contestant says: that it is ready, and how long its steps or epochs took.

use serde::{Deserialize, Serialize};
use taskgraft::stats::quartiles;

/// What a contestant says when it could begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Of the framework.
    pub version: String,
    pub parameters: u64,
}

/// What a contestant says of the steps it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Of each step, or of each task's epoch.
    pub seconds: Vec<f64>,
    /// The most memory of its process so far, in bytes, where the system says.
    pub peak_memory: Option<u64>,
    /// Of the last step; none of generation and of epochs.
    pub loss: Option<f64>,
    /// Of each epoch.
    #[serde(default)]
    pub epochs: Vec<Epoch>,
}

/// What an epoch of a task came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The task's headline metric on its dev set, times 100.
    pub score: f64,
    /// Tokens that were trained on, padding not counted.
    pub tokens: u64,
    /// The same with padding.
    pub computed: u64,
}

impl Round {
    /// This and what was done after it.
    pub fn and(mut self, next: Self) -> Self {
        self.seconds.extend(next.seconds);
        self.epochs.extend(next.epochs);
        Self { peak_memory: next.peak_memory, loss: next.loss, ..self }
    }

    /// Seconds that rounds are compared by: of the median step, or of all epochs.
    pub fn time(&self) -> f64 {
        match self.epochs.is_empty() {
            true => quartiles(&self.seconds)[1],
            false => self.seconds.iter().sum(),
        }
    }
}
