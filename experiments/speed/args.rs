//! The command line, and what it asks for: what is timed, by whom, and how often.

use std::{ffi::OsString, path::PathBuf};

use clap::Parser;
use taskgraft::{Error, Result, device::Backend, models::kernels::Precision};

use super::{
    contestant::{Batches, Contestant, Framework},
    glue::{Files, TASKS},
    job::Job,
    work::Size,
};

/// Times whole training steps, generation and epochs from files; with `--against`, beside PyTorch's in the same run.
#[derive(Clone, Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Args {
    /// A Python with torch and transformers; without it, Taskgraft is timed alone.
    #[arg(long, value_name = "PYTHON")]
    pub against: Option<OsString>,
    /// What is timed, of minilm, t5, generate and glue, separated by commas; glue is an epoch of RTE, MRPC, CoLA and
    /// STS-B each, and takes `--data` and `--init`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "minilm,t5,generate")]
    pub work: Vec<String>,
    /// Folder of GLUE, one folder per task.
    #[arg(long, value_name = "DIR", requires = "init")]
    pub data: Option<PathBuf>,
    /// Pretrained encoder in Hugging Face layout, which epochs begin with.
    #[arg(long, value_name = "DIR", requires = "data")]
    pub init: Option<PathBuf>,
    /// Attention of PyTorch's contestants as transformers calls it, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "eager,sdpa")]
    #[arg(value_parser = ["eager", "sdpa"])]
    pub attention: Vec<String>,
    /// How PyTorch's contestants draw batches of glue, separated by commas; Taskgraft's are of like lengths.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "random")]
    pub batches: Vec<Batches>,
    /// Operands of the products of dense layers, of f32 and bf16, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "f32,bf16")]
    pub precision: Vec<Precision>,
    /// Threads of every contestant; 0 for as many as the machine has.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Rounds that are counted; one more, before them, warms up.
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub rounds: usize,
    /// Steps of each contestant in a round, whose median counts.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub steps: usize,
    /// Tiny networks and few rounds, to see that all runs; its times mean nothing.
    #[arg(long)]
    pub quick: bool,
    /// Leaves out PyTorch's compiled contestants, which take minutes to begin.
    #[arg(long)]
    pub no_compile: bool,
    /// Backend that Taskgraft runs on, of those compiled in.
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// Folder for the report.
    #[arg(long, value_name = "DIR", default_value = "runs/speed")]
    pub out: PathBuf,
    /// Seconds that a contestant may take to begin, and for a round.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub limit: u64,
    /// Is a contestant, in this process.
    #[arg(long, value_name = "JSON", hide = true)]
    pub serve: Option<String>,
}

impl Args {
    /// How large networks are.
    pub fn size(&self) -> Size {
        if self.quick { Size::Quick } else { Size::Full }
    }

    /// What a name stands for.
    pub fn job(&self, name: &str) -> Result<Job> {
        if name != "glue" {
            return name.parse().map(Job::Steps).map_err(Error::Usage);
        }
        match (&self.data, &self.init) {
            (Some(data), Some(init)) => {
                Ok(Job::Glue(Files { data: data.clone(), init: init.clone() }))
            }
            _ => Err(Error::Usage(
                "work `glue` is trained from files: give `--data GLUE_DIR --init ENCODER_DIR`"
                    .into(),
            )),
        }
    }

    /// Counted rounds, the turns of each, and the steps of a turn: tasks are trained on in turn, one by one.
    pub fn rounds(&self, job: &Job) -> [usize; 3] {
        let (rounds, steps) = if self.quick {
            (self.rounds.min(2), self.steps.min(2))
        } else {
            (self.rounds, self.steps)
        };
        match job {
            Job::Glue(_) => [rounds, TASKS.len(), 1],
            Job::Steps(_) => [rounds, 1, steps],
        }
    }

    /// Ours first.
    pub fn contestants(&self, job: &Job, backend: Backend) -> Vec<Contestant> {
        let (size, threads) = (self.size(), self.threads);
        let of = |framework: &Framework| {
            let framework = framework.clone();
            let one = move |&precision: &Precision| Contestant {
                job: job.clone(),
                size,
                framework: framework.clone(),
                precision,
                threads,
            };
            self.precision.iter().map(one).collect::<Vec<_>>()
        };
        let mut frameworks = vec![Framework::Taskgraft { backend }];
        if let Some(python) = &self.against {
            let of = |attention: &str, compiled: bool, batches: Batches| {
                let (python, attention) = (python.clone(), attention.into());
                Framework::PyTorch { python, attention, compiled, batches }
            };
            // Steps are of one batch's shape.
            let all_batches = match job {
                Job::Glue(_) => &self.batches[..],
                Job::Steps(_) => &[Batches::Random],
            };
            for &batches in all_batches {
                frameworks.extend(self.attention.iter().map(|name| of(name, false, batches)));
            }
            // A cache that grows would be compiled anew for every token, and batches for every width.
            let of_one_shape = matches!(job, Job::Steps(work) if !work.is_inference());
            if of_one_shape && !self.no_compile && self.attention.iter().any(|name| name == "sdpa")
            {
                frameworks.push(of("sdpa", true, Batches::Random));
            }
        }
        frameworks.iter().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::work::Work, *};

    #[test]
    fn pytorch_has_a_row_for_each_attention_and_each_way_to_draw_epochs() {
        let parse = |words: &str| Args::try_parse_from(words.split(' '));
        let line = "speed --against python3 --no-compile --precision f32 --attention eager,sdpa --batches random,by-length";
        let args = parse(line).unwrap();
        let count = |job: Job| args.contestants(&job, Backend::Cpu).len();
        let files = Files { data: "glue".into(), init: "encoder".into() };
        assert_eq!((count(Job::Glue(files)), count(Job::Steps(Work::T5))), (5, 3));
        assert!(parse("speed --attention spda").is_err());
        assert!(parse("speed --batches by_length").is_err());
    }
}
