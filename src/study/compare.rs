//! From a finished study to a comparison: scores by row and seed, their tests, curves, schedules and the mixture.
//!
//! Tests are against the baselines: Welch's t over seeds, which asks whether another set of seeds could have turned the
//! result, and a paired bootstrap over examples, which asks the same of another data set (each resample is scored for
//! every seed, and the seeds' differences are averaged).

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use taskgraft_tasks::{Target, TargetKind, TaskSpec};

use super::{
    Planned, Row, StageKey,
    args::Split,
    finished::{Finished, FinishedRow},
    plan::start_of,
};
use crate::{
    Error, Result,
    events::Measurement,
    methods::MethodSpec,
    report::{
        Column, Comparison, Cost, Curve, FactTable, MethodRow, MixtureRow, MixtureTable,
        PaddingWaste, Schedule, Section, SeedScores, TaskColumn,
    },
    stats::{PairedBootstrap, Resampled},
};

/// Resamples of the bootstrap; p-values are multiples of 1/(resamples + 1).
const RESAMPLES: usize = 1000;

/// Gathers what the stages left behind.
///
/// # Errors
/// If their files can't be read.
pub fn compare(finished: &Finished<'_>) -> Result<Comparison> {
    let specs = finished.specs()?;
    let rows: Vec<&FinishedRow> = finished.rows.iter().filter(|row| row.is_listed).collect();
    let mut comparison = Comparison {
        tasks: specs.iter().map(column).collect(),
        methods: rows.iter().map(|row| of_row(finished, row, &specs)).collect::<Result<_>>()?,
        baselines: rows.iter().filter(|r| r.is_baseline).map(|r| r.name.clone()).collect(),
        ..Default::default()
    };
    if finished.split == Split::Test {
        let untested = finished.untested()?;
        comparison.on_test = untested.len() < specs.len();
        if !untested.is_empty() {
            comparison.notes.push(format!(
                "No test examples with targets are there for {}: the scores are of dev examples that the network was \
                 selected by.",
                untested.join(", ")
            ));
        }
    }
    comparison.test_over_seeds();
    bootstrap(finished, &rows, &specs, &mut comparison)?;
    for row in &rows {
        for (seed, of_seed) in &row.by_seed {
            curves(finished, row, *seed, of_seed, &mut comparison)?;
        }
    }
    comparison.mixture = mixture(finished, &rows)?;
    comparison.sections.extend(unparsable(finished, &rows, &specs)?);
    Ok(comparison)
}

fn column(spec: &TaskSpec) -> TaskColumn {
    let metric = spec.metrics.first().map_or_else(String::new, ToString::to_string);
    TaskColumn { name: spec.name.clone(), metric }
}

fn of_row(finished: &Finished<'_>, row: &FinishedRow, specs: &[TaskSpec]) -> Result<MethodRow> {
    let (mut seeds, mut memory) = (Vec::new(), None);
    // What a seed cost, with the stages that its own start from or are taught by.
    let (mut seconds, mut steps) = (0.0, 0);
    for (seed, of_seed) in &row.by_seed {
        let mut by_task = Vec::new();
        for spec in specs {
            by_task.push(finished.scores(of_seed, &spec.name)?.map(|scores| scores.main()));
        }
        seeds.push(SeedScores { seed: *seed, by_task });
        for stage in finished.lineage(of_seed) {
            let result = finished.result(&stage.key)?;
            seconds += result.step_seconds;
            steps += result.steps;
        }
        for key in of_seed.all_stages() {
            memory = memory.max(finished.result(key)?.peak_memory);
        }
    }
    let count = row.by_seed.len().max(1);
    let cost = Some(Cost { seconds: seconds / count as f64, steps: steps / count as u64, memory });
    Ok(MethodRow { name: row.name.clone(), seeds, cost })
}

