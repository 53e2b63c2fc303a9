//! Studies of pre-training mixtures for text-to-text networks: ExT5's question (Aribandi et al., 2022), whether many
//! supervised tasks beside denoising make a better start than denoising alone.
//!
//! A [`TextStudy`] is declared, run and reported like a [`Study`](super::Study). Every method pre-trains one network a
//! seed, all for the same number of steps, and fine-tunes it on each of the tasks that no mixture holds.

mod bench;
mod compare;
mod method;
mod runner;
mod settings;
mod suite;
mod transfer;

use std::path::PathBuf;

pub use bench::TextBench;
pub use method::PreTraining;
pub use runner::{StageResult, TextRun, TextRunner};
pub use settings::{ScratchT5, TextSettings};
pub use suite::TextSuite;
pub use transfer::TransferStudy;

use super::{StudyArgs, StudyReport, interruptible::interruptible, report::few};
use crate::{Error, Result};

/// Pre-training mixtures to be compared on tasks outside them.
pub struct TextStudy {
    name: String,
    args: StudyArgs,
    settings: TextSettings,
    held_out: Vec<String>,
    methods: Vec<PreTraining>,
    sweep: Option<String>,
    seeds: u64,
}

impl TextStudy {
    /// A study from parsed arguments.
    ///
    /// # Errors
    /// An unknown backend.
    pub fn new(name: &str, args: StudyArgs) -> Result<Self> {
        args.backend()?;
        Ok(Self {
            name: name.into(),
            args,
            settings: TextSettings::default(),
            held_out: vec![],
            methods: vec![],
            sweep: None,
            seeds: 3,
        })
    }

