//! The order of draws: which task, and which of its examples, stands at which position of an endless stream.
//!
//! Tasks are drawn by stratified sampling: the stream is cut into blocks, each task has its share of every block, and
//! the order within a block is a permutation chosen by the seed. Shares are rounded so that at the end of a block no
//! task is more than one draw from its share of the stream up to there; between two ends, order is chance, and a few
//! draws may all be of one task. A task's own examples come in epochs, each a new permutation. A block is found
//! without visiting those before it, also where shares change along the stream.

use std::ops::Range;

use super::{
    permutation::{hash, permute},
    schedule::ShareCurve,
};

/// Draws of a block where shares don't change.
pub(super) const BLOCK: u64 = 1024;

/// The order of tasks.
#[derive(Clone, Debug)]
pub(super) struct TaskStream {
    shares: ShareCurve,
    block: u64,
    seed: u64,
}

impl TaskStream {
    /// A stream in blocks of `block` draws, within which shares are not told apart.
    pub fn new(shares: ShareCurve, block: u64, seed: u64) -> Self {
        Self { shares, block, seed }
    }

    pub fn shares(&self) -> &ShareCurve {
        &self.shares
    }

    /// Draws of `task` before block `block`.
    fn drawn_before(&self, task: usize, block: u64) -> u64 {
        // Phases differ by task so that rare tasks don't all come in the same block.
        let phase = (task as f64 + 0.5) / self.shares.tasks() as f64;
        (self.shares.draws_before(task, block * self.block) + phase).floor() as u64
    }

    fn start_of(&self, block: u64) -> u64 {
        (0..self.shares.tasks()).map(|t| self.drawn_before(t, block)).sum()
    }

    /// For each position of `range`: the task, and how often it was drawn before.
    pub fn draws(&self, range: Range<u64>) -> Vec<(usize, u64)> {
        let mut block = range.start / self.block;
        while self.start_of(block + 1) <= range.start {
            block += 1;
        }
        while self.start_of(block) > range.start {
            block -= 1;
        }
        let mut draws = Vec::with_capacity((range.end - range.start + self.block) as usize);
        let first = self.start_of(block);
        while first + (draws.len() as u64) < range.end {
            self.push_block(block, &mut draws);
            block += 1;
        }
        draws.truncate((range.end - first) as usize);
        draws.drain(..(range.start - first) as usize);
        draws
    }

    /// The draws of one block: each task's share of it, in permuted order.
    fn push_block(&self, block: u64, draws: &mut Vec<(usize, u64)>) {
        let tasks = 0..self.shares.tasks();
        let mut next: Vec<u64> = tasks.clone().map(|t| self.drawn_before(t, block)).collect();
        let mut turns = Vec::new();
        for task in tasks {
            let count = self.drawn_before(task, block + 1) - next[task];
            turns.extend(std::iter::repeat_n(task, count as usize));
        }
        let key = hash(&[self.seed, block]);
        for position in 0..turns.len() {
            let task = turns[permute(key, turns.len(), position)];
            draws.push((task, next[task]));
            next[task] += 1;
        }
    }
}

/// The example of a task with `size` examples that its `draw`-th draw takes: a new permutation every epoch.
pub(super) fn example_at(key: u64, size: usize, draw: u64) -> usize {
    let (epoch, within) = (draw / size as u64, (draw % size as u64) as usize);
    permute(hash(&[key, epoch]), size, within)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn draws_of_each_task_are_numbered_without_gaps_and_match_their_share(
            raw in proptest::collection::vec(1e-4f64..1.0, 1..9), seed: u64,
        ) {
            let total: f64 = raw.iter().sum();
            let shares: Vec<f64> = raw.iter().map(|r| r / total).collect();
            let stream = TaskStream::new(ShareCurve::constant(shares.clone()), BLOCK, seed);
            let n = stream.start_of(5);
            let mut draws = vec![Vec::new(); shares.len()];
            for (task, draw) in stream.draws(0..n) {
                draws[task].push(draw);
            }
            for (task, seen) in draws.into_iter().enumerate() {
                prop_assert!(seen.iter().enumerate().all(|(i, &d)| i as u64 == d));
                prop_assert!((seen.len() as f64 - 5.0 * BLOCK as f64 * shares[task]).abs() <= 1.0);
            }
        }
    }

    #[test]
    fn any_part_of_the_stream_can_be_asked_for() {
        let stream = TaskStream::new(ShareCurve::constant(vec![0.7, 0.2, 0.1]), BLOCK, 5);
        let all = stream.draws(0..5000);
        for (start, end) in [(0, 1), (1023, 1025), (100, 4000), (2048, 2048), (4999, 5000)] {
            assert_eq!(stream.draws(start..end), all[start as usize..end as usize]);
        }
    }

    #[test]
    fn a_task_sees_every_example_once_an_epoch_in_a_new_order() {
        let epoch = |e: u64| (0..50).map(|i| example_at(3, 50, e * 50 + i)).collect::<Vec<_>>();
        let (mut first, mut second) = (epoch(0), epoch(1));
        assert_ne!(first, second);
        first.sort_unstable();
        second.sort_unstable();
        assert_eq!(first, (0..50).collect::<Vec<_>>());
        assert_eq!(second, first);
    }
}