fn bootstrap(
    finished: &Finished<'_>,
    rows: &[&FinishedRow],
    specs: &[TaskSpec],
    comparison: &mut Comparison,
) -> Result<()> {
    let bootstrap = PairedBootstrap { resamples: RESAMPLES, seed: 0 };
    for (task, spec) in specs.iter().enumerate() {
        if matches!(spec.kind, TargetKind::Text { .. }) {
            continue;
        }
        let resample = |row: &&FinishedRow| -> Result<Option<Resampled>> {
            let mut scored = Vec::new();
            for (_, of_seed) in &row.by_seed {
                if let Some(path) = finished.predictions(of_seed, &spec.name)? {
                    scored.push(read_predictions(&path)?);
                }
            }
            let examples = scored.first().map_or(0, Vec::len);
            Ok(bootstrap.resample(examples, |draw| mean_metric(spec, &scored, draw)).ok())
        };
        let resampled: Vec<_> = rows.iter().map(resample).collect::<Result<_>>()?;
        let with_scores = || rows.iter().zip(&resampled);
        for (baseline, theirs) in with_scores().filter(|(row, _)| row.is_baseline) {
            for (row, ours) in with_scores().filter(|(row, _)| row.name != baseline.name) {
                let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
                // A score that is undefined on the split itself can't be tested.
                let Ok(result) = PairedBootstrap::of_resampled(ours, theirs) else { continue };
                comparison.add_bootstrap(&row.name, &baseline.name, Column::Task(task), &result);
            }
        }
    }
    Ok(())
}

/// The losses and dev scores of the stages that score a row's tasks, and the losses of those they start from.
fn curves(
    finished: &Finished<'_>,
    row: &FinishedRow,
    seed: u64,
    of_seed: &Row,
    comparison: &mut Comparison,
) -> Result<()> {
    let is_first_seed = finished.seeds.first() == Some(&seed);
    let mut seen: Vec<&StageKey> = Vec::new();
    for scored in &of_seed.scored {
        let Some(key) = scored.stages.first().filter(|key| !seen.contains(key)) else { continue };
        seen.push(key);
        let mut stage = finished.stage(key)?;
        let measured = finished.measured(key)?;
        comparison.curves.extend(curves_of(row, seed, stage, &measured, true));
        if is_first_seed {
            let is_first = seen.len() == 1;
            let named = finished.columns().len() > 1;
            comparison.schedules.extend(schedules(row, stage, &measured, (is_first, named)));
        }
        while let Some(start) = start_of(stage) {
            if seen.contains(&start) {
                break;
            }
            seen.push(start);
            stage = finished.stage(start)?;
            let measured = finished.measured(start)?;
            comparison.curves.extend(curves_of(row, seed, stage, &measured, false));
        }
    }
    Ok(())
}

fn curves_of(
    row: &FinishedRow,
    seed: u64,
    stage: &Planned,
    measured: &[Measurement],
    is_scored: bool,
) -> Vec<Curve> {
    let mut by_tag: BTreeMap<String, Curve> = BTreeMap::new();
    let scored: Vec<&str> =
        stage.tasks.iter().filter(|task| task.scored).map(|task| task.name.as_str()).collect();
    // The loss of a network for one task is that task's; where others help, it is the helped one's.
    let loss_of = match (&scored[..], is_scored) {
        ([one], true) => Some(*one),
        _ => None,
    };
    let of_one = loss_of.filter(|_| stage.tasks.len() > 1);
    for m in measured {
        let is_loss = m.split == "train" && m.name == "loss" && m.task.as_deref() == of_one;
        let is_score = is_scored && m.split == "dev" && m.task.is_some();
        if is_loss || is_score {
            let curve = by_tag.entry(m.tag()).or_insert_with(|| Curve {
                method: row.name.clone(),
                seed,
                split: m.split.clone(),
                task: m.task.clone().or_else(|| loss_of.map(String::from)),
                name: m.name.clone(),
                points: vec![],
            });
            curve.points.push((m.step as f64, m.value));
        }
    }
    by_tag.into_values().collect()
}

/// Quantities that a stage's method sets: λ, and the weights of an end-task and its auxiliary tasks.
fn schedules(
    row: &FinishedRow,
    stage: &Planned,
    measured: &[Measurement],
    (is_first, is_named): (bool, bool),
) -> Vec<Schedule> {
    let mut all = Vec::new();
    let mut add = |name: String, figure: &str, task: Option<&str>| {
        let is_it = |m: &&Measurement| m.name == figure && m.task.as_deref() == task;
        let points: Vec<_> =
            measured.iter().filter(is_it).map(|m| (m.step as f64, m.value)).collect();
        if !points.is_empty() {
            all.push(Schedule { method: row.name.clone(), name, points });
        }
    };
    if is_first && stage.anneal.is_some() {
        add("λ (weight of the gold label)".into(), "gold weight", None);
    }
    let helps = stage.tasks.iter().any(|task| !task.scored);
    if helps && stage.method != MethodSpec::Average {
        for figure in ["weight", "dev cosine"] {
            for task in &stage.tasks {
                let of =
                    if is_named { format!(" ({})", stage.tasks[0].name) } else { String::new() };
                add(format!("{figure} of {}{of}", task.name), figure, Some(&task.name));
            }
        }
    }
    all
}

