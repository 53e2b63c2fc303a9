//! Alignment studies: which tasks are close, by their gradients and representations, and whether that says which to
//! train together (Sehanobish et al., 2022; Fifty et al., 2021; Standley et al., 2020).
//!
//! An [`AlignmentStudy`] trains a network for each task and one for all, looking at gradients along the way, and where
//! asked to one for each pair; compares networks' representations; sets every measure against measured gains; and trains
//! the groups that each measure chooses. Runs are kept and resumed as in any study.

mod affinities;
mod groups;
mod networks;
mod planted;
mod prediction;
mod report;
mod settings;
mod similarity;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use taskgraft_models::kernels::Precision;
use taskgraft_tasks::{mixture::permute, suite::Suite};

pub use affinities::{Measure, Source};
pub use groups::Choice;
pub use planted::Planted;
pub use prediction::Prediction;
pub use settings::{AlignmentSettings, RepresentationProbe};
pub use similarity::{Relation, Similarity};

use self::networks::Networks;
use super::{
    StudyArgs, StudyReport, Workbench,
    compare::compare,
    interruptible::interruptible,
    report::{announce_precision, few, number_of_seeds, summary},
    runner::Runner,
    suite,
};
use crate::{
    Error, Result, methods::Method, observe::Observation, run_dir::write_atomic, train::TaskData,
};

/// Everything an alignment study measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alignment {
    pub tasks: Vec<String>,
    /// Of the network for all tasks: every seed's, by step.
    pub observations: Vec<Observation>,
    pub similarities: Vec<Similarity>,
    pub measures: Vec<Measure>,
    /// What each task gained in the network for all, seed by seed.
    pub gains: Vec<Vec<f64>>,
    /// What each task gained in the pair with each other, `[receiver][partner]`; `None` where no pairs were trained.
    pub transfer: Option<Vec<Vec<f64>>>,
    pub predictions: Vec<Prediction>,
    pub choices: Vec<Choice>,
    /// Whether the tasks are built in, so that their relations are known.
    pub is_planted: bool,
}

/// A study of how tasks align.
pub struct AlignmentStudy {
    name: String,
    args: StudyArgs,
    settings: AlignmentSettings,
    tasks: Vec<String>,
    seeds: u64,
    pairs: bool,
    budget: usize,
    /// Seeds of pairs and groups, where they are fewer than the others'.
    pair_seeds: Option<u64>,
    train_examples: Option<usize>,
    dev_examples: Option<usize>,
}

impl AlignmentStudy {
    /// A study from parsed arguments.
    ///
    /// # Errors
    /// An unknown backend.
    pub fn new(name: &str, args: StudyArgs) -> Result<Self> {
        args.backend()?;
        Ok(Self {
            name: name.into(),
            args,
            settings: AlignmentSettings::default(),
            tasks: vec![],
            seeds: 2,
            pairs: false,
            budget: 2,
            pair_seeds: None,
            train_examples: None,
            dev_examples: None,
        })
    }

    /// Changes the experiment's own settings; the command line's `--set` is applied after it.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut AlignmentSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Tasks of the suite in `--data`, unless `--tasks` names others.
    #[must_use]
    pub fn tasks<const N: usize>(mut self, names: [&str; N]) -> Self {
        if self.args.data.is_some() {
            self.tasks = names.map(String::from).to_vec();
        }
        self
    }

