//! The command line that every experiment shares.

use std::{io::IsTerminal, path::PathBuf};

use clap::{Parser, ValueEnum};
use taskgraft_models::kernels::Precision;

use super::{Lineage, Student};
use crate::{Error, device::Backend, methods::TaskWeighting, train::View};

/// A part of a data set that rows are scored on.
///
/// ```
/// use clap::Parser;
/// use taskgraft::prelude::*;
///
/// let args = StudyArgs::parse_from(["mine", "--score", "test"]);
/// assert_eq!(args.score, Some(Split::Test));
/// let mut study = Study::new("mine", StudyArgs::parse_from(["mine"]))?;
/// study.score(Split::Test); // unless `--score` says otherwise
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Split {
    #[default]
    Dev,
    /// Where a task has test examples with targets; the dev examples elsewhere.
    Test,
}

/// How tasks meet a T5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormName {
    Labelled,
    Words,
}

/// Arguments of an experiment.
#[derive(Clone, Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct StudyArgs {
    /// Folder of real data in its published layout, as often as needed: GLUE, SuperGLUE, TARTAN's end-tasks, tagging
    /// sets, text-to-text sets, texts, or a folder of such folders; without it the experiment runs on built-in tasks.
    #[arg(long, value_name = "DIR")]
    pub data: Vec<PathBuf>,
    /// TOML file that describes data sets of your own, as often as needed.
    #[arg(long, value_name = "FILE")]
    pub tasks_file: Vec<PathBuf>,
    /// Pretrained network in Hugging Face layout (BERT, RoBERTa or T5): config.json, model.safetensors and a tokenizer;
    /// without it a small one is trained from scratch.
    #[arg(long, value_name = "DIR")]
    pub init: Option<PathBuf>,
    /// How tasks of classes, scores and tags meet a T5: labelled (a head on its encoder predicts) or words (its decoder
    /// writes). By default the experiment's own.
    #[arg(long, value_enum, value_name = "FORM")]
    pub form: Option<FormName>,
    /// What the table's scores are of. Test scores are computed once, after everything is chosen on dev.
    #[arg(long, value_enum, value_name = "SPLIT")]
    pub score: Option<Split>,
    /// Prints the stages of the study (tasks, steps, what starts from or is taught by what, what is finished), and runs
    /// nothing.
    #[arg(long)]
    pub plan: bool,
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
    format!("Adds a method, as often as needed: {}", Lineage::grammar())
}

impl StudyArgs {
    /// Whether the study runs on data of the user's rather than built-in tasks.
    ///
    /// ```
    /// use clap::Parser;
    /// use taskgraft::prelude::*;
    ///
    /// let args = StudyArgs::parse_from(["mine", "--data", "GLUE", "--seeds", "3"]);
    /// assert!(args.has_data());
    /// assert_eq!(args.seeds, Some(3));
    /// ```
    pub fn has_data(&self) -> bool {
        !(self.data.is_empty() && self.tasks_file.is_empty())
    }

    /// The recipes added on the command line.
    ///
    /// # Errors
    /// When no method has the name; the message lists all names.
    pub fn lineages(&self) -> crate::Result<Vec<Lineage>> {
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
    /// When no method has the name, or when the method is more than a weighting.
    pub fn weightings(&self) -> crate::Result<Vec<TaskWeighting>> {
        let of = |lineage: Lineage| match lineage {
            Lineage {
                student: Student::Multi, teacher: None, weighting: Some(weighting), ..
            } => Ok(weighting),
            lineage => Err(Error::Usage(format!(
                "method `{lineage}`: this experiment takes the name of a weighting alone; known: {}",
                TaskWeighting::names().join(", ")
            ))),
        };
        self.lineages()?.into_iter().map(of).collect()
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[derive(Parser)]
    #[command(about = "What the experiment compares")]
    struct Experiment {
        #[command(flatten)]
        _study: StudyArgs,
    }

    /// A doc comment of several paragraphs on [`StudyArgs`] would take the place of the experiment's own words.
    #[test]
    fn help_begins_with_the_experiments_words() {
        let help = Experiment::command().render_long_help().to_string();
        assert!(help.starts_with("What the experiment compares\n"), "{help}");
    }
}
