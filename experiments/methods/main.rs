//! Ways of weighing tasks, all on the same mixture: a batch of every task in each step, equal steps, and
//! linear scalarisation with a tuned temperature as the row to beat.
//!
//! `cargo run --release --example methods` compares a choice of methods on the built-in synthetic suite, `--all` all of
//! them; `--data GLUE_DIR --init ENCODER_DIR --tasks rte,mrpc,cola,stsb` on GLUE. `--matched-time` adds rows that were
//! trained for as long as equal weights in time rather than in steps. `--cost` measures what a step of every method
//! costs, and trains nothing.

use std::path::PathBuf;

use clap::Parser;
use taskgraft::{
    methods::TaskWeighting,
    prelude::*,
    study::{StageKey, StudyReport},
};

mod columns;
mod costs;
mod step_cost;

/// Run where nothing else is asked for.
const CHOSEN: [&str; 7] = ["uncertainty", "rlw", "famo", "pcgrad", "cagrad", "nash-mtl", "upgrad"];
/// Temperatures that scalarisation is tuned over; `inf` is equal weights.
const TEMPERATURES: [f64; 3] = [1.0, 2.0, 4.0];

#[derive(Parser)]
#[command(about = "Methods that weigh tasks by losses or gradients, against tuned scalarisation")]
pub struct Args {
    #[command(flatten)]
    study: StudyArgs,
    /// Runs every method, not only a choice.
    #[arg(long)]
    all: bool,
    /// Runs only these methods, by name, beside the baselines.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with = "all")]
    only: Vec<String>,
    /// Adds a row for each method with as many steps as fit into the time of equal weights.
    #[arg(long)]
    matched_time: bool,
    /// Measures the cost of every method's step at 2, 4 and 8 tasks, and writes it to this Markdown file.
    #[arg(long, value_name = "FILE")]
    cost: Option<PathBuf>,
    /// With `--cost`: texts of each task, and tokens of each text.
    #[arg(long, value_name = "N", default_value_t = 16)]
    cost_texts: usize,
    #[arg(long, value_name = "N", default_value_t = 64)]
    cost_length: usize,
    /// With `--cost` and without `--init`: width and layers of the encoder; MiniLM's shape by default.
    #[arg(long, value_name = "N", default_value_t = 384)]
    cost_width: usize,
    #[arg(long, value_name = "N", default_value_t = 6)]
    cost_layers: usize,
    /// With `--cost`: rounds that are measured.
    #[arg(long, value_name = "N", default_value_t = 9)]
    cost_rounds: usize,
    /// With `--cost`: numbers of tasks.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_values_t = [2, 4, 8])]
    cost_tasks: Vec<usize>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    match &args.cost {
        Some(file) => costs::measure(&args, file),
        None => run(args)?.report(),
    }
}

/// Runs the comparison.
pub fn run(args: Args) -> Result<StudyReport> {
    let (from_scratch, built_in) = (args.study.init.is_none(), !args.study.has_data());
    let mut study = Study::new("methods", args.study.clone())?;
    study.takes_methods();
    study.seeds(if args.all { 1 } else { 2 }).settings(|settings| {
        for config in settings.all_sections() {
            config.mixture.batch_size = 16;
            config.steps = Some(400);
            config.evaluations = 2;
            if built_in {
                config.max_length = 48;
            }
            if from_scratch {
                (config.lr, config.layer_decay) = (1.5e-3, 1.0);
            }
        }
        if from_scratch {
            settings.trunk.hidden = 64;
            settings.synthetic.rich = 1500;
        }
    });
    let tasks = study.tasks(["rte", "mrpc", "cola", "stsb"])?;
    study.lineage(Lineage::single(), &tasks);
    let all = tasks.clone();
    study.recipe(equal().to_string(), move |plan| equal().plan(plan, &all));
    let all = tasks.clone();
    study.recipe("Linear scalarisation, tuned", move |plan| tuned(plan, &all)).baseline();
    let lineages = lineages(&args)?;
    for lineage in &lineages {
        study.lineage(lineage.clone(), &tasks);
    }
    if args.matched_time {
        for lineage in lineages.iter().filter(|lineage| lineage.weighting.is_some()) {
            let (lineage, all) = (lineage.clone(), tasks.clone());
            let name = format!("{lineage}, matched time");
            study.recipe(name, move |plan| matched(plan, &lineage, &all));
        }
    }
    study.note(format!(
        "Linear scalarisation was tuned among temperatures {TEMPERATURES:?} and equal weights by the mean dev score of \
         another seed."
    ));
    let rows: Vec<Lineage> = [Lineage::single(), equal()].into_iter().chain(lineages).collect();
    let mut report = study.run()?;
    columns::add(&mut report.comparison, &rows, "Single", &equal().to_string());
    Ok(report)
}

