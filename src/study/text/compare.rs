//! From finished text-to-text runs to a comparison: scores by held-out task and seed, curves, and realised rates.

use super::{PreTraining, TextBench, TextRun, TextSettings, runner::Stage};
use crate::{
    Result,
    events::{Measurement, read_json_lines},
    report::{
        Comparison, Cost, Curve, FactTable, MethodRow, MixtureRow, MixtureTable, PaddingWaste,
        Place, Section, SeedScores, Sweep, TaskColumn,
    },
};

/// Gathers what the runs left behind.
///
/// # Errors
/// If a run's files can't be read.
pub fn compare(
    bench: &TextBench,
    methods: &[PreTraining],
    seeds: &[u64],
    runs: &[TextRun],
    sweep: Option<&str>,
    settings: &TextSettings,
) -> Result<Comparison> {
    let column = |task: &crate::train::TaskData| {
        let metric = task.spec.metrics.first().map_or_else(String::new, ToString::to_string);
        TaskColumn { name: task.spec.name.clone(), metric }
    };
    let baseline = |m: &&PreTraining| **m == PreTraining::Denoising || methods.len() == 1;
    let mut comparison = Comparison {
        tasks: bench.held_out.iter().map(column).collect(),
        methods: methods.iter().map(|m| row(*m, bench.held_out.len(), seeds, runs)).collect(),
        baselines: methods.iter().filter(baseline).map(ToString::to_string).collect(),
        sweep: sweep.map(|setting| along(setting, methods)),
        mixture: mixture(runs, settings),
        sections: unparsable(bench, methods, runs).into_iter().collect(),
        ..Default::default()
    };
    comparison.test_over_seeds();
    for run in runs {
        if let Some(stage) = &run.pretraining {
            let loss = curve(run, None, ("train", "loss"), stage)?;
            comparison.curves.extend(loss);
        }
        for (task, stage) in bench.held_out.iter().zip(&run.finetuned) {
            for metric in &task.spec.metrics {
                let name = metric.to_string();
                let of_task = Some(task.spec.name.as_str());
                comparison.curves.extend(curve(run, of_task, ("dev", &name), stage)?);
            }
        }
    }
    Ok(comparison)
}

fn row(method: PreTraining, tasks: usize, seeds: &[u64], runs: &[TextRun]) -> MethodRow {
    let mine: Vec<&TextRun> = runs.iter().filter(|run| run.method == method).collect();
    let score = |task: usize, seed: u64| {
        let run = mine.iter().find(|run| run.seed == seed)?;
        Some(run.finetuned.get(task)?.result.scores.first()?.main())
    };
    let by_task = |seed| (0..tasks).map(|task| score(task, seed)).collect();
    let stages = || mine.iter().flat_map(|run| run.pretraining.iter().chain(&run.finetuned));
    let count = mine.len().max(1);
    MethodRow {
        name: method.to_string(),
        seeds: seeds.iter().map(|&seed| SeedScores { seed, by_task: by_task(seed) }).collect(),
        cost: Some(Cost {
            seconds: stages().map(|s| s.result.step_seconds).sum::<f64>() / count as f64,
            steps: stages().map(|s| s.result.steps).sum::<u64>() / count as u64,
            memory: None,
        }),
    }
}

/// Written answers that are none of a task's labels, in percent, mean over seeds; none where there is no such answer.
fn unparsable(bench: &TextBench, methods: &[PreTraining], runs: &[TextRun]) -> Option<Section> {
    let share =
        |run: &TextRun, task: usize| run.finetuned.get(task)?.result.scores.first()?.unparsable;
    let tasks = 0..bench.held_out.len();
    if !runs.iter().any(|run| tasks.clone().any(|task| share(run, task) > Some(0.0))) {
        return None;
    }
    let row = |method: &PreTraining| {
        let mine: Vec<&TextRun> = runs.iter().filter(|run| run.method == *method).collect();
        let cell = |task: usize| {
            let shares: Vec<f64> = mine.iter().filter_map(|run| share(run, task)).collect();
            if shares.is_empty() {
                return "–".into(); // Any text is an answer.
            }
            format!("{:.1}", 100.0 * shares.iter().sum::<f64>() / shares.len() as f64)
        };
        std::iter::once(method.to_string()).chain(tasks.clone().map(cell)).collect()
    };
    let names = bench.held_out.iter().map(|task| task.spec.name.clone());
    Some(Section {
        title: "Answers that are no answer".into(),
        tables: vec![FactTable {
            title: String::new(),
            header: std::iter::once(String::new()).chain(names).collect(),
            rows: methods.iter().map(row).collect(),
        }],
        caption: "Written answers that are none of the task's labels, or no number, in percent of the dev set, mean over seeds. \
                  They count as wrong."
            .into(),
        ..Section::default()
    })
}

/// A figure of a stage over its steps; none where it was not measured.
fn curve(
    run: &TextRun,
    task: Option<&str>,
    (split, name): (&str, &str),
    stage: &Stage,
) -> Result<Option<Curve>> {
    let measured = read_json_lines(&stage.folder.join("metrics.jsonl"))?;
    let is_it = |m: &&Measurement| m.split == split && m.name == name && m.task.as_deref() == task;
    let points: Vec<(f64, f64)> =
        measured.iter().filter(is_it).map(|m| (m.step as f64, m.value)).collect();
    Ok((!points.is_empty()).then(|| Curve {
        method: run.method.to_string(),
        seed: run.seed,
        split: split.into(),
        task: task.map(String::from),
        name: name.into(),
        points,
    }))
}

/// Where methods that hold supervised tasks stand along the ratio or, by any other name, the number of tasks.
fn along(setting: &str, methods: &[PreTraining]) -> Sweep {
    let place = |method: &PreTraining| {
        let value = match setting {
            "R" => method.ratio(),
            _ => method.tasks().flatten().map(|count| count as f64),
        };
        let family = if method.denoises() { "Both" } else { "Supervised" };
        Some(Place { method: method.to_string(), family: family.into(), value: value? })
    };
    Sweep { setting: setting.into(), places: methods.iter().filter_map(place).collect() }
}

/// Rates of the pre-training with most tasks, and padding of the first seed's.
fn mixture(runs: &[TextRun], settings: &TextSettings) -> Option<MixtureTable> {
    let stages: Vec<(&TextRun, &Stage)> =
        runs.iter().filter_map(|run| Some((run, run.pretraining.as_ref()?))).collect();
    let (largest, stage) = stages.iter().max_by_key(|(_, stage)| stage.result.rates.len())?;
    let rows = stage.result.rates.iter().map(|rate| MixtureRow {
        task: rate.task.clone(),
        examples: rate.examples as u64,
        requested: rate.requested,
        realised: rate.realised,
    });
    let first = stages.first().map(|(run, _)| run.seed);
    let padding = stages.iter().filter(|(run, _)| Some(run.seed) == first);
    Some(MixtureTable {
        rule: format!("{}: examples-proportional, at most {}", largest.method, settings.cap),
        rows: rows.collect(),
        padding: padding
            .map(|(run, stage)| PaddingWaste {
                name: run.method.to_string(),
                share: stage.result.padding.fraction(),
            })
            .collect(),
    })
}
