//! The networks of the study: one for a group of tasks and a seed, and what each task gained in it.

use std::collections::BTreeMap;

use taskgraft::{
    prelude::*,
    study::{StageKey, StageResult},
};
use taskgraft_algebra::grouping::TaskSet;

/// Stages for groups of tasks, each once, and their scores where they are finished.
pub struct Networks<'t> {
    pub tasks: &'t [TaskUse],
    /// By group: a stage for each seed that it is trained with, and what it left behind.
    planned: BTreeMap<TaskSet, Vec<(StageKey, Option<StageResult>)>>,
}

impl<'t> Networks<'t> {
    /// None yet.
    pub fn new(tasks: &'t [TaskUse]) -> Self {
        Self { tasks, planned: BTreeMap::new() }
    }

    /// Number of tasks.
    pub fn count(&self) -> usize {
        self.tasks.len()
    }

    /// The tasks' names.
    pub fn names(&self) -> Vec<String> {
        self.tasks.iter().map(|task| task.name.clone()).collect()
    }

    /// The group of all tasks.
    pub fn all(&self) -> TaskSet {
        TaskSet::first(self.count())
    }

    /// The groups of one task.
    pub fn singles(&self) -> Vec<TaskSet> {
        (0..self.count()).filter_map(|task| TaskSet::of(&[task])).collect()
    }

    /// All groups of two tasks.
    pub fn pairs(&self) -> Vec<TaskSet> {
        let pairs = (0..self.count()).flat_map(|j| (0..j).map(move |i| [i, j]));
        pairs.filter_map(|pair| TaskSet::of(&pair)).collect()
    }

    /// Adds a stage for each group that has none yet, with the first `seeds` seeds.
    ///
    /// # Errors
    /// As for [`Plan::add`].
    pub fn plan(&mut self, plan: &mut Plan<'_>, groups: &[TaskSet], seeds: usize) -> Result<()> {
        for group in groups {
            if self.planned.contains_key(group) {
                continue;
            }
            let mut stages = Vec::new();
            for seed in plan.seeds().iter().copied().take(seeds).collect::<Vec<_>>() {
                let stage = stage(plan, &self.of_group(*group), self.count());
                let key = plan.with_seed(seed).add(stage)?;
                let result = plan.result(&key).ok().cloned();
                stages.push((key, result));
            }
            self.planned.insert(*group, stages);
        }
        Ok(())
    }

    /// Waits until all that was added is finished.
    ///
    /// # Errors
    /// [`Error::Unfinished`] until then.
    pub fn wait(&self) -> Result<()> {
        let mut all = self.planned.values().flatten();
        if all.all(|(_, result)| result.is_some()) { Ok(()) } else { Err(Error::Unfinished) }
    }

    fn of_group(&self, group: TaskSet) -> Vec<TaskUse> {
        group.tasks().map(|task| self.tasks[task].clone()).collect()
    }

    /// The stages of a group, one for each seed that it is trained with.
    ///
    /// # Errors
    /// If the group is not trained.
    pub fn of(&self, group: TaskSet) -> Result<&[(StageKey, Option<StageResult>)]> {
        let missing = || Error::Usage(format!("no network was trained for the tasks {group:?}"));
        Ok(self.planned.get(&group).ok_or_else(missing)?)
    }

    /// The score of a task in the network of a group, seed by seed.
    fn scores(&self, group: TaskSet, task: usize) -> Result<Vec<f64>> {
        let name = &self.tasks[task].name;
        let score = |(_, result): &(StageKey, Option<StageResult>)| {
            result.as_ref().and_then(|result| result.dev_score(name)).unwrap_or(f64::NAN)
        };
        Ok(self.of(group)?.iter().map(score).collect())
    }

    /// What a task gained in a group over its network of its own, seed by seed that both have.
    ///
    /// # Errors
    /// If a network is missing.
    pub fn gains(&self, group: TaskSet, task: usize) -> Result<Vec<f64>> {
        let alone = TaskSet::of(&[task]).unwrap_or_default();
        let (with, without) = (self.scores(group, task)?, self.scores(alone, task)?);
        Ok(with.iter().zip(without).map(|(with, without)| with - without).collect())
    }

    /// The transfer matrix: what every task gained in the pair with every other, `[receiver][partner]`; zeros on the
    /// diagonal.
    ///
    /// # Errors
    /// If a pair was not trained.
    pub fn transfer(&self) -> Result<Vec<Vec<f64>>> {
        let tasks = self.count();
        let entry = |receiver: usize, partner: usize| match receiver == partner {
            true => Ok(0.0),
            false => {
                let pair = TaskSet::of(&[receiver, partner]).unwrap_or_default();
                let gains = self.gains(pair, receiver)?;
                Ok(gains.iter().sum::<f64>() / gains.len().max(1) as f64)
            }
        };
        (0..tasks).map(|r| (0..tasks).map(|p| entry(r, p)).collect()).collect()
    }
}

/// The training of a group of tasks; gradients are measured along that of all.
pub fn stage(plan: &Plan<'_>, tasks: &[TaskUse], all: usize) -> Stage {
    match tasks {
        [one] => Stage::train([one]).trained_as("single").called("Single").on(one.name.clone()),
        several => {
            let stage = Stage::train(several).trained_as("multi").called("Multi");
            match several.len() == all {
                true => stage.probe(plan.settings().gradients.clone()),
                false => stage,
            }
        }
    }
}
