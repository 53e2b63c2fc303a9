//! ExT5 (Aribandi et al., 2022): T5 pre-trained on denoising, on a mixture of supervised tasks, and on both at once,
//! then fine-tuned on tasks that no mixture holds.
//!
//! `cargo run --release --example ext5` runs on built-in tasks in words; with `--data DIR` on the registry's tasks and
//! the texts in `DIR/corpus`.

use clap::{Parser, ValueEnum};
use taskgraft::{
    prelude::*,
    study::{PreTraining, TextStudy},
};

const DATA: &str = "Folder that holds glue/, superglue/, t2t/ or exmix/, and corpus/; without it the experiment runs on \
                    built-in tasks in words";
const INIT: &str = "Pretrained T5 in Hugging Face layout: config.json, model.safetensors and a tokenizer; without it a T5 \
                    1.1 is trained from scratch";
const TASKS: &str = "Tasks of the mixture, separated by commas; `taskgraft tasks list` shows them. By default all that can \
                     be trained on and are not held out";

#[derive(Parser)]
#[command(
    about = "ExT5: supervised tasks beside denoising in pre-training, against either alone",
    mut_arg("data", |arg| arg.help(DATA)),
    mut_arg("init", |arg| arg.help(INIT)),
    mut_arg("tasks", |arg| arg.help(TASKS)),
    mut_arg("steps", |arg| arg.help("Optimiser steps of every pre-training")),
    mut_arg("set", |arg| arg.help("Changes a setting, for example `pretrain.lr=1`, `row.inputs=64` or `synthetic.relatedness=0.5`")),
    // Refused, with the reason, where they are given.
    mut_arg("epochs", |arg| arg.hide(true)),
    mut_arg("method", |arg| arg.hide(true))
)]
struct Args {
    #[command(flatten)]
    study: StudyArgs,
    /// Tasks to fine-tune on, which no mixture holds.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    held_out: Vec<String>,
    /// Examples of denoising for one of supervised tasks; several values are compared.
    #[arg(long, value_name = "R", value_delimiter = ',', default_value = "2")]
    ratio: Vec<f64>,
    /// Compares mixtures of so many tasks, chosen at random, a larger one holding the smaller ones; at the first ratio.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',')]
    task_counts: Vec<usize>,
    /// The mixtures that are compared, by default all three.
    #[arg(long, value_enum, value_name = "NAMES", value_delimiter = ',')]
    mixtures: Vec<MixtureName>,
    /// Adds fine-tuning without pre-training.
    #[arg(long)]
    scratch: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum MixtureName {
    /// Span corruption of the corpus alone: T5's.
    Denoising,
    /// The tasks alone.
    Supervised,
    /// Both in one stream: ExT5's.
    Both,
}

use MixtureName::{Both, Denoising, Supervised};

fn main() -> Result<()> {
    let args = Args::parse();
    let mixtures = match &args.mixtures[..] {
        [] => &[Denoising, Supervised, Both],
        given => given,
    };
    let built_in = args.study.data.is_none();
    let mut study = TextStudy::new("ext5", args.study.clone())?
        .held_out(&args.held_out)
        .seeds(if built_in { 2 } else { 1 })
        .settings(|settings| {
            if built_in {
                settings.small_and_quick();
            }
        });
    if args.scratch {
        study = study.method(PreTraining::None);
    }
    let sweeps = args.ratio.len() > 1 || !args.task_counts.is_empty();
    if sweeps && !mixtures.contains(&Both) {
        return Err(Error::Usage(
            "`--ratio` and `--task-counts` are of the mixture `both`, which `--mixtures` leaves out".into(),
        ));
    }
    for name in mixtures {
        let whole = args.ratio.iter().map(|&ratio| PreTraining::Both { tasks: None, ratio });
        let of_some = args.task_counts.iter();
        let of_some = of_some.map(|&n| PreTraining::Both { tasks: Some(n), ratio: args.ratio[0] });
        let methods: Vec<PreTraining> = match name {
            Denoising => vec![PreTraining::Denoising],
            Supervised => vec![PreTraining::Supervised { tasks: None }],
            Both => of_some.chain(whole).collect(),
        };
        study = methods.into_iter().fold(study, TextStudy::method);
    }
    if args.ratio.len() > 1 {
        study = study.swept("R");
    } else if !args.task_counts.is_empty() {
        study = study.swept("number of tasks");
    }
    study.run()?.report()
}
