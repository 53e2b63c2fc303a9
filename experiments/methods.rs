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
    models::{bert::BertConfig, bert::Encoder, hugging_face},
    prelude::*,
    report::MethodRow,
    run_dir::write_atomic,
    study::{CostSettings, StepCosts, StudyReport, add_method_columns, cost_table},
};

/// Run where nothing else is asked for.
const CHOSEN: [&str; 7] = ["uncertainty", "rlw", "famo", "pcgrad", "cagrad", "nash-mtl", "upgrad"];
/// Temperatures that scalarisation is tuned over; `inf` is equal weights.
const TEMPERATURES: [f64; 3] = [1.0, 2.0, 4.0];

#[derive(Parser)]
#[command(about = "Methods that weigh tasks by losses or gradients, against tuned scalarisation")]
struct Args {
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
    if let Some(file) = &args.cost {
        return measure_costs(&args, file);
    }
    let out = args.study.out.clone().unwrap_or_else(|| PathBuf::from("runs/methods"));
    let tuned = tune(&args, out.join("tuning"))?;
    let mut methods = vec![Method::single(), weighted("equal"), tuned.clone()];
    let names: Vec<&str> = match (&args.only[..], args.all) {
        ([], true) => TaskWeighting::names(),
        ([], false) => CHOSEN.to_vec(),
        (only, _) => only.iter().map(String::as_str).collect(),
    };
    // Fixed weights without weights are equal ones, and scalarisation is in the tuned row.
    let names =
        names.into_iter().filter(|name| !["equal", "fixed", "scalarisation"].contains(name));
    for name in names {
        methods.push(name.parse()?);
    }
    methods.extend(args.study.methods()?);
    let mut report =
        study(&args, StudyArgs { out: Some(out.clone()), ..args.study.clone() }, &methods)?;
    if args.matched_time {
        for (method, row) in matched(&args, &methods, &report, &out)? {
            methods.push(method);
            report.comparison.methods.push(row);
        }
        report.comparison.test_over_seeds();
    }
    report.comparison.baselines = vec![tuned.to_string(), Method::single().to_string()];
    let equal = weighted("equal").to_string();
    add_method_columns(&mut report.comparison, &methods, "Single", &equal);
    report.comparison.notes.push(format!(
        "{tuned} was chosen among temperatures {TEMPERATURES:?} and equal weights by the mean dev score of another seed."
    ));
    report.report()
}

fn weighted(name: &str) -> Method {
    Method::multi().weighted(TaskWeighting::named(name))
}

/// Runs `methods` with the experiment's settings.
fn study(args: &Args, of: StudyArgs, methods: &[Method]) -> Result<StudyReport> {
    let (from_scratch, built_in) = (of.init.is_none(), of.data.is_none());
    // What the command line adds is among the methods already.
    let of = StudyArgs { methods: vec![], ..of };
    let mut study = Study::new("methods", of)?
        .seeds(if args.all { 1 } else { 2 })
        .tasks(["rte", "mrpc", "cola", "stsb"])
        .settings(|settings| {
            for config in [&mut settings.single, &mut settings.multi] {
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
    for method in methods {
        study = study.method(method.clone());
    }
    study.run()
}

/// The best scalarisation on a seed that the comparison doesn't use.
fn tune(args: &Args, out: PathBuf) -> Result<Method> {
    let seeds = args.study.seeds.unwrap_or(2);
    let of = StudyArgs {
        out: Some(out),
        seeds: Some(1),
        first_seed: args.study.first_seed + seeds,
        ..args.study.clone()
    };
    let at = |t: f64| TaskWeighting::named("scalarisation").with("temperature", t);
    let grid: Vec<Method> = TEMPERATURES
        .iter()
        .map(|&t| Method::multi().weighted(at(t)))
        .chain([weighted("equal")])
        .collect();
    let comparison = study(args, of, &grid)?.comparison;
    let mean = |row: &MethodRow| row.seeds.first().and_then(|s| s.average()).unwrap_or(f64::MIN);
    let scored = grid.into_iter().zip(comparison.methods.iter().map(mean));
    let best = scored.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(method, _)| method);
    // Equal weights have a row of their own: as the tuned row they are those of a temperature beyond all sizes.
    Ok(best.filter(|best| *best != weighted("equal")).unwrap_or(Method::multi().weighted(at(1e9))))
}

/// Rows of methods that were trained for as long as equal weights, where a step of theirs is dearer.
fn matched(
    args: &Args,
    methods: &[Method],
    report: &StudyReport,
    out: &std::path::Path,
) -> Result<Vec<(Method, MethodRow)>> {
    let rows = &report.comparison.methods;
    let seconds = |row: &MethodRow| row.cost.map(|cost| (cost.seconds, cost.steps));
    let Some((budget, steps)) =
        rows.iter().find(|row| row.name == weighted("equal").to_string()).and_then(seconds)
    else {
        return Ok(vec![]);
    };
    let mut added = vec![];
    for (method, row) in methods.iter().zip(rows).filter(|(m, _)| m.weighting.is_some()) {
        let Some((took, _)) = seconds(row).filter(|(took, _)| *took > 1.02 * budget) else {
            continue;
        };
        let fitting = ((steps as f64 * budget / took) as u64).max(1);
        let of = StudyArgs {
            out: Some(out.join("matched-time")),
            steps: Some(fitting),
            ..args.study.clone()
        };
        for mut row in study(args, of, std::slice::from_ref(method))?.comparison.methods {
            row.name = format!("{}, matched time", row.name);
            added.push((method.clone(), row));
        }
    }
    Ok(added)
}

/// Writes the table of step costs.
fn measure_costs(args: &Args, file: &std::path::Path) -> Result<()> {
    let backend = args.study.backend()?;
    let device = backend.device()?;
    let trunk = match &args.study.init {
        Some(dir) => hugging_face::load_encoder(dir, &device)?.module,
        None => {
            let mut config = BertConfig::new(30_522, args.cost_width, args.cost_layers);
            config.num_attention_heads = args.cost_width / 32;
            Encoder::new(&config, 0, &device)?
        }
    };
    let methods: Vec<TaskWeighting> =
        TaskWeighting::names().into_iter().map(TaskWeighting::named).collect();
    let batch = (args.cost_texts, args.cost_length);
    let settings = CostSettings { trunk: &trunk, batch, rounds: args.cost_rounds, device: &device };
    let mut all = Vec::new();
    for &tasks in &args.cost_tasks {
        all.push(StepCosts::measure(&settings, tasks, &methods)?);
        println!("{tasks} tasks measured");
    }
    let plain = |costs: &StepCosts| {
        let seconds = taskgraft::study::quartiles(&costs.plain)[1];
        format!("{} tasks {seconds:.3} s", costs.tasks)
    };
    let table = format!(
        "{}\nTime of a step over that of T plain single-task steps ({}): median of {} rounds and quartiles; \
         behind the semicolon the same of processor time, over all rounds; {} texts of {} \
         tokens each task, on {backend}.\n",
        cost_table(&all),
        all.iter().map(plain).collect::<Vec<_>>().join(", "),
        args.cost_rounds,
        batch.0,
        batch.1
    );
    write_atomic(file, table.as_bytes())?;
    println!("{table}\nwritten to {}", file.display());
    Ok(())
}
