//! A set of tasks as the bits of a word.

use serde::{Deserialize, Serialize};

use super::Error;

/// The most tasks that groups are searched over.
pub const MOST_TASKS: usize = 64;

/// The most tasks for which the search is exact: its time grows as 3 to this power.
pub const MOST_EXACT: usize = 16;

/// A set of tasks; bit i stands for the i-th task. Ordered by that word, so that a set comes after its
/// own subsets.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "Vec<usize>", into = "Vec<usize>")]
pub struct TaskSet(u64);

impl TaskSet {
    /// The set with no task.
    pub const EMPTY: Self = Self(0);

    /// The first `tasks` tasks, at most [`MOST_TASKS`].
    pub fn first(tasks: usize) -> Self {
        Self(if tasks >= MOST_TASKS { u64::MAX } else { (1 << tasks) - 1 })
    }

    /// The set of these tasks. `None` if one is not below [`MOST_TASKS`].
    pub fn of(tasks: &[usize]) -> Option<Self> {
        tasks.iter().try_fold(Self::EMPTY, |set, task| {
            (*task < MOST_TASKS).then(|| Self(set.0 | (1 << task)))
        })
    }

    /// Whether a task is in the set.
    pub fn contains(self, task: usize) -> bool {
        task < MOST_TASKS && self.0 & (1 << task) != 0
    }

    /// Whether all of another set's tasks are in this one.
    pub fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Number of tasks.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no task is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The tasks, ascending.
    pub fn tasks(self) -> impl Iterator<Item = usize> {
        (0..MOST_TASKS).filter(move |task| self.contains(*task))
    }

    /// All sets of these tasks but the empty one, in ascending order.
    pub(super) fn subsets(self) -> impl Iterator<Item = Self> {
        let after = move |set: &Self| {
            // Counts through the bits of `self` alone.
            let next = set.0.wrapping_sub(self.0) & self.0;
            (next != 0).then_some(Self(next))
        };
        std::iter::successors(after(&Self::EMPTY), after)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn lowest(self) -> Option<usize> {
        (!self.is_empty()).then(|| self.0.trailing_zeros() as usize)
    }

    /// The set with a task put in if it was out, and taken out if it was in.
    pub(super) fn toggled(self, task: usize) -> Self {
        Self(self.0 ^ (1 << task))
    }

    /// The set's place in a table of all sets of up to [`MOST_EXACT`] tasks.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl From<TaskSet> for Vec<usize> {
    fn from(set: TaskSet) -> Self {
        set.tasks().collect()
    }
}

impl TryFrom<Vec<usize>> for TaskSet {
    type Error = Error;

    fn try_from(tasks: Vec<usize>) -> Result<Self, Error> {
        let largest = tasks.iter().max().map_or(0, |task| task.saturating_add(1));
        Self::of(&tasks).ok_or(Error::TooManyTasks { tasks: largest, most: MOST_TASKS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_all_but_the_empty_one_in_ascending_order() {
        let set = TaskSet::of(&[0, 2, 63]).unwrap();
        let subsets: Vec<u64> = set.subsets().map(|s| s.0).collect();
        let last = 1 << 63;
        assert_eq!(subsets, [1, 4, 5, last, last + 1, last + 4, last + 5]);
        assert_eq!(TaskSet::EMPTY.subsets().count(), 0);
        assert_eq!(TaskSet::first(16).subsets().count(), 65_535);
    }

    #[test]
    fn membership_follows_the_tasks_given() {
        let set = TaskSet::of(&[1, 3]).unwrap();
        assert_eq!(set.tasks().collect::<Vec<_>>(), [1, 3]);
        assert_eq!((set.len(), set.lowest(), set.contains(2)), (2, Some(1), false));
        assert!(TaskSet::first(4).includes(set) && !set.includes(TaskSet::first(4)));
        assert_eq!(TaskSet::of(&[64]), None);
    }

    #[test]
    fn a_set_is_saved_as_the_list_of_its_tasks() {
        let set = TaskSet::of(&[4, 0]).unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), "[0,4]");
        assert_eq!(serde_json::from_str::<TaskSet>("[4,0]").unwrap(), set);
        assert!(serde_json::from_str::<TaskSet>("[64]").is_err());
    }
}