    /// Number of seeds, unless `--seeds` says otherwise.
    #[must_use]
    pub fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds;
        self
    }

    /// Whether a network is trained for each pair of tasks.
    #[must_use]
    pub fn pairs(mut self, pairs: bool) -> Self {
        self.pairs = pairs;
        self
    }

    /// Networks that tasks are grouped into; 0 leaves grouping out.
    #[must_use]
    pub fn budget(mut self, networks: usize) -> Self {
        self.budget = networks;
        self
    }

    /// Seeds that pairs and groups are trained with: the first ones, all where `None`.
    #[must_use]
    pub fn pair_seeds(mut self, seeds: Option<u64>) -> Self {
        self.pair_seeds = seeds;
        self
    }

    /// The most dev examples of a task, the first ones.
    #[must_use]
    pub fn dev_examples(mut self, examples: Option<usize>) -> Self {
        self.dev_examples = examples;
        self
    }

    /// The most training examples of a task, drawn once for all runs; pairs in both orders count twice.
    #[must_use]
    pub fn train_examples(mut self, examples: Option<usize>) -> Self {
        self.train_examples = examples;
        self
    }

    /// Runs what has not been run yet.
    ///
    /// # Errors
    /// Wrong arguments, data that are missing or malformed, a training that fails, files that can't be written.
    pub fn run(self) -> Result<StudyReport> {
        interruptible(|| self.run_all())
    }

    fn run_all(mut self) -> Result<StudyReport> {
        self.resolve()?;
        let backend = self.args.backend()?;
        let device = backend.device()?;
        let out = self.args.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&self.name));
        crate::run_dir::RunDir::create(&out)?;
        let settings = self.settings.of_trainings();
        let suite: Box<dyn Suite> = match &self.args.data {
            Some(data) => suite(Some(data), &settings)?,
            None => Box::new(Planted::new(settings.synthetic.clone())?),
        };
        if self.tasks.is_empty() {
            self.tasks = suite.specs().into_iter().map(|s| s.name).collect();
        }
        if self.tasks.len() < 2 {
            return Err(Error::Usage("alignment is between tasks: name at least two".into()));
        }
        let names: Vec<&str> = self.tasks.iter().map(String::as_str).collect();
        let init = self.args.init.as_deref();
        let mut bench = Workbench::new(suite.as_ref(), &names, init, &settings, &device)?;
        if let Some(examples) = self.train_examples {
            bench.tasks.iter_mut().try_for_each(|task| limit_train(task, examples))?;
        }
        if let Some(examples) = self.dev_examples {
            bench.tasks.iter_mut().try_for_each(|task| limit_dev(task, examples))?;
        }
        println!(
            "{}: {} on {backend}, in {}",
            self.name,
            number_of_seeds(self.seeds),
            out.display()
        );
        let size = |t: &TaskData| format!("{} {}/{}", t.spec.name, t.train.len(), t.dev.len());
        let sizes: Vec<String> = bench.tasks.iter().map(size).collect();
        println!("examples for training and dev: {}", sizes.join(", "));
        if settings.multi.precision == Precision::Bf16 {
            announce_precision(backend);
        }
        let view = self.args.view();
        let runner =
            Runner { bench: &bench, settings: &settings, out: &out, backend, device, view };
        let seeds: Vec<u64> = (0..self.seeds).map(|s| s + self.args.first_seed).collect();
        let mut networks = Networks::new(&runner, seeds.clone(), self.settings.gradients.clone());
        let alignment = self.measure(&mut networks)?;
        let json = serde_json::to_vec(&alignment)
            .map_err(|e| Error::Usage(format!("the alignment can't be written: {e}")))?;
        write_atomic(&out.join("alignment.json"), &json)?;

        let specs: Vec<_> = bench.tasks.iter().map(|t| t.spec.clone()).collect();
        let methods = [Method::single(), Method::multi()];
        let mut comparison = compare(&specs, &methods, &seeds, &networks.finished())?;
        comparison.summary = Some(summary(&settings, &runner));
        comparison.sections = report::sections(&alignment, &self.settings);
        if seeds.len() < 5 {
            comparison.notes.push(few(seeds.len()));
        }
        Ok(StudyReport::of(comparison, &self.name, (backend, &runner.device), &out))
    }

    fn measure(&self, networks: &mut Networks<'_>) -> Result<Alignment> {
        let seeds = networks.seeds.len();
        let pair_seeds = self.pair_seeds.map_or(seeds, |n| (n as usize).clamp(1, seeds));
        networks.train("single", &networks.singles(), seeds)?;
        networks.train("all", &[networks.all()], seeds)?;
        if self.pairs {
            networks.train("pairs", &networks.pairs(), pair_seeds)?;
        }
        let mut observations = Vec::new();
        for run in networks.of(networks.all())? {
            observations.extend(Observation::read_all(&run.folder)?);
        }
        let similarities = similarity::compare(networks, &self.settings.representations)?;
        let mut measures = affinities::of_gradients(&observations)?;
        measures.extend(affinities::of_representations(&similarities, networks.tasks()));
        let tasks = 0..networks.tasks();
        let gains: Vec<Vec<f64>> =
            tasks.map(|task| networks.gains(networks.all(), task)).collect::<Result<_>>()?;
        let transfer = if self.pairs { Some(networks.transfer()?) } else { None };
        let predict = |measure: &Measure| match &transfer {
            Some(transfer) => prediction::of_pair_gains(measure, transfer),
            None => {
                let mean = |g: &Vec<f64>| g.iter().sum::<f64>() / g.len().max(1) as f64;
                prediction::of_task_gains(measure, &gains.iter().map(mean).collect::<Vec<_>>())
            }
        };
        let predictions = measures.iter().filter_map(predict).collect();
        measures.extend(transfer.as_deref().map(affinities::of_pair_gains));
        let choices = match self.budget {
            0 => vec![],
            budget => groups::choose(networks, &measures, budget, pair_seeds)?,
        };
        let (is_planted, tasks) = (self.args.data.is_none(), networks.names());
        Ok(Alignment {
            tasks,
            observations,
            similarities,
            measures,
            gains,
            transfer,
            predictions,
            choices,
            is_planted,
        })
    }

    /// Applies the command line to the experiment's settings.
    fn resolve(&mut self) -> Result<()> {
        self.args.refuse(&["--method"])?;
        for config in [&mut self.settings.single, &mut self.settings.multi] {
            config.precision = self.args.precision.unwrap_or(config.precision);
            if let Some(epochs) = self.args.epochs {
                (config.epochs, config.steps) = (epochs, None);
            }
            if self.args.steps.is_some() {
                config.steps = self.args.steps;
            }
        }
        for assignment in &self.args.set {
            self.settings.set(assignment)?;
        }
        self.settings.representations.indices()?;
        for config in [&self.settings.single, &self.settings.multi] {
            config.check()?;
        }
        if !self.args.tasks.is_empty() {
            self.tasks.clone_from(&self.args.tasks);
        }
        self.seeds = self.args.seeds_or(self.seeds)?;
        Ok(())
    }
}

