//! Studies of one end-task at a time: what its unlabelled texts, and ways of using them, do to its test score.
//!
//! An [`EndTaskStudy`] is declared, run and reported like a [`Study`](super::Study); every method is run on every
//! end-task with every seed, for the same number of steps on the end-task.

mod auxiliary;
mod bench;
mod compare;
mod method;
mod runner;
mod settings;

use std::path::PathBuf;

pub use bench::{EndTaskBench, EndTasks, end_tasks};
pub use method::EndTaskMethod;
pub use runner::{EndTaskResult, EndTaskRun, EndTaskRunner};
pub use settings::EndTaskSettings;
use taskgraft_models::kernels::Precision;

use super::{
    StudyArgs, StudyReport,
    interruptible::interruptible,
    report::{announce_precision, few, number_of_seeds},
};
use crate::{Error, Result};

/// Methods to be compared on end-tasks.
pub struct EndTaskStudy {
    name: String,
    args: StudyArgs,
    settings: EndTaskSettings,
    tasks: Vec<String>,
    methods: Vec<EndTaskMethod>,
    seeds: u64,
}

impl EndTaskStudy {
    /// A study from parsed arguments.
    ///
    /// # Errors
    /// An unknown backend, or a method that weighs no tasks.
    pub fn new(name: &str, args: StudyArgs) -> Result<Self> {
        args.backend()?;
        args.weightings()?;
        Ok(Self {
            name: name.into(),
            args,
            settings: EndTaskSettings::default(),
            tasks: vec![],
            methods: vec![],
            seeds: 3,
        })
    }

    /// Changes the experiment's own settings; the command line's `--set` is applied after it.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut EndTaskSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// End-tasks of the suite in `--data`, unless `--tasks` names others.
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

