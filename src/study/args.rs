//! The command line that every experiment shares.

use std::{io::IsTerminal, path::PathBuf};

use clap::Parser;
use taskgraft_models::kernels::Precision;

use crate::{
    Error,
    device::Backend,
    methods::{Method, Student, TaskWeighting},
    train::View,
};

/// Arguments of an experiment.
#[derive(Clone, Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct StudyArgs {
    /// Folder of real data in its published layout (GLUE: one folder per task); without it the experiment runs on
    /// built-in tasks.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Pretrained encoder in Hugging Face layout: config.json, model.safetensors and a tokenizer; without it a small
    /// encoder is trained from scratch.
    #[arg(long, value_name = "DIR")]
    pub init: Option<PathBuf>,
    /// Tasks, separated by commas; `taskgraft tasks list` shows them.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub tasks: Vec<String>,
    /// Number of seeds every method is run with, in place of the experiment's own.
    #[arg(long, value_name = "N")]
    pub seeds: Option<u64>,
    /// First seed.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub first_seed: u64,
    /// Optimiser steps of every training, in place of the experiment's own length.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Passes over the training data, in place of the experiment's own.
    #[arg(long, value_name = "X")]
    pub epochs: Option<f64>,
    /// Backend to run on, of those compiled in.
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// Operands of the products in the trunk's layers: f32, or bf16 with sums and parameters in f32.
    #[arg(long, value_name = "NAME")]
    pub precision: Option<Precision>,
    /// Folder for runs and report, by default `runs/` and the experiment's name; finished runs in it are used again,
    /// unfinished ones are resumed.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    // Its own id: an experiment may have `--methods`.
    #[arg(id = "method", long = "method", value_name = "METHOD", help = method_help())]
    pub methods: Vec<String>,
    /// Changes a setting, for example `lr=1e-4`, `multi.mixture.batch_size=64` or `synthetic.relatedness=0.5`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Shows a line per evaluation even on a terminal, instead of burn-train's dashboard.
    #[arg(long)]
    pub plain: bool,
}

fn method_help() -> String {
    format!("Adds a method, as often as needed: {}", Method::grammar())
}

impl StudyArgs {
    /// The methods added on the command line.
    ///
    /// # Errors
    /// A name that is none; all are listed.
    pub fn methods(&self) -> crate::Result<Vec<Method>> {
        self.methods.iter().map(|name| name.parse()).collect()
    }

    /// Refuses arguments that mean nothing in an experiment, of `--method`, `--epochs` and `--steps`.
    ///
    /// # Errors
    /// If one of them is given.
    pub fn refuse(&self, arguments: &[&str]) -> crate::Result<()> {
        let given = [
            ("--method", !self.methods.is_empty()),
            ("--epochs", self.epochs.is_some()),
            ("--steps", self.steps.is_some()),
        ];
        match given.iter().find(|(name, is_given)| *is_given && arguments.contains(name)) {
            Some((name, _)) => Err(Error::Usage(format!(
                "`{name}` means nothing in this experiment; `--help` lists its own arguments, and `--set` changes \
                 its settings"
            ))),
            None => Ok(()),
        }
    }

    /// The number of seeds that is asked for, or the experiment's own.
    ///
    /// # Errors
    /// If it is 0.
    pub fn seeds_or(&self, own: u64) -> crate::Result<u64> {
        match self.seeds.unwrap_or(own) {
            0 => Err(Error::Usage("`--seeds 0`: a study needs at least one seed".into())),
            seeds => Ok(seeds),
        }
    }

    /// How progress is shown: the dashboard where somebody looks, lines elsewhere.
    pub fn view(&self) -> View {
        if !self.plain && std::io::stdout().is_terminal() { View::Dashboard } else { View::Lines }
    }

    /// The weightings added on the command line, for studies in which one network learns all tasks from gold labels.
    ///
    /// # Errors
    /// A name that is none, or a method that is more than a weighting.
    pub fn weightings(&self) -> crate::Result<Vec<TaskWeighting>> {
        let of = |method: Method| match method {
            Method {
                student: Student::Multi, teacher: None, weighting: Some(weighting), ..
            } => Ok(weighting),
            method => Err(Error::Usage(format!(
                "method `{method}`: this experiment takes weightings; known: {}",
                TaskWeighting::names().join(", ")
            ))),
        };
        self.methods()?.into_iter().map(of).collect()
    }

    /// The backend to run on.
    ///
    /// # Errors
    /// If it is unknown or not compiled in.
    pub fn backend(&self) -> crate::Result<Backend> {
        match &self.backend {
            Some(name) => name.parse(),
            None => Backend::default_choice(),
        }
    }
}