/// Rates of the stage with most tasks, and padding of all rows.
fn mixture(finished: &Finished<'_>, rows: &[&FinishedRow]) -> Result<Option<MixtureTable>> {
    let first = finished.seeds.first();
    let (mut largest, mut padding) = (None::<&Planned>, Vec::new());
    for row in rows {
        let (mut real, mut computed) = (0, 0);
        for (seed, of_seed) in &row.by_seed {
            let mut stages: Vec<&StageKey> = of_seed.all_stages();
            let starts: Vec<&StageKey> =
                stages.iter().filter_map(|key| start_of(finished.stages.get(key)?)).collect();
            stages.extend(starts);
            for key in stages {
                let waste = finished.result(key)?.padding;
                (real, computed) = (real + waste.real, computed + waste.computed);
                let stage = finished.stage(key)?;
                let more = |other: &Planned| stage.tasks.len() > other.tasks.len();
                if Some(seed) == first && largest.is_none_or(more) {
                    largest = Some(stage);
                }
            }
        }
        if computed > 0 {
            let share = 1.0 - real as f64 / computed as f64;
            padding.push(PaddingWaste { name: row.name.clone(), share });
        }
    }
    let Some(largest) = largest.filter(|stage| stage.tasks.len() > 1) else { return Ok(None) };
    let config = &largest.train.mixture;
    let rows = finished.result(&largest.key)?.rates.iter().map(|rate| MixtureRow {
        task: rate.task.clone(),
        examples: rate.examples as u64,
        requested: rate.requested,
        realised: rate.realised,
    });
    let rate = match &config.rate {
        taskgraft_tasks::mixture::Rate::Explicit(_) => "given rates".to_string(),
        rate => format!("{rate:?}"),
    };
    let rule = format!("{}: {rate}, {:?}", largest.name, config.balance);
    Ok(Some(MixtureTable { rule, rows: rows.collect(), padding }))
}

/// Written answers that are none of a task's labels, in percent, mean over seeds; none where there is no such answer.
fn unparsable(
    finished: &Finished<'_>,
    rows: &[&FinishedRow],
    specs: &[TaskSpec],
) -> Result<Option<Section>> {
    let (mut table, mut any) = (Vec::new(), false);
    for row in rows {
        let mut cells = vec![row.name.clone()];
        for spec in specs {
            let mut shares = Vec::new();
            for (_, of_seed) in &row.by_seed {
                let scores = finished.scores(of_seed, &spec.name)?;
                shares.extend(scores.and_then(|scores| scores.unparsable));
            }
            any |= shares.iter().any(|share| *share > 0.0);
            cells.push(match shares.len() {
                0 => "–".into(), // Any text is an answer.
                n => format!("{:.1}", 100.0 * shares.iter().sum::<f64>() / n as f64),
            });
        }
        table.push(cells);
    }
    let names = specs.iter().map(|spec| spec.name.clone());
    Ok(any.then(|| Section {
        title: "Answers that are no answer".into(),
        tables: vec![FactTable {
            title: String::new(),
            header: std::iter::once(String::new()).chain(names).collect(),
            rows: table,
        }],
        caption: "Written answers that are none of the task's labels, or no number, in percent of the split, mean over \
                  seeds. They count as wrong."
            .into(),
        ..Section::default()
    }))
}

#[derive(Deserialize)]
struct Predicted {
    predicted: Target,
    gold: Option<Target>,
}

fn read_predictions(path: &Path) -> Result<Vec<Predicted>> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|e| Error::File {
            path: path.into(),
            problem: format!("line {}: {e}", number + 1),
        })
    };
    text.lines().enumerate().map(line).collect()
}

/// The main metric on the drawn examples, averaged over seeds; NaN where it is undefined.
fn mean_metric(spec: &TaskSpec, seeds: &[Vec<Predicted>], draw: &[usize]) -> f64 {
    let Some(metric) = spec.metrics.first() else { return f64::NAN };
    let one = |scored: &Vec<Predicted>| {
        let predicted: Vec<Target> = draw.iter().map(|&i| scored[i].predicted.clone()).collect();
        let gold: Vec<Target> = draw.iter().filter_map(|&i| scored[i].gold.clone()).collect();
        metric.compute(&spec.kind, &predicted, &gold).unwrap_or(f64::NAN)
    };
    seeds.iter().map(one).sum::<f64>() / seeds.len().max(1) as f64
}
