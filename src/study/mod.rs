//! Studies: methods × seeds on the same tasks, compared.
//!
//! A [`Study`] is declared, run and reported. It runs every method with every seed, and the methods that teach them,
//! each training in its own folder; finished ones are used again when the command is repeated. All methods see the
//! same data in an order that depends on the seed alone.

mod alignment;
mod args;
mod compare;
mod end_task;
mod interruptible;
mod job;
mod method_columns;
mod report;
mod runner;
mod settings;
mod step_cost;
mod text;
mod workbench;

use std::path::PathBuf;

pub use alignment::{
    Alignment, AlignmentSettings, AlignmentStudy, Choice, Measure, Planted, Prediction, Relation,
    RepresentationProbe, Similarity, Source,
};
pub use args::StudyArgs;
pub use end_task::{
    EndTaskBench, EndTaskMethod, EndTaskResult, EndTaskRun, EndTaskRunner, EndTaskSettings,
    EndTaskStudy, EndTasks, end_tasks,
};
pub use job::{Job, JobResult, TaskRate};
pub use method_columns::{add_method_columns, relative_gain};
pub use report::StudyReport;
pub use settings::{ScratchTrunk, Settings, assign};
pub use step_cost::{CostSettings, StepCost, StepCosts, cost_table, quartiles};
pub use text::{
    PreTraining, ScratchT5, StageResult, TextBench, TextRun, TextRunner, TextSettings, TextStudy,
    TextSuite, TransferStudy,
};
pub use workbench::{Workbench, suite};

use taskgraft_models::kernels::Precision;

use self::interruptible::interruptible;
use self::{
    compare::compare,
    runner::{Finished, Runner},
};
use crate::{Error, Result, methods::Method};

/// Methods to be compared on tasks.
pub struct Study {
    name: String,
    args: StudyArgs,
    settings: Settings,
    tasks: Vec<String>,
    methods: Vec<Method>,
    seeds: u64,
}

impl Study {
    /// A study from parsed arguments.
    ///
    /// # Errors
    /// An unknown setting, method or backend.
    pub fn new(name: &str, args: StudyArgs) -> Result<Self> {
        args.backend()?;
        args.methods()?;
        let seeds = 3;
        Ok(Self {
            name: name.into(),
            args,
            settings: Settings::default(),
            tasks: vec![],
            methods: vec![],
            seeds,
        })
    }

    /// A study from the command line. Prints help or what was wrong, and exits, where clap says so.
    ///
    /// # Errors
    /// An unknown setting or backend.
    pub fn from_args(name: &str) -> Result<Self> {
        Self::new(name, <StudyArgs as clap::Parser>::parse())
    }

    /// Whether the study runs on data of the user's rather than the synthetic suite.
    pub fn has_data(&self) -> bool {
        self.args.data.is_some()
    }

    /// Changes the experiment's own settings; the command line's `--set` is applied after it.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Tasks of the suite in `--data`, unless `--tasks` names others; without `--data`, all of the synthetic suite.
    #[must_use]
    pub fn tasks<const N: usize>(mut self, names: [&str; N]) -> Self {
        if self.has_data() {
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

    /// Adds a method; its teachers are run too, but get a row only if they are added themselves.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        if !self.methods.contains(&method) {
            self.methods.push(method);
        }
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
        let out = self.out();
        let suite = suite(self.args.data.as_deref(), &self.settings)?;
        if self.tasks.is_empty() {
            self.tasks = suite.specs().into_iter().map(|s| s.name).collect();
        }
        for task in self.tasks.iter().filter(|_| self.args.data.is_none()) {
            let hint = |e| Error::Usage(format!("{e}. These are built in; others need `--data`"));
            suite.spec(task).map_err(hint)?;
        }
        // Fails now rather than after the data are read.
        crate::run_dir::RunDir::create(&out)?;
        let names: Vec<&str> = self.tasks.iter().map(String::as_str).collect();
        let init = self.args.init.as_deref();
        let bench = Workbench::new(suite.as_ref(), &names, init, &self.settings, &device)?;
        let seeds: Vec<u64> = (0..self.seeds).map(|s| s + self.args.first_seed).collect();
        let jobs = Job::all(&self.methods, names.len(), seeds.iter().copied());
        self.announce(&bench, jobs.len(), backend);

        let runner = Runner {
            bench: &bench,
            settings: &self.settings,
            out: &out,
            backend,
            device,
            view: self.args.view(),
        };
        let mut finished: Vec<Finished> = Vec::new();
        for (number, job) in jobs.iter().enumerate() {
            let teaches = |other: &Job| other.teachers(names.len()).iter().any(|(_, t)| t == job);
            let position = format!("[{}/{}]", number + 1, jobs.len());
            finished.push(runner.run(job, jobs.iter().any(teaches), &position)?);
        }
        let specs: Vec<_> = bench.tasks.iter().map(|t| t.spec.clone()).collect();
        let comparison = compare(&specs, &self.methods, &seeds, &finished)?;
        Ok(StudyReport::new(comparison, &self.name, &self.settings, &runner))
    }

    /// Applies the command line to the experiment's settings.
    fn resolve(&mut self) -> Result<()> {
        for config in [&mut self.settings.single, &mut self.settings.multi] {
            if let Some(precision) = self.args.precision {
                config.precision = precision;
            }
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
        if !self.args.tasks.is_empty() {
            self.tasks.clone_from(&self.args.tasks);
        }
        for method in self.args.methods()? {
            if !self.methods.contains(&method) {
                self.methods.push(method);
            }
        }
        for config in [&self.settings.single, &self.settings.multi] {
            config.check()?;
        }
        for method in &self.methods {
            method.check()?;
        }
        self.seeds = self.args.seeds_or(self.seeds)?;
        if self.methods.is_empty() {
            return Err(Error::Usage("a study needs at least one method".into()));
        }
        Ok(())
    }

    fn out(&self) -> PathBuf {
        self.args.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&self.name))
    }

    fn announce(&self, bench: &Workbench, jobs: usize, backend: crate::device::Backend) {
        let sizes: Vec<String> = bench
            .tasks
            .iter()
            .map(|t| format!("{} {}/{}", t.spec.name, t.train.len(), t.dev.len()))
            .collect();
        println!(
            "{}: {} methods × {} = {jobs} trainings on {backend}, in {}",
            self.name,
            self.methods.len(),
            report::number_of_seeds(self.seeds),
            self.out().display()
        );
        println!("examples for training and dev: {}", sizes.join(", "));
        let configs = [&self.settings.single, &self.settings.multi];
        if configs.iter().any(|config| config.precision == Precision::Bf16) {
            report::announce_precision(backend);
        }
    }
}