/// Keeps this many training examples of a task, the same ones always; of pairs in both orders, both or none.
fn limit_train(task: &mut TaskData, examples: usize) -> Result<()> {
    const KEY: u64 = 0x006c_696d_6974;
    let copies = if task.spec.symmetric { 2 } else { 1 };
    let (rows, kept) = (task.train.len() / copies, examples / copies);
    if kept == 0 {
        return Err(Error::Usage(format!("{examples} training examples are too few")));
    }
    if kept >= rows {
        return Ok(());
    }
    let mut is_kept = vec![false; rows];
    (0..kept).for_each(|i| is_kept[permute(KEY, rows, i)] = true);
    let mut row = (0..rows).cycle();
    task.train.retain(|_| row.next().is_some_and(|row| is_kept[row]));
    task.fingerprint = format!("{}, {examples} examples", task.fingerprint);
    Ok(())
}

/// Keeps the first dev examples of a task.
fn limit_dev(task: &mut TaskData, examples: usize) -> Result<()> {
    if examples < 2 {
        return Err(Error::Usage(format!("{examples} dev examples are too few")));
    }
    if examples < task.dev.len() {
        task.dev.truncate(examples);
        task.dev_fingerprint = format!("{}, {examples} examples", task.dev_fingerprint);
    }
    Ok(())
}
