//! One network in one framework, in a process of its own, that takes steps when it is told to.
//!
//! The process says in a line of JSON that it is [`Ready`], and then, for each number it reads on a line, takes that many
//! steps, or trains on that many tasks, and says in a line how long each took ([`Round`]). It ends with its input.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use clap::ValueEnum;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use taskgraft_models::kernels::Precision;

use super::{Job, Size, doing::Doing};
use crate::{
    Error, Result,
    device::Backend,
    process::{Said, reason},
    run_dir::{locked_version, peak_memory},
    study::quartiles,
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

/// What a contestant says when it could begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Of the framework.
    pub version: String,
    pub parameters: u64,
}

/// What a contestant says of the steps it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Of each step, or of each task's epoch.
    pub seconds: Vec<f64>,
    /// The most memory of its process so far, in bytes, where the system says.
    pub peak_memory: Option<u64>,
    /// Of the last step; none of generation and of epochs.
    pub loss: Option<f64>,
    /// Of each epoch.
    #[serde(default)]
    pub epochs: Vec<Epoch>,
}

/// What an epoch of a task came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The task's headline metric on its dev set, times 100.
    pub score: f64,
    /// Tokens that were trained on, padding not counted.
    pub tokens: u64,
    /// The same with padding.
    pub computed: u64,
}

impl Round {
    /// This and what was done after it.
    pub(super) fn and(mut self, next: Self) -> Self {
        self.seconds.extend(next.seconds);
        self.epochs.extend(next.epochs);
        Self { peak_memory: next.peak_memory, loss: next.loss, ..self }
    }

    /// Seconds that rounds are compared by: of the median step, or of all epochs.
    pub fn time(&self) -> f64 {
        match self.epochs.is_empty() {
            true => quartiles(&self.seconds)[1],
            false => self.seconds.iter().sum(),
        }
    }
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

    fn command(&self) -> Result<Command> {
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

/// Takes steps of a contestant of ours in this process, as told on standard input.
///
/// # Errors
/// If the device fails, or standard output is closed.
pub fn serve(contestant: &Contestant) -> Result<()> {
    let Framework::Taskgraft { backend } = &contestant.framework else {
        return Err(Error::Usage("only Taskgraft's own contestants are served here".into()));
    };
    let mut doing = Doing::new(&contestant.job, contestant.size, contestant.precision, *backend)?;
    let version = format!("Burn {}", locked_version("burn").unwrap_or("unknown"));
    say(&Ready { version, parameters: doing.parameters()? as u64 })?;
    let mut number = 0;
    for line in std::io::stdin().lines() {
        let line = line.map_err(Error::io("standard input"))?;
        let count: usize = line.trim().parse().map_err(|_| {
            Error::Usage(format!("`{line}` on standard input is not a number of steps"))
        })?;
        let mut round = Round { seconds: vec![], peak_memory: None, loss: None, epochs: vec![] };
        for _ in 0..count {
            let done = doing.next(number)?;
            round.seconds.push(done.seconds);
            round.loss = done.loss;
            round.epochs.extend(done.epoch);
            number += 1;
        }
        round.peak_memory = peak_memory();
        say(&round)?;
    }
    Ok(())
}

fn say<T: Serialize>(what: &T) -> Result<()> {
    let text = serde_json::to_string(what).map_err(|e| Error::Training(e.to_string()))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Error::io("standard output"))
}

/// A contestant's process.
pub(super) struct Running {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    said: Said,
    pub ready: Ready,
}

impl Running {
    /// Starts a contestant and waits until it is ready; the inner result is the reason where it can't be.
    ///
    /// # Errors
    /// If no process can be started at all.
    pub fn start(contestant: &Contestant, limit: Duration) -> Result<Result<Self, String>> {
        let said = Said::new()?;
        let mut command = contestant.command()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(said.writer()?);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) => return Ok(Err(format!("{}: {e}", command.get_program().to_string_lossy()))),
        };
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::Training("a process without standard input and output".into()));
        };
        let (sender, lines) = channel();
        thread::spawn(move || {
            // What is no JSON is what libraries print.
            let lines = BufReader::new(output).lines().map_while(std::io::Result::ok);
            lines.filter(|line| line.starts_with('{')).all(|line| sender.send(line).is_ok())
        });
        let ready = Ready { version: String::new(), parameters: 0 };
        let mut running = Self { child, input, lines, said, ready };
        Ok(running.hear(limit).map(|ready| {
            running.ready = ready;
            running
        }))
    }

    /// Has it take `steps` steps.
    pub fn round(&mut self, steps: usize, limit: Duration) -> Result<Round, String> {
        // If it has ended, what it said last is more use than that it can't be written to.
        let _ = writeln!(self.input, "{steps}").and_then(|()| self.input.flush());
        self.hear(limit)
    }

    fn hear<T: DeserializeOwned>(&mut self, limit: Duration) -> Result<T, String> {
        match self.lines.recv_timeout(limit) {
            Ok(line) => serde_json::from_str(&line).map_err(|e| format!("{e} in `{line}`")),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                Err(format!("not done after {} s", limit.as_secs()))
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
                let status = self.child.wait().map_err(|e| e.to_string())?;
                Err(reason(&self.said.text().map_err(|e| e.to_string())?, status))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