    /// Changes the experiment's own settings; the command line's `--set` is applied after it.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut TextSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Number of seeds, unless `--seeds` says otherwise.
    #[must_use]
    pub fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds;
        self
    }

    /// The tasks that networks are fine-tuned on; no mixture holds them.
    #[must_use]
    pub fn held_out(mut self, names: &[String]) -> Self {
        self.held_out = names.to_vec();
        self
    }

    /// Adds a pre-training mixture.
    #[must_use]
    pub fn method(mut self, method: PreTraining) -> Self {
        if !self.methods.contains(&method) {
            self.methods.push(method);
        }
        self
    }

    /// Names the setting that methods differ in, so that scores are drawn along it.
    #[must_use]
    pub fn swept(mut self, setting: &str) -> Self {
        self.sweep = Some(setting.into());
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
        let suite = TextSuite::new(self.args.data.as_deref(), &self.settings)?;
        let init = self.args.init.as_deref();
        let (mixture, held_out) = self.choose(&suite)?;
        check_counts(&self.methods, mixture.len())?;
        // Fails now rather than after the data are read.
        crate::run_dir::RunDir::create(&out)?;
        let bench = TextBench::new(&suite, (&mixture, &held_out), init, &self.settings, &device)?;
        let seeds: Vec<u64> = (0..self.seeds).map(|s| s + self.args.first_seed).collect();
        let count = self.methods.len() * seeds.len();
        println!("{}: {count} pre-trainings on {backend}, in {}", self.name, out.display());
        println!("{}", bench.describe());
        let runner = TextRunner {
            bench: &bench,
            settings: &self.settings,
            out: &out,
            backend,
            device: device.clone(),
            view: self.args.view(),
        };
        let mut runs = Vec::new();
        for &seed in &seeds {
            for method in &self.methods {
                let position = format!("[{}/{count}]", runs.len() + 1);
                runs.push(runner.run(method, seed, &position)?);
            }
        }
        let sweep = self.sweep.as_deref();
        let mut comparison =
            compare::compare(&bench, &self.methods, &seeds, &runs, sweep, &self.settings)?;
        comparison.summary = Some(self.summary());
        if seeds.len() < 5 {
            comparison.notes.push(few(seeds.len()));
        }
        let finetune = &self.settings.finetune;
        let evaluations = finetune.evaluations.min(finetune.steps.unwrap_or(u64::MAX));
        comparison.notes.push(format!(
            "Scores are of the best of {evaluations} evaluations on the dev set during fine-tuning, as T5 reports them."
        ));
        Ok(StudyReport::of(comparison, &self.name, (backend, &device), &out))
    }

    fn resolve(&mut self) -> Result<()> {
        self.args.refuse(&["--method", "--epochs"])?;
        for config in [&mut self.settings.pretrain, &mut self.settings.finetune] {
            config.precision = self.args.precision.unwrap_or(config.precision);
        }
        if self.args.steps.is_some() {
            self.settings.pretrain.steps = self.args.steps;
        }
        for assignment in &self.args.set {
            self.settings.set(assignment)?;
        }
        for config in [&self.settings.pretrain, &self.settings.finetune] {
            config.check()?;
        }
        self.seeds = self.args.seeds_or(self.seeds)?;
        if self.methods.is_empty() {
            return Err(Error::Usage("a study needs at least one method".into()));
        }
        for ratio in self.methods.iter().filter_map(|method| method.ratio()) {
            if !(ratio.is_finite() && ratio >= 0.0) {
                return Err(Error::Usage(format!(
                    "`--ratio {ratio}`: examples of denoising for one of the tasks, 0 or more"
                )));
            }
        }
        Ok(())
    }

    /// Tasks of the mixture and those held out: what is asked for, or else all others and the usual ones.
    fn choose(&self, suite: &TextSuite) -> Result<(Vec<String>, Vec<String>)> {
        let held_out = match &self.held_out[..] {
            [] => {
                let usual = suite.usually_held_out().into_iter();
                usual.filter(|name| !self.args.tasks.contains(name)).collect()
            }
            named => named.to_vec(),
        };
        let mixture = match &self.args.tasks[..] {
            [] => suite.all_but(&held_out),
            named => named.to_vec(),
        };
        if let Some(both) = mixture.iter().find(|name| held_out.contains(name)) {
            return Err(Error::Usage(format!(
                "task `{both}` is in the mixture and held out of it"
            )));
        }
        if mixture.is_empty() || held_out.is_empty() {
            let found = suite.names().len();
            return Err(Error::Usage(format!(
                "a study of mixtures needs tasks for the mixture (`--tasks`, here {}) and tasks held out of it \
                 (`--held-out`, here {}); {found} tasks with training data were found{}",
                mixture.len(),
                held_out.len(),
                match &self.args.data {
                    Some(dir) => format!(
                        " in {}, which should hold glue/, superglue/, t2t/ or exmix/",
                        dir.display()
                    ),
                    None => String::new(),
                }
            )));
        }
        Ok((mixture, held_out))
    }

    fn summary(&self) -> String {
        let TextSettings { pretrain, finetune, row, trunk, .. } = &self.settings;
        let steps = |steps: Option<u64>| steps.map_or("some".to_string(), |n| n.to_string());
        format!(
            "T5 1.1 of {} + {} layers of width {}; pre-training: {} steps of {} examples; fine-tuning: {} steps of {} \
             examples; texts of at most {} tokens, answers of at most {}.",
            trunk.layers,
            trunk.layers,
            trunk.d_model,
            steps(pretrain.steps),
            pretrain.mixture.batch_size,
            steps(finetune.steps),
            finetune.mixture.batch_size,
            row.inputs,
            row.targets
        )
    }
}

/// Refuses mixtures of no tasks, or of more than there are.
fn check_counts(methods: &[PreTraining], tasks: usize) -> Result<()> {
    let mut asked = methods.iter().filter_map(|method| method.tasks().flatten());
    match asked.find(|count| !(1..=tasks).contains(count)) {
        Some(count) => Err(Error::Usage(format!(
            "`--task-counts {count}`: the mixture may have 1 to {tasks} tasks"
        ))),
        None => Ok(()),
    }
}
