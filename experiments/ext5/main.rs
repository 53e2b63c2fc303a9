//! ExT5 (Aribandi et al., 2022): T5 pre-trained on denoising, on a mixture of supervised tasks, and on both at once,
//! then fine-tuned on tasks that no mixture holds.
//!
//! `cargo run --release --example ext5` runs on built-in tasks in words; with `--data DIR` on the registry's tasks and
//! the texts in `DIR/corpus`. `--set denoising=ul2` denoises as UL2 does, `--method famo` weighs the mixture.

use clap::{Parser, ValueEnum};
use taskgraft::{
    prelude::*,
    report::{Place, Sweep},
    study::StudyReport,
};

use self::mixture::PreTraining;

mod mixture;
#[path = "../text_to_text/mod.rs"]
mod text_to_text;

const TASKS: &str = "Tasks of the mixture, separated by commas; `taskgraft tasks list` shows them. By default all that can \
                     be trained on and are not held out";

#[derive(Parser)]
#[command(
    about = "ExT5: supervised tasks beside denoising in pre-training, against either alone",
    mut_arg("tasks", |arg| arg.help(TASKS)),
    mut_arg("steps", |arg| arg.help("Optimiser steps of every pre-training")),
    mut_arg("set", |arg| arg.help("Changes a setting, for example `pretrain.lr=1`, `row.inputs=64` or `synthetic.relatedness=0.5`")),
    mut_arg("method", |arg| arg.help("Adds a row: the tasks' mixture with denoising, weighed by a method such as `famo` \
                                      or `pcgrad`, with a batch of every task in each step; as often as needed")),
    // Refused, with the reason, where it is given.
    mut_arg("epochs", |arg| arg.hide(true))
)]
pub struct Args {
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
    run(Args::parse())?.report()
}

/// Runs the experiment.
pub fn run(args: Args) -> Result<StudyReport> {
    args.study.refuse(&["--epochs"])?;
    let built_in = !args.study.has_data();
    let mut study = Study::new("ext5", args.study.clone())?;
    study.takes_methods();
    study.form(Form::InWords).seeds(if built_in { 2 } else { 1 }).settings(|settings| {
        text_to_text::of_t5(settings);
        if built_in {
            text_to_text::small_and_quick(settings);
        }
    });
    let rows = rows(&args)?;
    let (mixture, held_out) = text_to_text::choose(&mut study, &args.study.tasks, &args.held_out)?;
    mixture::check_counts(&rows, mixture.len())?;
    let mut vocabulary = mixture.clone();
    vocabulary.push(TaskUse::denoising());
    study.columns(&held_out).vocabulary(&vocabulary).texts_of(&mixture);
    let only_one = rows.len() == 1;
    for row in &rows {
        let (row, mixture, held_out) = (row.clone(), mixture.clone(), held_out.clone());
        let is_baseline = row == PreTraining::Denoising || only_one;
        study.recipe(row.to_string(), move |plan| row.plan(plan, &mixture, &held_out));
        if is_baseline {
            study.baseline();
        }
    }
    let finetune = study.resolved_settings()?.section("finetune");
    let evaluations = finetune.evaluations.min(finetune.steps.unwrap_or(u64::MAX));
    study.note(format!(
        "Scores are of the best of {evaluations} evaluations on the dev set during fine-tuning, as T5 reports them."
    ));
    let mut report = study.run()?;
    report.comparison.sweep = sweep(&args, &rows);
    Ok(report)
}

/// The rows that are asked for.
fn rows(args: &Args) -> Result<Vec<PreTraining>> {
    let mixtures = match &args.mixtures[..] {
        [] => &[Denoising, Supervised, Both],
        given => given,
    };
    let sweeps = args.ratio.len() > 1 || !args.task_counts.is_empty();
    if sweeps && !mixtures.contains(&Both) {
        return Err(Error::Usage(
            "`--ratio` and `--task-counts` change the mixture `both`; name it in `--mixtures` too"
                .into(),
        ));
    }
    if let Some(ratio) = args.ratio.iter().find(|ratio| !(ratio.is_finite() && **ratio >= 0.0)) {
        return Err(Error::Usage(format!(
            "`--ratio {ratio}`: give a number of 0 or more, examples of denoising for one of the tasks"
        )));
    }
    let both = |tasks, ratio| PreTraining::Both { tasks, ratio, method: MethodSpec::Average };
    let mut rows = if args.scratch { vec![PreTraining::None] } else { vec![] };
    for name in mixtures {
        match name {
            Denoising => rows.push(PreTraining::Denoising),
            Supervised => rows.push(PreTraining::Supervised),
            Both => {
                rows.extend(args.task_counts.iter().map(|&n| both(Some(n), args.ratio[0])));
                rows.extend(args.ratio.iter().map(|&ratio| both(None, ratio)));
            }
        }
    }
    for weighting in args.study.weightings()? {
        let method = MethodSpec::Weighted(weighting);
        rows.push(PreTraining::Both { tasks: None, ratio: args.ratio[0], method });
    }
    Ok(rows)
}

/// Where rows stand along the ratio or the number of tasks, where several of them are compared.
fn sweep(args: &Args, rows: &[PreTraining]) -> Option<Sweep> {
    let setting = match (args.ratio.len(), args.task_counts.is_empty()) {
        (2.., _) => "R",
        (_, false) => "number of tasks",
        _ => return None,
    };
    let place = |row: &PreTraining| {
        let PreTraining::Both { tasks, ratio, .. } = row else { return None };
        let value = if setting == "R" { Some(*ratio) } else { tasks.map(|count| count as f64) };
        Some(Place { method: row.to_string(), family: "Both".into(), value: value? })
    };
    Some(Sweep { setting: setting.into(), places: rows.iter().filter_map(place).collect() })
}
