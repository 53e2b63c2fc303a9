//! The networks of an alignment study: one for a group of tasks and a seed, and what each task gained in it.

use std::collections::BTreeMap;

use taskgraft_algebra::grouping::TaskSet;

use crate::{
    Error, Result,
    methods::Method,
    observe::GradientProbe,
    study::{
        job::Job,
        runner::{Finished, Runner},
    },
};

/// Trains networks for groups of tasks, each once, and knows their scores.
pub struct Networks<'a> {
    pub runner: &'a Runner<'a>,
    pub seeds: Vec<u64>,
    /// What is measured along the training of the network for all tasks.
    pub probe: GradientProbe,
    /// By group: a run for each seed.
    done: BTreeMap<TaskSet, Vec<Finished>>,
}

impl<'a> Networks<'a> {
    /// None yet.
    pub fn new(runner: &'a Runner<'a>, seeds: Vec<u64>, probe: GradientProbe) -> Self {
        Self { runner, seeds, probe, done: BTreeMap::new() }
    }

    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.runner.bench.tasks.len()
    }

    /// The tasks' names.
    pub fn names(&self) -> Vec<String> {
        self.runner.bench.tasks.iter().map(|t| t.spec.name.clone()).collect()
    }

    /// The group of all tasks.
    pub fn all(&self) -> TaskSet {
        TaskSet::first(self.tasks())
    }

    /// The groups of one task.
    pub fn singles(&self) -> Vec<TaskSet> {
        (0..self.tasks()).filter_map(|task| TaskSet::of(&[task])).collect()
    }

    /// All groups of two tasks.
    pub fn pairs(&self) -> Vec<TaskSet> {
        let pairs = (0..self.tasks()).flat_map(|j| (0..j).map(move |i| [i, j]));
        pairs.filter_map(|pair| TaskSet::of(&pair)).collect()
    }

    /// Trains a network for each group that has none yet, with the first `seeds` seeds.
    ///
    /// # Errors
    /// Anything that stops a training.
    pub fn train(&mut self, what: &str, groups: &[TaskSet], seeds: usize) -> Result<()> {
        let mut missing: Vec<TaskSet> = Vec::new();
        for group in groups {
            if !self.done.contains_key(group) && !missing.contains(group) {
                missing.push(*group);
            }
        }
        let seeds = &self.seeds[..seeds.min(self.seeds.len())];
        let count = missing.len() * seeds.len();
        for (number, group) in missing.into_iter().enumerate() {
            let mut runs = Vec::new();
            for (seed_number, &seed) in seeds.iter().enumerate() {
                let position = number * seeds.len() + seed_number + 1;
                let label = format!("{what} [{position}/{count}]");
                runs.push(self.runner.run(&self.job(group, seed), false, &label)?);
            }
            self.done.insert(group, runs);
        }
        Ok(())
    }

    fn job(&self, group: TaskSet, seed: u64) -> Job {
        let tasks: Vec<usize> = group.tasks().collect();
        let method = if tasks.len() == 1 { Method::single() } else { Method::multi() };
        let probe = (group == self.all() && self.probe.measurements > 0 && tasks.len() > 1)
            .then(|| self.probe.clone());
        Job { method, tasks, seed, probe }
    }

    /// The runs of a group, one for each seed that it was trained with.
    ///
    /// # Errors
    /// If the group was not trained.
    pub fn of(&self, group: TaskSet) -> Result<&[Finished]> {
        let missing = || Error::Usage(format!("no network was trained for the tasks {group:?}"));
        Ok(self.done.get(&group).ok_or_else(missing)?)
    }

    /// The runs that the comparison of single- and multi-task networks is made of.
    pub fn finished(&self) -> Vec<Finished> {
        let wanted = |group: &TaskSet| group.len() == 1 || *group == self.all();
        let runs = self.done.iter().filter(|(group, _)| wanted(group)).flat_map(|(_, runs)| runs);
        let plain = |run: &Finished| Finished {
            job: Job { probe: None, ..run.job.clone() },
            folder: run.folder.clone(),
            result: run.result.clone(),
        };
        runs.map(plain).collect()
    }

    /// The score of a task in the network of a group, seed by seed.
    fn scores(&self, group: TaskSet, task: usize) -> Result<Vec<f64>> {
        let name = &self.runner.bench.tasks[task].spec.name;
        let score = |run: &Finished| {
            let scores = run.result.scores.iter().find(|s| s.task == *name);
            scores.map_or(f64::NAN, crate::evaluation::TaskScores::main)
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
        let tasks = self.tasks();
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
