//! The plan of a study: all stages that its recipes ask for, each once, those that others need before them.
//!
//! Recipes are asked again and again, from an empty plan, until none of them waits: one that looks at the result of a
//! stage that isn't finished ([`Plan::result`]) waits, what it has added so far is run, and it is asked once more. So a
//! recipe may choose its stages by what finished ones scored, and equal choices make equal plans.

use std::{collections::BTreeMap, path::PathBuf, rc::Rc};

use burn::tensor::Device;
use taskgraft_models::Trunk;
use taskgraft_tasks::{
    Form,
    mixture::{Composition, NestedMixture},
};

use super::{
    Planned, Row, Scored, Settings, Stage, StageKey, StageResult, Start, TaskUse, network,
    runner::Runner,
    stage::{Learns, Source},
};
use crate::{
    Error, Result,
    methods::MethodSpec,
    run_dir::config_digest,
    train::{MultiTask, TaskData, TrainConfig},
};

/// Stages in the order in which they can be run.
#[derive(Default)]
pub struct Stages {
    order: Vec<StageKey>,
    by_key: BTreeMap<StageKey, Planned>,
}

impl Stages {
    /// The stage of a key that the plan gave.
    pub fn get(&self, key: &StageKey) -> Option<&Planned> {
        self.by_key.get(key)
    }

    /// The stage of a key.
    ///
    /// # Errors
    /// If it is not in the plan.
    pub fn find(&self, key: &StageKey) -> Result<&Planned> {
        self.get(key).ok_or_else(|| {
            let problem = "is not in the plan; ask only for stages that the recipe added";
            Error::Usage(format!("stage {} {problem}", key.0))
        })
    }

    /// All stages, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Planned> {
        self.order.iter().map(|key| &self.by_key[key])
    }

    /// A stage and all that it needs, directly or not, in order.
    pub fn lineage(&self, keys: &[&StageKey]) -> Vec<&Planned> {
        let mut wanted: Vec<&StageKey> = keys.to_vec();
        let mut at = 0;
        while let Some(planned) = wanted.get(at).and_then(|key| self.get(key)) {
            let new: Vec<&StageKey> = planned.needs().filter(|key| !wanted.contains(key)).collect();
            wanted.extend(new);
            at += 1;
        }
        self.iter().filter(|planned| wanted.contains(&&planned.key)).collect()
    }
}

/// What recipes add stages to: the plan of one seed.
///
/// ```
/// use taskgraft::prelude::*;
///
/// /// The better of two methods on dev, once more with another seed.
/// fn better(plan: &mut Plan<'_>) -> Result<Row> {
///     let tasks = plan.tasks();
///     let plain = plan.together(Stage::train(tasks))?;
///     let famo = plan.together(Stage::train(tasks).method("famo"))?;
///     let wins = plan.mean_score(&famo)? > plan.mean_score(&plain)?; // waits until both are finished
///     let seed = plan.seed() + 100;
///     plan.with_seed(seed).together(Stage::train(tasks).method(if wins { "famo" } else { "average" }))
/// }
///
/// # use {clap::Parser, std::ffi::OsStr};
/// # let out = tempfile::tempdir().map_err(Error::io("out"))?;
/// # let line = "mine --plain --seeds 1 --steps 2 --set trunk.hidden=32 --set synthetic.dev_size=20 --out";
/// # let args = StudyArgs::parse_from(line.split(' ').map(OsStr::new).chain([out.path().as_os_str()]));
/// let mut study = Study::new("mine", args)?;
/// study.tasks(["sentiment", "entailment"])?;
/// study.recipe("Better", better);
/// assert_eq!(study.run()?.comparison.methods[0].name, "Better");
/// # Ok::<(), Error>(())
/// ```
pub struct Plan<'a> {
    pub(super) runner: &'a Runner<'a>,
    pub(super) settings: &'a Settings,
    pub(super) stages: &'a mut Stages,
    /// Results of the stages that are finished.
    pub(super) done: &'a BTreeMap<StageKey, StageResult>,
    pub(super) seeds: &'a [u64],
    pub(super) seed: u64,
    /// The name of the recipe that adds.
    pub(super) recipe: &'a str,
    /// The study's tasks.
    pub(super) columns: &'a [TaskUse],
}

