//! From mixture settings to batches: the plan of a whole run.
//!
//! Positions of the stream are taken a window at a time. Within a window draws are sorted by length and cut into
//! batches, whose order is then permuted: batches hold texts of like length, and training still sees lengths in random
//! order. A window of one batch switches that off.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    permutation::{hash, permute},
    rate::{Balance, Rate, TaskBalance, balance},
    schedule::{RateSchedule, ShareCurve},
    stream::{BLOCK, TaskStream, example_at},
};
use crate::{Error, Result};

/// Whether a batch may hold several tasks.
///
/// ```
/// use taskgraft_tasks::mixture::{Composition, MixtureConfig, MixturePlan, TaskLengths};
///
/// let composition = Composition::EachTask;
/// let config = MixtureConfig { composition, batch_size: 8, ..MixtureConfig::default() };
/// let tasks = [100, 400].map(|size| TaskLengths { key: size, lengths: vec![12; size as usize] });
/// let batch = MixturePlan::new(config, tasks.to_vec(), 10, 0)?.batch(0);
/// assert_eq!(batch.draws.iter().filter(|draw| draw.task == 0).count(), 8);
/// assert_eq!(batch.draws.iter().filter(|draw| draw.task == 1).count(), 8);
/// # Ok::<(), taskgraft_tasks::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Composition {
    /// Examples of all tasks are shuffled together (BAM).
    #[default]
    Mixed,
    /// Every batch is of one task (MT-DNN, jiant).
    OneTask,
    /// A batch has `batch_size` examples of every task, one task after the other, for methods that weigh tasks by
    /// their gradients. Rates play no part.
    EachTask,
}

/// Beyond this, sizes multiply to what no machine has, and numbers overflow.
const LARGEST: usize = 1 << 20;

/// Enough draws that their order in a block is no pattern.
const SHORTEST_BLOCK: u64 = 16;

/// How tasks are mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MixtureConfig {
    /// How large a share of the examples each task has; with a schedule, at its start.
    pub rate: Rate,
    /// Rates of later steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<RateSchedule>,
    /// Whole copies of tasks with loss weights (BAM), or tasks drawn at their rate.
    pub balance: Balance,
    /// Which tasks a batch holds.
    pub composition: Composition,
    /// Examples in a batch; with `each_task`, of each task.
    #[schemars(range(min = 1, max = LARGEST))]
    pub batch_size: usize,
    /// Batches whose examples are sorted by length together; 1 switches length buckets off.
    #[schemars(range(min = 1, max = LARGEST))]
    pub bucket_window: usize,
}

impl Default for MixtureConfig {
    fn default() -> Self {
        Self {
            rate: Rate::SizePower(0.75),
            schedule: None,
            balance: Balance::Copies,
            composition: Composition::Mixed,
            batch_size: 32,
            bucket_window: 32,
        }
    }
}

impl MixtureConfig {
    /// Examples-proportional sampling, every batch as the stream has it: how T5 mixes, and what packing wants, which
    /// fills rows itself.
    pub fn sampled() -> Self {
        let (rate, balance) = (Rate::Proportional, Balance::Sampling);
        Self { rate, balance, bucket_window: 1, ..Self::default() }
    }

    fn balance(&self, sizes: &[usize]) -> Result<Vec<TaskBalance>> {
        match self.composition {
            Composition::EachTask => balance(&Rate::Uniform, Balance::Sampling, sizes),
            _ => balance(&self.rate, self.balance, sizes),
        }
    }

    /// Shares along the stream of draws, or of batches where each is of one task; and how many of them a block has.
    fn shares(&self, start: &[TaskBalance], sizes: &[usize]) -> Result<(ShareCurve, u64)> {
        let start = start.iter().map(|b| b.share).collect();
        let Some(schedule) = &self.schedule else {
            return Ok((ShareCurve::constant(start), BLOCK));
        };
        if self.balance == Balance::Copies || self.composition == Composition::EachTask {
            return Err(Error::Invalid(
                "rates that change over training need `balance=sampling` and another `composition` than `each_task`"
                    .into(),
            ));
        }
        let per_step =
            if self.composition == Composition::Mixed { self.batch_size as u64 } else { 1 };
        Ok((schedule.curve(start, sizes, per_step)?, per_step.max(SHORTEST_BLOCK)))
    }
}

/// One example in a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// Index of the task in the mixture.
    pub task: usize,
    /// Index into the task's training examples.
    pub example: usize,
    /// Factor on its loss.
    pub weight: f32,
}

/// The examples of one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchPlan {
    pub step: u64,
    pub draws: Vec<Draw>,
}

/// What a plan needs to know of a task.
#[derive(Clone, Debug)]
pub struct TaskLengths {
    /// Chooses the order of the task's examples together with the seed; a hash of its name, so that the order is the
    /// same whichever tasks are beside it.
    pub key: u64,
    /// Tokens of each training example.
    pub lengths: Vec<u32>,
}

