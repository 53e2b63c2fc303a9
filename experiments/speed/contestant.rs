//! One network in one framework, and the command that starts its process.

use std::{ffi::OsString, process::Command};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use taskgraft::{Error, Result, device::Backend, models::kernels::Precision};

use super::{
    job::Job,
    round::{Ready, Round},
    work::Size,
};

/// The scripts of PyTorch's side.
const STEPS: &str = include_str!("../../benches/pytorch/step.py");
const EPOCHS: &str = include_str!("../../benches/pytorch/glue.py");

/// Who computes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framework {
    Taskgraft {
        backend: Backend,
    },
    /// `attention` as transformers calls it.
    PyTorch {
        python: OsString,
        attention: String,
        compiled: bool,
        batches: Batches,
    },
}

/// How an epoch's batches are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Batches {
    /// At random, as transformers' own trainer does by default.
    Random,
    /// Texts of like lengths together, as Taskgraft's.
    ByLength,
}

/// A network in one precision, in one framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contestant {
    pub job: Job,
    pub size: Size,
    pub framework: Framework,
    pub precision: Precision,
    /// 0 for all there are.
    pub threads: usize,
}

/// Rounds of a contestant, or the reason there are none.
pub struct Timed {
    pub contestant: Contestant,
    pub outcome: Result<(Ready, Vec<Round>), String>,
}

impl Contestant {
    /// What stands at the head of its row.
    pub fn name(&self) -> String {
        let precision = match (&self.framework, self.precision) {
            (_, Precision::F32) => "float32",
            (Framework::PyTorch { .. }, Precision::Bf16) if !self.job.is_inference() => {
                "bf16 autocast"
            }
            (_, Precision::Bf16) => "bf16",
        };
        match &self.framework {
            Framework::Taskgraft { backend } => format!("Taskgraft {backend} {precision}"),
            Framework::PyTorch { attention, compiled, batches, .. } => {
                let compiled = if *compiled { ", compiled" } else { "" };
                let batches = match (&self.job, batches) {
                    (Job::Glue(_), Batches::Random) => ", batches at random",
                    (Job::Glue(_), Batches::ByLength) => ", batches by length",
                    (Job::Steps(_), _) => "",
                };
                format!("PyTorch {precision} {attention}{compiled}{batches}")
            }
        }
    }

    /// What starts it.
    ///
    /// # Errors
    /// If this program can't be found.
    pub fn command(&self) -> Result<Command> {
        let json = |e: serde_json::Error| Error::Training(e.to_string());
        Ok(match &self.framework {
            Framework::Taskgraft { .. } => {
                let program = std::env::current_exe()
                    .map_err(|e| Error::Training(format!("this program can't be found: {e}")))?;
                let mut command = Command::new(program);
                command.args(["--serve", &serde_json::to_string(self).map_err(json)?]);
                if self.threads > 0 {
                    command.env("RAYON_NUM_THREADS", self.threads.to_string());
                }
                command
            }
            Framework::PyTorch { python, attention, compiled, batches } => {
                let mut command = Command::new(python);
                let script = if matches!(self.job, Job::Glue(_)) { EPOCHS } else { STEPS };
                command.args(["-c", script, "--serve", "--attention", attention]);
                command.args(["--threads", &self.threads.to_string()]);
                match &self.job {
                    Job::Steps(work) => {
                        command.args(["--work", work.name()]);
                        command.args((self.size == Size::Quick).then_some("--quick"));
                    }
                    Job::Glue(files) => {
                        command.args(files.arguments(self.size));
                        command.args(["--one-order", "--epochs", "1"]);
                        command.args((*batches == Batches::Random).then_some("--random-batches"));
                    }
                }
                let flags =
                    [("--bf16", self.precision == Precision::Bf16), ("--compile", *compiled)];
                command.args(flags.iter().filter(|(_, given)| *given).map(|(flag, _)| flag));
                command
            }
        })
    }
}
