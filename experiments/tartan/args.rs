//! The command line of TARTAN's experiment, and the rows that it asks for.

use clap::{Parser, ValueEnum};
use taskgraft::{
    methods::{LearnedWeights, TaskWeights},
    prelude::*,
    study::assign,
};

use super::rows::{EndTaskRow, Help};

#[derive(Parser)]
#[command(
    about = "TARTAN: end-task-aware training against pre-training, then fine-tuning",
    mut_arg("tasks", |arg| arg.help("End-tasks, separated by commas; with `--data` by default citation_intent and sciie")),
    mut_arg("steps", |arg| arg.help("Optimiser steps on the end-task, and of pre-training; the last fine-tuning has its own")),
    mut_arg("epochs", |arg| arg.help("Passes over the end-task's examples, in place of steps")),
    mut_arg("set", |arg| arg.help("Changes a setting, for example `lr=1e-4`, `train.mixture.batch_size=8` or `synthetic.train_size=64`")),
    mut_arg("method", |arg| arg.help("Adds a way to weigh tasks, such as `cagrad`, as often as needed, with every set of auxiliary \
                                      tasks that another method trains together with the end-task; `cargo run --example \
                                      methods -- --help` lists them"))
)]
pub struct Args {
    #[command(flatten)]
    pub study: StudyArgs,
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
    pub shared_dev: bool,
    /// Changes how META-TARTAN learns weights, for example `rule.lr=1`, `rule.alignment=dot`, `dev.refit_every=5` or
    /// `dev.source=held_out_train`.
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    meta: Vec<String>,
    /// Takes the released code's choices: no softmax Jacobian, dropout in the dev gradient, the language model's head
    /// compared, a dev head fitted in 10 steps at a tenth of the rate, one dev set for all, padding attended to.
    #[arg(long)]
    pub as_released: bool,
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

/// The rows that are asked for: methods with sets of auxiliary tasks.
pub fn rows(args: &Args, built_in: bool) -> Result<Vec<EndTaskRow>> {
    let names = match (&args.methods[..], built_in) {
        ([], true) => &[EndTaskOnly, PreTrain, Mt, Meta],
        ([], false) => &[EndTaskOnly, PreTrain, PreTrainAll, Mt, Meta][..],
        (names, _) => names,
    };
    let (sets, learned) = (sets(args, built_in), learned(args)?);
    let mut rows = Vec::new();
    for name in names {
        rows.extend(sets.iter().flat_map(|set| rows_of(*name, set, &learned)));
    }
    let together: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| matches!(row.help, Help::Together(_)))
        .map(|row| row.auxiliaries.clone())
        .collect();
    for set in sets.iter().filter(|_| !args.weights.is_empty()) {
        let weights = TaskWeights::Fixed { weights: args.weights.clone() };
        rows.push(EndTaskRow::new(Help::Together(weights.into()), set));
    }
    let weightings = args.study.weightings()?;
    if !weightings.is_empty() && together.is_empty() {
        return Err(Error::Usage(
            "`--method` weighs an end-task and its auxiliary tasks; `--methods` must name one that trains both".into(),
        ));
    }
    for weighting in weightings {
        let of = |set: &Vec<String>| EndTaskRow::new(Help::Together(weighting.clone().into()), set);
        rows.extend(together.iter().map(of));
    }
    let mut seen: Vec<String> = Vec::new();
    rows.retain(|row| {
        !seen.contains(&row.to_string()) && {
            seen.push(row.to_string());
            true
        }
    });
    Ok(rows)
}

/// What a method's name stands for with a set of auxiliary tasks.
fn rows_of(name: MethodName, set: &[String], learned: &TaskWeights) -> Vec<EndTaskRow> {
    let together = |weights: TaskWeights| EndTaskRow::new(Help::Together(weights.into()), set);
    match name {
        EndTaskOnly => vec![EndTaskRow::new(Help::None, &[])],
        PreTrain => {
            set.iter().map(|one| EndTaskRow::new(Help::Before, std::slice::from_ref(one))).collect()
        }
        PreTrainAll if set.len() < 2 => vec![],
        PreTrainAll => {
            let order: Vec<String> = set.iter().rev().cloned().collect();
            vec![EndTaskRow::new(Help::Before, &order)]
        }
        Mt => vec![together(TaskWeights::Equal)],
        Meta => vec![together(learned.clone())],
        Random => vec![together(TaskWeights::Random)],
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
