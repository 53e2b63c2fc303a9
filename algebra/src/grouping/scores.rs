//! What every task is worth in every group.
//!
//! From pairs, by the higher-order approximation (Standley et al. 2020): the score of a task in a group
//! is the mean over its partners of the pair's affinity. A task alone has no partners; what it is worth
//! then is a choice ([`Singletons`]). Where a larger group was trained and measured, its scores replace
//! the approximation.

use std::collections::BTreeMap;

use super::{Affinity, Error, MOST_TASKS, TaskSet};

/// The score of a task alone in the released code of TAG: chosen only where nothing else is left.
pub const LAST_RESORT: f64 = -1e6;

/// What a task is worth in a group of its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Singletons {
    /// [`LAST_RESORT`].
    #[default]
    LastResort,
    /// One value for every task: 0 where affinities are gains over single-task training.
    All(f64),
    /// One value per task.
    Each(Vec<f64>),
}

/// The score of every task in every group of up to [`MOST_TASKS`] tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupScores {
    affinity: Affinity,
    /// By task: its score in a group of its own.
    alone: Vec<f64>,
    /// By group, what was measured of its tasks, ascending.
    measured: BTreeMap<TaskSet, Vec<f64>>,
}

impl GroupScores {
    /// Scores all groups by the mean affinity over partners.
    ///
    /// # Errors
    /// More than [`MOST_TASKS`] tasks, or singleton scores that are not finite or not one per task.
    pub fn from_pairs(affinity: &Affinity, singletons: &Singletons) -> Result<Self, Error> {
        let tasks = affinity.tasks();
        if tasks > MOST_TASKS {
            return Err(Error::TooManyTasks { tasks, most: MOST_TASKS });
        }
        let alone = match singletons {
            Singletons::LastResort => vec![LAST_RESORT; tasks],
            Singletons::All(score) => vec![*score; tasks],
            Singletons::Each(scores) => scores.clone(),
        };
        if alone.len() != tasks {
            let (what, found) = ("the list of singleton scores".into(), alone.len());
            return Err(Error::Size { what, tasks, found });
        }
        let scores = Self { affinity: affinity.clone(), alone, measured: BTreeMap::new() };
        for task in 0..tasks {
            let itself = TaskSet::of(&[task]).unwrap_or_default();
            scores.checked(itself, task, scores.alone[task])?;
            // A mean over partners is finite where the largest sums are.
            let sizes: f64 =
                (0..tasks).filter(|p| *p != task).map(|p| affinity.get(task, p).abs()).sum();
            scores.checked(TaskSet::first(tasks), task, sizes)?;
        }
        Ok(scores)
    }

    /// Replaces a group's approximated scores by measured ones, on the same scale as the pairs'.
    ///
    /// # Shapes
    /// `scores`: one per task of the group, in ascending order of tasks.
    ///
    /// # Errors
    /// A group with other tasks than these, another number of scores, or one that is not finite.
    pub fn with_measured(mut self, group: TaskSet, scores: &[f64]) -> Result<Self, Error> {
        let all = TaskSet::first(self.tasks());
        if group.is_empty() || !all.includes(group) {
            let name = format!("{:?}", group.tasks().collect::<Vec<_>>());
            return Err(Error::UnknownTask { name, known: self.names().join(", ") });
        }
        if scores.len() != group.len() {
            let (tasks, found) = (group.len(), scores.len());
            return Err(Error::Size { what: "the measured group".into(), tasks, found });
        }
        for (task, score) in group.tasks().zip(scores) {
            self.checked(group, task, *score)?;
        }
        self.measured.insert(group, scores.to_vec());
        Ok(self)
    }

    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.affinity.tasks()
    }

    /// The tasks' names.
    pub fn names(&self) -> &[String] {
        self.affinity.names()
    }

    /// The score of a task in a group; `None` if it is not in it.
    pub fn get(&self, group: TaskSet, task: usize) -> Option<f64> {
        let known = TaskSet::first(self.tasks()).includes(group) && group.contains(task);
        known.then(|| self.score(group, task))
    }

    /// The score of a task that is in the group.
    pub(super) fn score(&self, group: TaskSet, task: usize) -> f64 {
        let place = || group.tasks().position(|member| member == task);
        if let Some(score) = self.measured.get(&group).and_then(|scores| scores.get(place()?)) {
            return *score;
        }
        if group.len() == 1 {
            return self.alone[task];
        }
        let partners = group.tasks().filter(|partner| *partner != task);
        let total: f64 = partners.map(|partner| self.affinity.get(task, partner)).sum();
        total / (group.len() - 1) as f64
    }

    /// The affinities that groups are scored by.
    pub(super) fn affinity(&self) -> &Affinity {
        &self.affinity
    }

    /// Whether a group's scores were measured.
    pub(super) fn is_measured(&self, group: TaskSet) -> bool {
        self.measured.contains_key(&group)
    }

    /// The groups that were measured.
    pub(super) fn measured(&self) -> impl Iterator<Item = TaskSet> {
        self.measured.keys().copied()
    }

    fn checked(&self, group: TaskSet, task: usize, score: f64) -> Result<(), Error> {
        if score.is_finite() {
            return Ok(());
        }
        let names: Vec<&str> = group.tasks().map(|task| self.names()[task].as_str()).collect();
        let (task, group) = (self.names()[task].clone(), format!("{{{}}}", names.join(", ")));
        Err(Error::Score { task, group, value: score })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affinity() -> Affinity {
        let values = vec![vec![9.0, 1.0, 3.0], vec![0.5, 9.0, 0.25], vec![-1.0, 2.0, 9.0]];
        Affinity::new(["a", "b", "c"], values).unwrap()
    }

    #[test]
    fn a_group_is_worth_the_mean_over_partners_to_each_of_its_tasks() {
        let scores = GroupScores::from_pairs(&affinity(), &Singletons::default()).unwrap();
        let pair = TaskSet::of(&[0, 2]).unwrap();
        assert_eq!((scores.get(pair, 0), scores.get(pair, 2)), (Some(3.0), Some(-1.0)));
        assert_eq!(scores.get(pair, 1), None);
        let all = TaskSet::first(3);
        assert_eq!(scores.get(all, 0), Some(2.0));
        assert_eq!(scores.get(all, 1), Some(0.375));
        assert_eq!(scores.get(TaskSet::of(&[1]).unwrap(), 1), Some(LAST_RESORT));
    }

    #[test]
    fn measured_groups_replace_the_approximation() {
        let scores = GroupScores::from_pairs(&affinity(), &Singletons::Each(vec![0.0, 0.1, 0.2]));
        let all = TaskSet::first(3);
        let scores = scores.unwrap().with_measured(all, &[7.0, 8.0, 9.0]).unwrap();
        assert_eq!((scores.get(all, 1), scores.get(all, 2)), (Some(8.0), Some(9.0)));
        assert_eq!(scores.get(TaskSet::of(&[2]).unwrap(), 2), Some(0.2));
        let short = scores.clone().with_measured(all, &[1.0]);
        assert!(matches!(short, Err(Error::Size { .. })));
        let nan = scores.clone().with_measured(all, &[1.0, f64::NAN, 1.0]).unwrap_err();
        assert!(nan.to_string().contains("task `b` in {a, b, c}"), "{nan}");
        let foreign = scores.with_measured(TaskSet::first(4), &[1.0; 4]);
        assert!(matches!(foreign, Err(Error::UnknownTask { .. })));
    }
}
