//! A group and its neighbours, whose scores follow from its own without adding up all affinities again.

use super::{GroupScores, TaskSet};

/// A group, and for every task the sum of its affinities to the others in it, from which those of neighbours follow.
pub(super) struct Around<'a> {
    scores: &'a GroupScores,
    pub(super) set: TaskSet,
    totals: Vec<f64>,
}

impl<'a> Around<'a> {
    pub(super) fn of(scores: &'a GroupScores, set: TaskSet) -> Self {
        let total =
            |task| set.tasks().filter(|p| *p != task).map(|p| scores.affinity().get(task, p)).sum();
        Self { scores, set, totals: (0..scores.tasks()).map(total).collect() }
    }

    pub(super) fn changed(&self, changes: [Option<usize>; 2]) -> TaskSet {
        changes.into_iter().flatten().fold(self.set, TaskSet::toggled)
    }

    /// A task's sum of affinities once tasks have been put in or taken out.
    pub(super) fn total(&self, task: usize, changes: [Option<usize>; 2]) -> f64 {
        let others = changes.into_iter().flatten().filter(|other| *other != task);
        let change = |other: usize| {
            let affinity = self.scores.affinity().get(task, other);
            if self.set.contains(other) { -affinity } else { affinity }
        };
        self.totals[task] + others.map(change).sum::<f64>()
    }
}