/// The rows beside the baselines.
fn lineages(args: &Args) -> Result<Vec<Lineage>> {
    let names: Vec<&str> = match (&args.only[..], args.all) {
        ([], true) => TaskWeighting::names(),
        ([], false) => CHOSEN.to_vec(),
        (only, _) => only.iter().map(String::as_str).collect(),
    };
    // Fixed weights without weights are equal ones, and scalarisation is in the tuned row.
    let names =
        names.into_iter().filter(|name| !["equal", "fixed", "scalarisation"].contains(name));
    let lineages: Result<Vec<Lineage>> = names.map(str::parse).collect();
    Ok(lineages?.into_iter().chain(args.study.lineages()?).collect())
}

fn weighted(weighting: TaskWeighting) -> Lineage {
    Lineage::multi().weighted(weighting)
}

fn equal() -> Lineage {
    weighted(TaskWeighting::named("equal"))
}

/// The best scalarisation on a seed that the comparison doesn't use.
fn tuned(plan: &mut Plan<'_>, tasks: &[TaskUse]) -> Result<Row> {
    let at = |t: f64| weighted(TaskWeighting::named("scalarisation").with("temperature", t));
    // Equal weights have a row of their own: as the tuned row they are those of a temperature beyond all sizes.
    let grid = TEMPERATURES.iter().map(|&t| (at(t), at(t))).chain([(equal(), at(1e9))]);
    let other_seed = plan.seeds().last().copied().unwrap_or_default() + 1;
    let (mut best, mut waits) = (None::<(f64, Lineage)>, false);
    for (tried, chosen) in grid {
        let row = tried.plan(&mut plan.with_seed(other_seed), tasks)?;
        match plan.mean_score(&row) {
            Ok(score) if best.as_ref().is_none_or(|(highest, _)| score >= *highest) => {
                best = Some((score, chosen));
            }
            Ok(_) => {}
            Err(Error::Unfinished) => waits = true,
            Err(error) => return Err(error),
        }
    }
    match best.filter(|_| !waits) {
        Some((_, chosen)) => Ok(chosen.plan(plan, tasks)?.called(chosen.to_string())),
        None => Err(Error::Unfinished),
    }
}

/// A method trained for as long as equal weights, where a step of its own is dearer; else for as many steps.
fn matched(plan: &mut Plan<'_>, lineage: &Lineage, tasks: &[TaskUse]) -> Result<Row> {
    let budget = equal().plan(plan, tasks)?;
    let whole = lineage.plan(plan, tasks)?;
    let took = |plan: &Plan<'_>, row: &Row| -> Result<(f64, u64)> {
        let keys: Vec<&StageKey> = row.all_stages();
        let result = plan.result(keys[0])?;
        Ok((result.step_seconds, result.steps))
    };
    let ((budget, steps), (seconds, _)) = (took(plan, &budget)?, took(plan, &whole)?);
    if seconds <= 1.02 * budget {
        return Ok(whole);
    }
    let fitting = ((steps as f64 * budget / seconds) as u64).max(1);
    let stage = Stage::train(tasks)
        .trained_as("multi")
        .method(lineage.weighting.clone().unwrap_or_else(|| TaskWeighting::named("equal")))
        .with(move |config| config.steps = Some(fitting));
    plan.together(stage)
}