impl<'a> Plan<'a> {
    /// The tasks of the study, which are the table's columns.
    pub fn tasks(&self) -> &'a [TaskUse] {
        self.columns
    }

    /// The seed of the row.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// All seeds of the study.
    pub fn seeds(&self) -> &[u64] {
        self.seeds
    }

    /// The study's settings.
    pub fn settings(&self) -> &Settings {
        self.settings
    }

    /// The plan of another seed.
    pub fn with_seed(&mut self, seed: u64) -> Plan<'_> {
        Plan {
            runner: self.runner,
            settings: self.settings,
            stages: self.stages,
            done: self.done,
            seeds: self.seeds,
            seed,
            recipe: self.recipe,
            columns: self.columns,
        }
    }

    /// Training examples of a task.
    ///
    /// # Errors
    /// An unknown task, or data that are missing or malformed.
    pub fn size(&self, task: &TaskUse) -> Result<usize> {
        self.runner.bench.size(&self.runner.bench.resolved(task.clone())?)
    }

    /// Adds a stage, unless an equal one is there.
    ///
    /// # Errors
    /// Settings, rates or a method that make no sense for its tasks.
    pub fn add(&mut self, stage: Stage) -> Result<StageKey> {
        let planned = self.resolve(stage)?;
        let key = planned.key.clone();
        if !self.stages.by_key.contains_key(&key) {
            self.runner.bench.check(&planned, self.stages)?;
            self.stages.order.push(key.clone());
            self.stages.by_key.insert(key.clone(), planned);
        }
        Ok(key)
    }

    /// A stage for each task, which scores it.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub fn each(&mut self, tasks: &[TaskUse], stage: impl Fn(&TaskUse) -> Stage) -> Result<Row> {
        let mut row = Row::default();
        for task in tasks {
            let key = self.add(stage(task).on(task.name.clone()))?;
            row.scored.push(Scored { task: task.name.clone(), stages: vec![key] });
        }
        Ok(row)
    }

    /// One stage, which scores those of its tasks that are scored.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub fn together(&mut self, stage: Stage) -> Result<Row> {
        let scored = stage.tasks.iter().filter(|task| task.scored);
        let names: Vec<String> = scored.map(|task| task.name.clone()).collect();
        let key = self.add(stage)?;
        let of = |task| Scored { task, stages: vec![key.clone()] };
        Ok(Row { called: None, scored: names.into_iter().map(of).collect() })
    }

    /// What a stage left behind.
    ///
    /// # Errors
    /// [`Error::Unfinished`] while it isn't finished: the recipe is to hand it on, and is asked again.
    pub fn result(&self, key: &StageKey) -> Result<&StageResult> {
        self.done.get(key).ok_or(Error::Unfinished)
    }

    /// The mean dev score of a row's tasks.
    ///
    /// # Errors
    /// As for [`result`](Self::result).
    pub fn mean_score(&self, row: &Row) -> Result<f64> {
        let mut scores = Vec::new();
        for Scored { task, stages } in &row.scored {
            let mut best = f64::NEG_INFINITY;
            for key in stages {
                best = best.max(self.result(key)?.dev_score(task).unwrap_or(f64::NEG_INFINITY));
            }
            scores.push(best);
        }
        Ok(scores.iter().sum::<f64>() / scores.len().max(1) as f64)
    }

    /// The folder of a stage, for what else it left there.
    ///
    /// # Errors
    /// If the stage is not in the plan, or its data can't be read.
    pub fn folder(&self, key: &StageKey) -> Result<PathBuf> {
        self.runner.folder(self.planned(key)?, self.stages)
    }

    /// The network that a finished stage kept.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn network(&self, key: &StageKey) -> Result<MultiTask> {
        network::load(self.planned(key)?, self.runner.bench, &self.folder(key)?)
    }

    fn planned(&self, key: &StageKey) -> Result<&Planned> {
        self.stages.find(key)
    }

    /// The trunk that trainings with a seed start from.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn first_trunk(&self, seed: u64) -> Result<Trunk> {
        self.runner.bench.trunk(seed, None)
    }

    /// A task as networks see it.
    ///
    /// # Errors
    /// If it can't be read or tokenised.
    pub fn data(&self, task: &TaskUse) -> Result<Rc<TaskData>> {
        self.runner.bench.data(&self.runner.bench.resolved(task.clone())?)
    }

    /// Token id of padding.
    ///
    /// # Errors
    /// If there is no tokenizer.
    pub fn pad_id(&self) -> Result<u32> {
        Ok(self.runner.bench.tokeniser()?.pad_id())
    }

    /// The device that networks are on.
    pub fn device(&self) -> &Device {
        &self.runner.bench.device
    }

    fn resolve(&self, stage: Stage) -> Result<Planned> {
        let method = stage.method?;
        let mut tasks: Vec<TaskUse> = stage
            .tasks
            .into_iter()
            .map(|task| self.runner.bench.resolved(task))
            .collect::<Result<_>>()?;
        if let Some(mixture) = &stage.mixed {
            self.mix(&mut tasks, mixture)?;
        }
        if tasks.is_empty() {
            return Err(Error::Usage(format!(
                "`{}` has a stage without tasks; give it at least one",
                self.recipe
            )));
        }
        let mut train = self.section(stage.trained_as.as_deref(), tasks.len())?.clone();
        if tasks.iter().any(|task| task.form == Some(Form::InWords) || denoises(task)) {
            train.text.layout.row = self.settings.row;
        }
        stage.changes.iter().for_each(|change| change(&mut train));
        if method != MethodSpec::Average {
            train.mixture.composition = Composition::EachTask;
        }
        self.runner.bench.resolve_rates(&tasks, &mut train)?;
        let anneal = (!stage.teachers.is_empty()).then_some(stage.anneal);
        let (mut teachers, mut what) = (stage.teachers, stage.what);
        teachers.retain(|name, _| tasks.iter().any(|task| task.name == *name));
        let mut planned = Planned {
            key: StageKey(String::new()),
            name: stage.called.unwrap_or_else(|| self.recipe.to_string()),
            what: what.take().unwrap_or_else(|| self.what(&tasks)),
            seed: self.seed,
            generation: self.generation(&teachers),
            tasks,
            start: stage.start,
            method,
            train,
            dropout: stage.dropout,
            teachers,
            anneal,
            probe: stage.probe,
        };
        planned.key = StageKey(config_digest(&planned)?);
        Ok(planned)
    }

    /// One more than the teachers' own.
    fn generation(&self, teachers: &BTreeMap<String, StageKey>) -> u64 {
        let known = teachers.values().filter_map(|key| self.stages.get(key));
        known.map(|teacher| teacher.generation + 1).max().unwrap_or(0)
    }

    /// Gives tasks the rates of a nested mixture; a text counts as one example where its group follows sizes.
    fn mix(&self, tasks: &mut [TaskUse], mixture: &NestedMixture) -> Result<()> {
        let size = |task: &TaskUse| match task.source {
            Source::Task(_) => self.size(task),
            _ => Ok(1),
        };
        let sizes: Vec<usize> = tasks.iter().map(size).collect::<Result<_>>()?;
        let named: Vec<(&str, usize)> =
            tasks.iter().zip(sizes).map(|(task, size)| (task.name.as_str(), size)).collect();
        let shares = mixture.shares(&named)?;
        tasks.iter_mut().zip(shares).for_each(|(task, share)| task.rate = Some(share));
        Ok(())
    }

    fn section(&self, name: Option<&str>, tasks: usize) -> Result<&TrainConfig> {
        match name {
            Some(name) => self.settings.find_section(name),
            None => self.settings.find_section(if tasks == 1 { "single" } else { "multi" }),
        }
    }

    /// What a folder says of its tasks: `all` for all of the study, or their names.
    fn what(&self, tasks: &[TaskUse]) -> String {
        const LONGEST: usize = 60;
        let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
        if self.columns.iter().map(|task| task.name.as_str()).eq(names.iter().copied()) {
            return "all".into();
        }
        let joined = names.join("+");
        if joined.len() <= LONGEST { joined } else { format!("{}-tasks", names.len()) }
    }
}

fn denoises(task: &TaskUse) -> bool {
    matches!(task.learns, Learns::Denoising(_))
}

/// The stage that another starts from, if it is one.
pub fn start_of(planned: &Planned) -> Option<&StageKey> {
    match &planned.start {
        Start::Stage(key) => Some(key),
        Start::Given => None,
    }
}
