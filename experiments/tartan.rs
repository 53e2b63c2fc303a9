//! TARTAN (Dery et al., 2022): an end-task trained together with masked language modelling on its texts, under equal
//! (MT-TARTAN) or learned weights (META-TARTAN), against pre-training on the texts first.
//!
//! `cargo run --release --example tartan` runs on a built-in end-task with a helpful text, and with a task that helps
//! beside one that is noise; with `--data TARTAN_DIR --init ENCODER_DIR` on ACL-ARC and SciERC in their published layout
//! (`--tasks chemprot,hyperpartisan`: the other two).

use clap::{Parser, ValueEnum};
use taskgraft::{
    methods::{LearnedWeights, TaskWeights},
    prelude::*,
    study::{EndTaskMethod, EndTaskSettings, EndTaskStudy, assign},
};

const DATA: &str = "Folder with a folder for each end-task (citation_intent, sciie, chemprot, hyperpartisan) in the released \
                    layout; without it a built-in end-task";

#[derive(Parser)]
#[command(
    about = "TARTAN: end-task-aware training against pre-training, then fine-tuning",
    mut_arg("data", |arg| arg.help(DATA)),
    mut_arg("tasks", |arg| arg.help("End-tasks, separated by commas; with `--data` by default citation_intent and sciie")),
    mut_arg("steps", |arg| arg.help("Optimiser steps on the end-task, and of pre-training; the last fine-tuning has its own")),
    mut_arg("epochs", |arg| arg.help("Passes over the end-task's examples, in place of steps")),
    mut_arg("set", |arg| arg.help("Changes a setting, for example `lr=1e-4`, `train.mixture.batch_size=8` or `synthetic.train_size=64`")),
    mut_arg("method", |arg| arg.help("Adds a way to weigh tasks, such as `cagrad`, as often as needed, with every set of auxiliary \
                                      tasks that another method trains together with the end-task; `cargo run --example \
                                      methods -- --help` lists them"))
)]
struct Args {
    #[command(flatten)]
    study: StudyArgs,
    /// A set of auxiliary tasks: texts of the end-task (`task`, `domain.1x`, or a share, `domain.1x@0.25`) and other
    /// tasks of the suite. Given several times, every method is run with every set. By default `task,domain.1x`; on
    /// built-in data `domain` and `related,shuffled`.
    #[arg(long, value_name = "NAMES")]
    auxiliaries: Vec<String>,
    /// Runs the methods with these shares of the domain texts, for a curve of data efficiency.
    #[arg(long, value_name = "SHARES", value_delimiter = ',')]
    domain_fraction: Vec<f64>,
    /// The methods that are compared.
    #[arg(long, value_enum, value_name = "NAMES", value_delimiter = ',')]
    methods: Vec<MethodName>,
    /// Adds given weights, the end-task's first.
    #[arg(long, value_name = "WEIGHTS", value_delimiter = ',')]
    weights: Vec<f64>,
    /// Learns task weights from the dev examples that networks are selected by, in place of halves of the dev set.
    #[arg(long)]
    shared_dev: bool,
    /// Changes how META-TARTAN learns weights, for example `rule.lr=1`, `rule.alignment=dot`, `dev.refit_every=5` or
    /// `dev.source=held_out_train`.
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    meta: Vec<String>,
    /// Takes the released code's choices: no softmax Jacobian, dropout in the dev gradient, the language model's head
    /// compared, a dev head fitted in 10 steps at a tenth of the rate, one dev set for all, padding attended to.
    #[arg(long)]
    as_released: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum MethodName {
    /// The end-task alone.
    EndTaskOnly,
    /// Pre-training on one auxiliary task, then the end-task: TAPT with `task`, DAPT with a domain text.
    PreTrain,
    /// Pre-training on all of a set, the most distant first, then the end-task: DAPT+TAPT.
    PreTrainAll,
    /// MT-TARTAN: all together under equal weights.
    Mt,
    /// META-TARTAN: all together under learned weights.
    Meta,
    /// All together under weights drawn at random.
    Random,
}

use MethodName::{EndTaskOnly, Meta, Mt, PreTrain, PreTrainAll, Random};

fn main() -> Result<()> {
    let args = Args::parse();
    let (built_in, from_scratch) = (args.study.data.is_none(), args.study.init.is_none());
    let mut study = EndTaskStudy::new("tartan", args.study.clone())?
        .tasks(["citation_intent", "sciie"])
        .settings(|settings| {
            if from_scratch {
                small_and_quick(settings);
            }
            settings.shared_dev = args.shared_dev || args.as_released;
            let attend_padding = args.as_released;
            settings.stages().into_iter().for_each(|stage| stage.attend_padding = attend_padding);
        });
    let names = match (&args.methods[..], built_in) {
        ([], true) => &[EndTaskOnly, PreTrain, Mt, Meta],
        ([], false) => &[EndTaskOnly, PreTrain, PreTrainAll, Mt, Meta][..],
        (names, _) => names,
    };
    let sets = sets(&args, built_in);
    let learned = learned(&args)?;
    for name in names {
        for set in &sets {
            for method in methods(*name, set, &learned) {
                study = study.method(method);
            }
        }
    }
    for set in sets.iter().filter(|_| !args.weights.is_empty()) {
        let weights = TaskWeights::Fixed { weights: args.weights.clone() };
        study = study.method(EndTaskMethod::together(set, weights));
    }
    study.run()?.report()
}

/// The sets of auxiliary tasks, each with every share of its domain texts.
fn sets(args: &Args, built_in: bool) -> Vec<Vec<String>> {
    let given: Vec<&str> = match (&args.auxiliaries[..], built_in) {
        ([], true) => vec!["domain", "related,shuffled"],
        ([], false) => vec!["task,domain.1x"],
        (given, _) => given.iter().map(String::as_str).collect(),
    };
    let whole = [1.0];
    let shares = if args.domain_fraction.is_empty() { &whole } else { &args.domain_fraction[..] };
    let share_of = |name: &str, share: f64| match name.starts_with("domain") && share != 1.0 {
        true => format!("{name}@{share}"),
        false => name.to_string(),
    };
    let set = |names: &str, share| names.split(',').map(|n| share_of(n.trim(), share)).collect();
    given.iter().flat_map(|names| shares.iter().map(move |&share| set(names, share))).collect()
}

/// What a method's name stands for with a set of auxiliary tasks.
fn methods(name: MethodName, set: &[String], learned: &TaskWeights) -> Vec<EndTaskMethod> {
    match name {
        EndTaskOnly => vec![EndTaskMethod::EndTaskOnly],
        PreTrain => set.iter().map(|one| EndTaskMethod::pre_train(&[one])).collect(),
        PreTrainAll if set.len() < 2 => vec![],
        PreTrainAll => {
            let order: Vec<&String> = set.iter().rev().collect();
            vec![EndTaskMethod::pre_train(&order)]
        }
        Mt => vec![EndTaskMethod::mt(set)],
        Meta => vec![EndTaskMethod::together(set, learned.clone())],
        Random => vec![EndTaskMethod::together(set, TaskWeights::Random)],
    }
}

fn learned(args: &Args) -> Result<TaskWeights> {
    let mut learned = match args.as_released {
        true => LearnedWeights::as_released(),
        false => LearnedWeights::default(),
    };
    if args.study.init.is_none() && !args.as_released {
        // Trainings from scratch are short: weights must move fast, and be told apart by more examples.
        learned.rule.lr = 1.0;
        (learned.dev.batch_size, learned.dev.gradient_batch_size) = (100, 100);
    }
    for assignment in &args.meta {
        assign(&mut learned, assignment, &[])?;
    }
    Ok(TaskWeights::Learned(learned))
}

/// Sizes and rates with which an encoder of two layers learns the built-in end-task from scratch.
fn small_and_quick(settings: &mut EndTaskSettings) {
    settings.trunk.hidden = 64;
    let text = &mut settings.synthetic;
    (text.topic_words, text.common_words) = (24, 24);
    (text.shortest, text.longest) = (16, 24);
    (text.topicality, text.train_size) = (0.3, 24);
    for config in settings.stages() {
        config.max_length = 32;
        config.lr = 2e-3;
    }
    settings.train.steps = Some(250);
    settings.pretrain.steps = Some(250);
    settings.finetune.lr = 1e-4;
}
