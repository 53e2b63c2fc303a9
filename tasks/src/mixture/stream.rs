//! The order of draws: which task, and which of its examples, stands at which position of an endless stream.
//!
//! Tasks are drawn by stratified sampling: the stream is cut into blocks, each task has its share of every block
//! (rounded so that the error never exceeds one draw over the whole stream), and the order within a block is a
//! permutation chosen by the seed. A task's own examples come in epochs, each a new permutation. All of it is closed
//! form: position p is found without visiting those before it.

use super::permutation::{hash, permute};

const BLOCK: f64 = 1024.0;

/// Positions to (task, how-manieth draw of that task).
#[derive(Clone, Debug)]
pub(super) struct TaskStream {
    shares: Vec<f64>,
    seed: u64,
}

impl TaskStream {
    pub fn new(shares: Vec<f64>, seed: u64) -> Self {
        Self { shares, seed }
    }

    /// Draws of `task` before block `block`.
    fn drawn_before(&self, task: usize, block: u64) -> u64 {
        // Phases differ by task so that rare tasks don't all come in the same block.
        let phase = (task as f64 + 0.5) / self.shares.len() as f64;
        (block as f64 * BLOCK * self.shares[task] + phase).floor() as u64
    }

    fn start_of(&self, block: u64) -> u64 {
        (0..self.shares.len()).map(|t| self.drawn_before(t, block)).sum()
    }

    /// The task at `position` and the number of its draws before this one.
    pub fn at(&self, position: u64) -> (usize, u64) {
        let mut block = position / BLOCK as u64;
        while self.start_of(block + 1) <= position {
            block += 1;
        }
        while self.start_of(block) > position {
            block -= 1;
        }
        let start = self.start_of(block);
        let length = (self.start_of(block + 1) - start) as usize;
        let mut slot = permute(hash(&[self.seed, block]), length, (position - start) as usize) as u64;
        for task in 0..self.shares.len() {
            let (before, after) = (self.drawn_before(task, block), self.drawn_before(task, block + 1));
            if slot < after - before {
                return (task, before + slot);
            }
            slot -= after - before;
        }
        unreachable!("the tasks' shares of a block add up to its length")
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
            let stream = TaskStream::new(shares.clone(), seed);
            let n = stream.start_of(5);
            let mut draws = vec![Vec::new(); shares.len()];
            for position in 0..n {
                let (task, draw) = stream.at(position);
                draws[task].push(draw);
            }
            for (task, mut seen) in draws.into_iter().enumerate() {
                seen.sort_unstable();
                prop_assert!(seen.iter().enumerate().all(|(i, &d)| i as u64 == d));
                prop_assert!((seen.len() as f64 - 5.0 * BLOCK * shares[task]).abs() <= 1.0);
            }
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
