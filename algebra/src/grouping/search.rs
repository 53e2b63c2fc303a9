//! The best groups under a budget of networks (Standley et al. 2020; Fifty et al. 2021), exactly for up to 16 tasks.
//!
//! Each network trains one group and costs one of the budget. A task may be in several groups and is
//! served by the one with its best score; the objective is the mean of these. Depth-first branch and
//! bound over which tasks are served together: the first task not yet served takes a block of the
//! rest, the block takes the best group that holds it, and a branch is cut where even every remaining
//! task's best score could not beat what is known. What was solved for a rest and a budget is kept, so
//! that the time is bounded by the number of nested pairs of sets, 3^tasks, whatever the affinities.
//! Ties go to fewer groups, then to smaller sets with earlier tasks. More tasks are left to the local search next door.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Affinity, Error, GroupScores, MOST_EXACT, Singletons, TaskSet};

/// Scores this close, relative to the largest, count as equal: rounding must not break ties.
const TIE: f64 = 1e-12;

/// A choice of groups that serves every task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    /// The tasks' names.
    pub tasks: Vec<String>,
    /// The groups to train, by their first tasks; each serves at least one task.
    pub groups: Vec<TaskSet>,
    /// For each task, the position in `groups` of the one that serves it.
    pub served_by: Vec<usize>,
    /// For each task, its predicted score in that group.
    pub scores: Vec<f64>,
    /// The mean of the scores.
    pub objective: f64,
}

/// The best groups by mean affinity over partners, where a task alone is the last resort.
///
/// # Errors
/// A budget of zero, or more tasks than [`MOST_TASKS`](super::MOST_TASKS).
pub fn best_groups(affinity: &Affinity, budget: usize) -> Result<Grouping, Error> {
    GroupScores::from_pairs(affinity, &Singletons::LastResort)?.best_groups(budget)
}

impl GroupScores {
    /// The groups, at most `budget`, with the highest mean over tasks of the best score: exactly for up to
    /// [`MOST_EXACT`] tasks, by [local search](Self::good_groups) for more.
    ///
    /// # Errors
    /// A budget of zero.
    pub fn best_groups(&self, budget: usize) -> Result<Grouping, Error> {
        if budget == 0 {
            return Err(Error::NoBudget);
        }
        if self.tasks() > MOST_EXACT {
            return self.good_groups(budget);
        }
        let all = TaskSet::first(self.tasks());
        let budget = budget.min(self.tasks());
        let mut search = Search::new(self, budget);
        let best = search.solve(all, budget);
        // The fewest groups that are as good.
        let fewest = (1..budget).find(|fewer| !search.better(best, search.known(all, *fewer)));
        Ok(self.grouping(search.groups(all, fewest.unwrap_or(budget))))
    }

    /// Lets every task be served by its best group.
    pub(super) fn grouping(&self, mut groups: Vec<TaskSet>) -> Grouping {
        groups.sort_by_key(|group| group.tasks().collect::<Vec<_>>());
        groups.dedup();
        let best = |groups: &[TaskSet], task: usize| {
            let scored = groups.iter().enumerate();
            scored
                .filter_map(|(at, group)| Some((at, self.get(*group, task)?)))
                .reduce(|best, next| if next.1 > best.1 { next } else { best })
                .expect("the search's groups hold every task")
        };
        let tasks = 0..self.tasks();
        let serving: Vec<usize> = tasks.clone().map(|task| best(&groups, task).0).collect();
        let mut at = 0..;
        groups.retain(|_| at.next().is_some_and(|at| serving.contains(&at)));
        let (served_by, scores): (_, Vec<f64>) = tasks.map(|task| best(&groups, task)).unzip();
        let objective = scores.iter().sum::<f64>() / scores.len() as f64;
        Grouping { tasks: self.names().to_vec(), groups, served_by, scores, objective }
    }
}

/// Sums of scores, and what has been solved so far.
struct Search {
    tie: f64,
    /// By the set of tasks served together: the best sum of their scores in one group that holds
    /// them, and that group.
    blocks: Vec<(f64, TaskSet)>,
    /// By set of tasks: the sum of their best scores in any group.
    optimistic: Vec<f64>,
    /// By budget - 1, then the set of tasks still to serve: the best sum and the first task's block.
    solved: Vec<Vec<Option<(f64, TaskSet)>>>,
}

