//! Batches that gradients are taken of: two disjoint halves of every task's drawn examples.
//!
//! Tasks have texts of their own, so their gradients come from different batches, and in a large network two batches
//! give nearly orthogonal gradients even for one task. The second half is what that is measured with. Draws are a
//! function of (seed, step, task's place in the list); of a task whose pairs are there in both orders only one order is
//! drawn, so that the halves share nothing.

use burn::tensor::Device;
use taskgraft_models::kernels::DropoutKey;
use taskgraft_tasks::mixture::{Draw, hash, permute};

use crate::{BatchMaker, MicroBatch, Padding, Result, TaskData, TextConfig};

/// Purpose of the draws.
const PROBE: u64 = 0x0070_726f_6265;

/// One of the two disjoint halves of a task's drawn examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    First,
    Second,
}

/// Draws batches of tasks.
#[derive(Debug, Clone, Copy)]
pub struct ProbeBatches<'a> {
    pub tasks: &'a [TaskData],
    /// Examples of a batch; fewer where a task has too few for two halves.
    pub batch_size: usize,
    /// Batches of a half.
    pub batches: usize,
    pub seed: u64,
    /// Token id of padding.
    pub pad: u32,
}

impl ProbeBatches<'_> {
    /// The batches of a task's half at a step.
    ///
    /// # Errors
    /// A text that can't be laid out.
    pub fn of(
        &self,
        task: usize,
        half: Half,
        step: u64,
        device: &Device,
    ) -> Result<Vec<MicroBatch>> {
        let data = &self.tasks[task];
        // Swapped copies of pairs stand behind the originals.
        let is_doubled = data.spec.symmetric && data.train.len() > 1;
        let rows = if is_doubled { data.train.len() / 2 } else { data.train.len() };
        let key = hash(&[self.seed, PROBE, step, task as u64]);
        let size = self.batch_size.min(rows / (2 * self.batches.max(1))).max(1);
        let first = match half {
            Half::First => 0,
            Half::Second => size * self.batches,
        };
        let draw = |i| Draw { task, example: permute(key, rows, i % rows), weight: 1.0 };
        let maker = BatchMaker {
            tasks: self.tasks,
            seed: self.seed,
            total: u64::MAX,
            padding: Padding { id: self.pad, multiple: 1, attended: false },
            text: &TextConfig::default(),
            device,
        };
        let batch = |number: usize| {
            let from = first + number * size;
            let draws: Vec<Draw> = (from..from + size).map(draw).collect();
            let dropout = DropoutKey::new(key, 0);
            Ok(maker.make(&draws, &draws, step, dropout)?)
        };
        (0..self.batches).map(batch).collect()
    }
}