    /// Adds a method.
    #[must_use]
    pub fn method(mut self, method: EndTaskMethod) -> Self {
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
        let name = &self.name;
        let out = self.args.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(name));
        let suite = end_tasks(self.args.data.as_deref(), &self.settings)?;
        for task in &self.tasks {
            suite.spec(task)?;
        }
        crate::run_dir::RunDir::create(&out)?;
        if self.tasks.is_empty() {
            // An end-task has texts of its own; other tasks of the suite are there to help.
            for spec in suite.specs() {
                if !suite.corpora(&spec.name)?.is_empty() {
                    self.tasks.push(spec.name);
                }
            }
        }
        let seeds: Vec<u64> = (0..self.seeds).map(|s| s + self.args.first_seed).collect();
        let count = self.tasks.len() * seeds.len() * self.methods.len();
        println!(
            "{name}: {} methods × {} × {} = {count} runs on {backend}, in {}",
            self.methods.len(),
            number_of_seeds(seeds.len() as u64),
            match self.tasks.len() {
                1 => "1 end-task".to_string(),
                count => format!("{count} end-tasks"),
            },
            out.display()
        );
        if self.settings.stages().iter().any(|config| config.precision == Precision::Bf16) {
            announce_precision(backend);
        }
        let mut auxiliaries: Vec<String> = Vec::new();
        for name in self.methods.iter().flat_map(EndTaskMethod::auxiliaries) {
            if !auxiliaries.contains(name) {
                auxiliaries.push(name.clone());
            }
        }
        let runner = EndTaskRunner {
            settings: &self.settings,
            out: &out,
            backend,
            device: device.clone(),
            view: self.args.view(),
        };
        let (mut runs, mut specs) = (Vec::new(), Vec::new());
        for task in &self.tasks {
            let init = self.args.init.as_deref();
            let bench = EndTaskBench::new(
                suite.as_ref(),
                task,
                &auxiliaries,
                init,
                &self.settings,
                &device,
            )?;
            println!("{}", describe(&bench));
            specs.push(bench.task.spec.clone());
            for &seed in &seeds {
                for method in &self.methods {
                    let position = format!("[{}/{count}]", runs.len() + 1);
                    runs.push(runner.run(method, seed, &bench, &position)?);
                }
            }
        }
        let mut comparison = compare::compare(&specs, &self.methods, &seeds, &runs)?;
        comparison.summary = Some(self.summary());
        if seeds.len() < 5 {
            comparison.notes.push(few(seeds.len()));
        }
        comparison.notes.push(match self.settings.shared_dev {
            true => "Task weights are learned from the dev examples that networks are selected by.",
            false => "Task weights are learned from one half of the dev set, networks selected by the other.",
        }.into());
        Ok(StudyReport::of(comparison, name, (backend, &device), &out))
    }

    fn resolve(&mut self) -> Result<()> {
        for config in self.settings.stages() {
            config.precision = self.args.precision.unwrap_or(config.precision);
        }
        let train = &mut self.settings.train;
        if let Some(epochs) = self.args.epochs {
            (train.epochs, train.steps) = (epochs, None);
        }
        if self.args.steps.is_some() {
            train.steps = self.args.steps;
            self.settings.pretrain.steps = self.args.steps;
        }
        for assignment in &self.args.set {
            self.settings.set(assignment)?;
        }
        if !self.args.tasks.is_empty() {
            self.tasks.clone_from(&self.args.tasks);
        }
        self.settings.pretrain.check()?;
        self.settings.train.check()?;
        self.add_weightings()?;
        self.seeds = self.args.seeds_or(self.seeds)?;
        if self.methods.is_empty() {
            return Err(Error::Usage("a study needs at least one method".into()));
        }
        for method in &self.methods {
            if let EndTaskMethod::Together { auxiliaries, weights } = method {
                let beside = auxiliaries.join(", ");
                let wrong = |e| Error::Usage(format!("{e}: the end-task and {beside}"));
                weights.check(1 + auxiliaries.len()).map_err(wrong)?;
            }
        }
        Ok(())
    }

    /// Adds the weightings of the command line, with every set of auxiliary tasks that is trained together.
    fn add_weightings(&mut self) -> Result<()> {
        let mut sets: Vec<Vec<String>> = vec![];
        for method in &self.methods {
            if let EndTaskMethod::Together { auxiliaries, .. } = method
                && !sets.contains(auxiliaries)
            {
                sets.push(auxiliaries.clone());
            }
        }
        let weightings = self.args.weightings()?;
        if !weightings.is_empty() && sets.is_empty() {
            return Err(Error::Usage(
                "`--method` weighs an end-task and its auxiliary tasks: none of the methods trains them together".into(),
            ));
        }
        for weighting in weightings {
            for set in &sets {
                let (auxiliaries, weighting) = (set.clone(), weighting.clone());
                let method = EndTaskMethod::Weighted { auxiliaries, weighting };
                if !self.methods.contains(&method) {
                    self.methods.push(method);
                }
            }
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let length = |config: &crate::train::TrainConfig| match config.steps {
            Some(steps) => format!("{steps} steps"),
            None => format!("{} epochs", config.epochs),
        };
        let EndTaskSettings { pretrain, train, finetune, .. } = &self.settings;
        format!(
            "Training: {}, batch {} of each task, learning rate {:e}; pre-training: {}, batch {}; last fine-tuning: {} \
             at {:e}; texts of at most {} tokens.",
            length(train),
            train.mixture.batch_size,
            train.lr,
            length(pretrain),
            pretrain.mixture.batch_size,
            length(finetune),
            finetune.lr,
            train.max_length
        )
    }
}

fn describe(bench: &EndTaskBench) -> String {
    let auxiliaries: Vec<String> = bench
        .auxiliaries
        .iter()
        .map(|(name, data)| format!("{name} {}", data.train.len()))
        .collect();
    format!(
        "{}: {} training, {} + {} dev (selection, task weights) and {} test examples; auxiliary tasks: {}",
        bench.task.spec.name,
        bench.task.train.len(),
        bench.task.dev.len(),
        bench.meta_dev.len(),
        bench.test.len(),
        if auxiliaries.is_empty() { "none".to_string() } else { auxiliaries.join(", ") }
    )
}
