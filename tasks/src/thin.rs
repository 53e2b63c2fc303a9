//! A part of a task's examples, for quick looks and small machines.
//!
//! Which examples are kept depends on their places alone, and those of a smaller limit are among those of a larger one.

use crate::{
    Example, Split, Task,
    mixture::{hash, permute},
};

impl Task {
    /// Keeps at most so many examples of each split: always the same ones, spread over the split, in its order and with
    /// their ids. Where training pairs are left out, the task is no longer symmetric: the ids of swapped copies are
    /// defined for the whole training data alone (see [`Task::swapped_pairs`]).
    pub fn thin(&mut self, most: usize) {
        let whole = self.split(Split::Train).len();
        self.splits.values_mut().for_each(|examples| keep(examples, most));
        self.spec.symmetric &= self.split(Split::Train).len() == whole;
    }
}

fn keep(examples: &mut Vec<Example>, most: usize) {
    let size = examples.len();
    if size <= most {
        return;
    }
    let key = hash(&[0x7468_696e]);
    let mut kept = vec![false; size];
    (0..most).for_each(|i| kept[permute(key, size, i)] = true);
    let mut places = kept.into_iter();
    examples.retain(|_| places.next().unwrap_or(false));
}
