//! What a mixture really did: realised rates and tokens spent on padding.

use serde::{Deserialize, Serialize};

use super::{MixturePlan, TokenBatch};

/// Tokens computed and tokens that were real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaddingWaste {
    pub real: u64,
    pub computed: u64,
}

impl PaddingWaste {
    /// Counts one batch.
    pub fn add(&mut self, batch: &TokenBatch) {
        self.real += batch.lengths.iter().map(|&l| u64::from(l)).sum::<u64>();
        self.computed += (batch.rows * batch.width) as u64;
    }

    /// Counts what another has counted.
    pub fn merge(&mut self, other: PaddingWaste) {
        self.real += other.real;
        self.computed += other.computed;
    }

    /// Share of computed tokens that were padding, in [0, 1].
    pub fn fraction(&self) -> f64 {
        if self.computed == 0 { 0.0 } else { 1.0 - self.real as f64 / self.computed as f64 }
    }
}

/// Examples drawn of each task, against what was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RealisedRates {
    /// Share asked for, by task.
    pub requested: Vec<f64>,
    /// Examples drawn, by task.
    pub drawn: Vec<u64>,
}

impl RealisedRates {
    /// Counts the draws of steps `0..steps` of a plan.
    pub fn of(plan: &MixturePlan, steps: u64) -> Self {
        let requested: Vec<f64> = plan.shares().iter().map(|s| s.share).collect();
        let mut drawn = vec![0; requested.len()];
        for step in 0..steps.min(plan.steps()) {
            for draw in plan.batch(step).draws {
                drawn[draw.task] += 1;
            }
        }
        Self { requested, drawn }
    }

    /// Share drawn, by task.
    pub fn realised(&self) -> Vec<f64> {
        let total = self.drawn.iter().sum::<u64>().max(1) as f64;
        self.drawn.iter().map(|&d| d as f64 / total).collect()
    }
}