impl Search {
    fn new(scores: &GroupScores, budget: usize) -> Self {
        let all = TaskSet::first(scores.tasks());
        let sets = all.index() + 1;
        let of = |group, task| scores.get(group, task).unwrap_or(f64::NEG_INFINITY);
        let shared = all.subsets().filter(|group| group.len() > 1);
        let largest =
            shared.flat_map(|g| g.tasks().map(move |t| of(g, t).abs())).fold(0.0, f64::max);
        let mut search = Self {
            tie: TIE * largest,
            blocks: vec![(f64::NEG_INFINITY, TaskSet::EMPTY); sets],
            optimistic: vec![0.0; sets],
            solved: vec![vec![None; sets]; budget],
        };
        let mut sums = vec![0.0; sets];
        let mut own = vec![0.0; scores.tasks()];
        let mut highest = vec![f64::NEG_INFINITY; scores.tasks()];
        for group in all.subsets() {
            for task in group.tasks() {
                own[task] = of(group, task);
                highest[task] = own[task].max(highest[task]);
            }
            for block in group.subsets() {
                sums[block.index()] = extend(&sums, &own, block);
                // Groups come in ascending order: of equals, the first stays.
                if search.better(sums[block.index()], search.blocks[block.index()].0) {
                    search.blocks[block.index()] = (sums[block.index()], group);
                }
            }
        }
        for set in all.subsets() {
            search.optimistic[set.index()] = extend(&search.optimistic, &highest, set);
        }
        search
    }

    fn better(&self, value: f64, than: f64) -> bool {
        value > than + self.tie
    }

    /// The best sum of scores that serves the rest with up to this many groups.
    fn solve(&mut self, rest: TaskSet, budget: usize) -> f64 {
        let Some(first) = rest.lowest() else { return 0.0 };
        if let Some((value, _)) = self.solved[budget - 1][rest.index()] {
            return value;
        }
        // All in one group; with more budget, branches that must be better.
        let mut best = (self.blocks[rest.index()].0, rest);
        if budget > 1 {
            best.0 = self.solve(rest, budget - 1);
            best.1 = self.solved[budget - 2][rest.index()].map_or(rest, |(_, block)| block);
            for block in rest.subsets().filter(|block| block.contains(first)) {
                let (value, left) = (self.blocks[block.index()].0, rest.without(block));
                if self.better(value + self.optimistic[left.index()], best.0) {
                    let value = value + self.solve(left, budget - 1);
                    if self.better(value, best.0) {
                        best = (value, block);
                    }
                }
            }
        }
        self.solved[budget - 1][rest.index()] = Some(best);
        best.0
    }

    /// A value that solving with a larger budget has left behind.
    fn known(&self, rest: TaskSet, budget: usize) -> f64 {
        self.solved[budget - 1][rest.index()].map_or(f64::NEG_INFINITY, |(value, _)| value)
    }

    /// The groups of the best solution.
    fn groups(&mut self, all: TaskSet, budget: usize) -> Vec<TaskSet> {
        let (mut rest, mut budget, mut groups) = (all, budget, Vec::new());
        while !rest.is_empty() {
            self.solve(rest, budget);
            let (_, block) = self.solved[budget - 1][rest.index()].unwrap_or((0.0, rest));
            groups.push(self.blocks[block.index()].1);
            rest = rest.without(block);
            budget -= 1;
        }
        groups
    }
}

/// The sum of values over a set, from that of the set without its lowest task.
fn extend(sums: &[f64], values: &[f64], set: TaskSet) -> f64 {
    let Some(lowest) = set.lowest() else { return 0.0 };
    let others = set.without(TaskSet::of(&[lowest]).unwrap_or_default());
    values[lowest] + sums[others.index()]
}

impl fmt::Display for Grouping {
    /// `{a, b}, {b, c}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |group: &TaskSet| {
            let names: Vec<&str> = group.tasks().map(|task| self.tasks[task].as_str()).collect();
            format!("{{{}}}", names.join(", "))
        };
        let groups: Vec<String> = self.groups.iter().map(name).collect();
        f.pad(&groups.join(", "))
    }
}