/// The batches of a run as a function of the step.
#[derive(Clone, Debug)]
pub struct MixturePlan {
    config: MixtureConfig,
    balance: Vec<TaskBalance>,
    tasks: Vec<TaskLengths>,
    stream: TaskStream,
    seed: u64,
    steps: u64,
}

impl MixturePlan {
    /// Plans `steps` batches over `tasks`.
    ///
    /// # Errors
    /// A batch or window of size 0, no tasks, a task without examples, or a rate that makes no sense.
    pub fn new(
        config: MixtureConfig,
        tasks: Vec<TaskLengths>,
        steps: u64,
        seed: u64,
    ) -> Result<Self> {
        if config.batch_size == 0 || config.bucket_window == 0 {
            let (batch, window) = (config.batch_size, config.bucket_window);
            return Err(Error::Invalid(format!(
                "`batch_size` is {batch} and `bucket_window` {window}; each must be at least 1"
            )));
        }
        let sizes: Vec<usize> = tasks.iter().map(|t| t.lengths.len()).collect();
        let balance = config.balance(&sizes)?;
        let (shares, block) = config.shares(&balance, &sizes)?;
        let stream = TaskStream::new(shares, block, hash(&[seed, 0x7461_736b]));
        Ok(Self { config, balance, tasks, stream, seed, steps })
    }

    /// Batches in one epoch of a mixture of tasks of the given sizes: all its copies once.
    ///
    /// # Errors
    /// As [`Rate::shares`].
    pub fn steps_per_epoch(config: &MixtureConfig, sizes: &[usize]) -> Result<f64> {
        let balance = config.balance(sizes)?;
        let examples: f64 = balance.iter().zip(sizes).map(|(b, &s)| b.copies * s as f64).sum();
        let tasks = if config.composition == Composition::EachTask { sizes.len() } else { 1 };
        Ok(examples / (tasks * config.batch_size) as f64)
    }

    /// Number of batches.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Equal parts of a batch that are computed by themselves: one for each task with [`Composition::EachTask`].
    pub fn groups(&self) -> usize {
        if self.config.composition == Composition::EachTask { self.tasks.len() } else { 1 }
    }

    /// The share of each task that steps `0..steps` are to have together.
    pub fn requested(&self, steps: u64) -> Vec<f64> {
        let per_step = match self.config.composition {
            Composition::OneTask => 1,
            _ => self.config.batch_size as u64,
        };
        self.stream.shares().mean(steps * per_step)
    }

    /// Shares and loss weights, in the order of the tasks; at the start of the training where rates change.
    pub fn shares(&self) -> &[TaskBalance] {
        &self.balance
    }

    /// The batch of `step`, counted from 0.
    ///
    /// # Panics
    /// If `step` is not below [`steps`](Self::steps).
    pub fn batch(&self, step: u64) -> BatchPlan {
        assert!(step < self.steps, "step {step} of a plan of {} steps", self.steps);
        let window = self.config.bucket_window as u64;
        let first = step / window * window;
        let batches = window.min(self.steps - first) as usize;
        let slot =
            permute(hash(&[self.seed, 0x6275_636b, first]), batches, (step - first) as usize);
        let draws = match self.config.composition {
            Composition::Mixed => self.mixed_batch(first, batches, slot),
            Composition::OneTask => self.one_task_batch(first, batches, slot),
            Composition::EachTask => self.each_task_batch(step, first, batches),
        };
        BatchPlan { step, draws }
    }

    fn mixed_batch(&self, first: u64, batches: usize, slot: usize) -> Vec<Draw> {
        let size = self.config.batch_size;
        let start = first * size as u64;
        let stream = self.stream.draws(start..start + (batches * size) as u64);
        let mut draws: Vec<Draw> =
            stream.into_iter().map(|(task, draw)| self.draw(task, draw)).collect();
        if batches > 1 {
            self.sort_by_length(&mut draws);
        }
        draws[slot * size..(slot + 1) * size].to_vec()
    }

    fn one_task_batch(&self, first: u64, batches: usize, slot: usize) -> Vec<Draw> {
        let size = self.config.batch_size as u64;
        let turns = self.stream.draws(first..first + batches as u64);
        let task = turns[slot].0;
        let rank = turns[..slot].iter().filter(|turn| turn.0 == task).count();
        let mut draws: Vec<Draw> = turns
            .iter()
            .filter(|turn| turn.0 == task)
            .flat_map(|(_, turn)| turn * size..(turn + 1) * size)
            .map(|draw| self.draw(task, draw))
            .collect();
        self.sort_by_length(&mut draws);
        draws[rank * size as usize..(rank + 1) * size as usize].to_vec()
    }

    fn each_task_batch(&self, step: u64, first: u64, batches: usize) -> Vec<Draw> {
        let size = self.config.batch_size;
        let of_task = |task: usize| {
            let start = first * size as u64;
            let mut draws: Vec<Draw> = (start..start + (batches * size) as u64)
                .map(|draw| self.draw(task, draw))
                .collect();
            if batches > 1 {
                self.sort_by_length(&mut draws);
            }
            let key = hash(&[self.seed, 0x6561_6368, first, self.tasks[task].key]);
            let slot = permute(key, batches, (step - first) as usize);
            draws[slot * size..(slot + 1) * size].to_vec()
        };
        (0..self.tasks.len()).flat_map(of_task).collect()
    }

    fn draw(&self, task: usize, draw: u64) -> Draw {
        let TaskLengths { key, lengths } = &self.tasks[task];
        let example = example_at(hash(&[self.seed, *key]), lengths.len(), draw);
        Draw { task, example, weight: self.balance[task].loss_weight as f32 }
    }

    /// Longest first; the sort is stable, so equal lengths keep the order of the stream.
    fn sort_by_length(&self, draws: &mut [Draw]) {
        draws.sort_by_key(|d| std::cmp::Reverse(self.tasks[d.task].lengths[d.example]));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn lengths(sizes: &[usize]) -> Vec<TaskLengths> {
        let length = |t: usize, i: usize| 5 + (hash(&[t as u64, i as u64]) % 60) as u32;
        let task = |(t, &s): (usize, &usize)| TaskLengths {
            key: t as u64,
            lengths: (0..s).map(|i| length(t, i)).collect(),
        };
        sizes.iter().enumerate().map(task).collect()
    }

    fn plan(composition: Composition, window: usize, sizes: &[usize], steps: u64) -> MixturePlan {
        let config = MixtureConfig {
            composition,
            bucket_window: window,
            batch_size: 8,
            balance: Balance::Sampling,
            ..Default::default()
        };
        MixturePlan::new(config, lengths(sizes), steps, 11).unwrap()
    }

    #[test]
    fn buckets_change_the_batches_but_not_what_is_drawn() {
        let count = |window| {
            let plan = plan(Composition::Mixed, window, &[40, 200, 90], 50);
            let mut seen = BTreeMap::new();
            for step in 0..50 {
                for d in plan.batch(step).draws {
                    *seen.entry((d.task, d.example)).or_insert(0) += 1;
                }
            }
            seen
        };
        assert_eq!(count(1), count(16));
    }

    #[test]
    fn an_epoch_of_one_task_holds_every_example_once() {
        let plan = plan(Composition::Mixed, 7, &[96], 12);
        let mut seen: Vec<usize> =
            (0..12).flat_map(|s| plan.batch(s).draws).map(|d| d.example).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..96).collect::<Vec<_>>());
    }

    #[test]
    fn one_task_batches_hold_one_task_at_its_rate() {
        let plan = plan(Composition::OneTask, 16, &[100, 1000], 2048);
        let mut batches = [0f64; 2];
        for step in 0..2048 {
            let draws = plan.batch(step).draws;
            assert_eq!(draws.len(), 8);
            assert!(draws.iter().all(|d| d.task == draws[0].task));
            batches[draws[0].task] += 1.0;
        }
        assert!((batches[1] / 2048.0 - plan.shares()[1].share).abs() < 0.01);
    }

    #[test]
    fn batches_of_each_task_hold_them_all_and_cover_their_epochs() {
        for window in [1, 5] {
            let plan = plan(Composition::EachTask, window, &[80, 40], 10);
            let mut seen = BTreeMap::new();
            for step in 0..10 {
                let draws = plan.batch(step).draws;
                assert_eq!(draws.len(), 16);
                assert!(draws.iter().enumerate().all(|(i, d)| d.task == i / 8 && d.weight == 1.0));
                for draw in draws {
                    *seen.entry((draw.task, draw.example)).or_insert(0) += 1;
                }
            }
            assert!((0..80).all(|i| seen[&(0, i)] == 1), "one epoch");
            assert!((0..40).all(|i| seen[&(1, i)] == 2), "two epochs");
        }
    }

    #[test]
    fn one_task_batches_cover_an_epoch_without_repeats() {
        let plan = plan(Composition::OneTask, 5, &[80], 10);
        let mut seen: Vec<usize> =
            (0..10).flat_map(|s| plan.batch(s).draws).map(|d| d.example).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..80).collect::<Vec<_>>());
    }

    #[test]
    fn asking_in_another_order_gives_the_same_batches() {
        let plan = plan(Composition::Mixed, 8, &[40, 200], 30);
        let forward: Vec<_> = (0..30).map(|s| plan.batch(s)).collect();
        let mut backward: Vec<_> = (0..30).rev().map(|s| plan.batch(s)).collect();
        backward.reverse();
        assert_eq!(forward, backward);
    }
}
