//! From finished end-task runs to a comparison: test scores by seed, curves, the weights' paths and the dev cosines.

use taskgraft_tasks::TaskSpec;

use super::{EndTaskMethod, auxiliary::split_share, runner::EndTaskRun, runner::TRAIN};
use crate::{
    Result,
    events::{Measurement, read_json_lines},
    report::{Comparison, Cost, Curve, MethodRow, Place, Schedule, SeedScores, Sweep, TaskColumn},
};

/// Gathers what the runs left behind.
///
/// # Errors
/// If a run's files can't be read.
pub fn compare(
    specs: &[TaskSpec],
    methods: &[EndTaskMethod],
    seeds: &[u64],
    runs: &[EndTaskRun],
) -> Result<Comparison> {
    let column = |spec: &TaskSpec| {
        let metric = spec.metrics.first().map_or_else(String::new, ToString::to_string);
        TaskColumn { name: spec.name.clone(), metric }
    };
    let is_baseline =
        |m: &&EndTaskMethod| matches!(m, EndTaskMethod::EndTaskOnly) || methods.len() == 1;
    let mut comparison = Comparison {
        tasks: specs.iter().map(column).collect(),
        methods: methods.iter().map(|m| row(m, specs, seeds, runs)).collect(),
        baselines: methods.iter().filter(is_baseline).map(ToString::to_string).collect(),
        sweep: shares(methods),
        on_test: true,
        ..Default::default()
    };
    comparison.test_over_seeds();
    for run in runs {
        let measured = read_json_lines(&run.folder.join(TRAIN).join("metrics.jsonl"))?;
        comparison.curves.extend(curves(run, &measured));
        if Some(&run.seed) == seeds.first() {
            comparison.schedules.extend(paths(run, &measured, specs.len() > 1));
        }
    }
    Ok(comparison)
}

/// Methods that differ only in how much of their texts they use.
fn shares(methods: &[EndTaskMethod]) -> Option<Sweep> {
    let place = |method: &EndTaskMethod| {
        let shares = method.auxiliaries().iter().filter_map(|name| Some(split_share(name).ok()?.1));
        Place {
            method: method.to_string(),
            family: method.whole().to_string(),
            value: shares.fold(1.0, f64::min),
        }
    };
    let mut places: Vec<Place> = methods.iter().map(place).collect();
    let all = places.clone();
    places.retain(|p| all.iter().any(|q| q.family == p.family && q.value != p.value));
    (!places.is_empty()).then(|| Sweep { setting: "share of the text".into(), places })
}

fn row(
    method: &EndTaskMethod,
    specs: &[TaskSpec],
    seeds: &[u64],
    runs: &[EndTaskRun],
) -> MethodRow {
    let mine: Vec<&EndTaskRun> = runs.iter().filter(|run| run.method == *method).collect();
    let score = |spec: &TaskSpec, seed: u64| {
        let run = mine.iter().find(|run| run.seed == seed && run.task == spec.name)?;
        Some(run.result.test.main())
    };
    let by_task = |seed| specs.iter().map(|spec| score(spec, seed)).collect();
    let count = seeds.len().max(1);
    MethodRow {
        name: method.to_string(),
        seeds: seeds.iter().map(|&seed| SeedScores { seed, by_task: by_task(seed) }).collect(),
        cost: Some(Cost {
            seconds: mine.iter().map(|r| r.result.step_seconds).sum::<f64>() / count as f64,
            steps: mine.iter().map(|r| r.result.steps).sum::<u64>() / count as u64,
            memory: None,
        }),
    }
}

fn curves(run: &EndTaskRun, measured: &[Measurement]) -> Vec<Curve> {
    let curve = |split: &str, name: &str| {
        let is_it = |m: &&Measurement| {
            m.split == split && m.name == name && m.task.as_deref() == Some(&run.task)
        };
        let points = measured.iter().filter(is_it).map(|m| (m.step as f64, m.value));
        Curve {
            method: run.method.to_string(),
            seed: run.seed,
            split: split.into(),
            task: Some(run.task.clone()),
            name: name.into(),
            points: points.collect(),
        }
    };
    let metrics =
        run.result.dev.metrics.iter().map(|(metric, _)| curve("dev", &metric.to_string()));
    let mut all = vec![curve("train", "loss")];
    all.extend(metrics);
    all.retain(|curve| !curve.points.is_empty());
    all
}

/// The weights of a run's tasks, and the cosines of their gradients with the dev gradient, over the steps.
fn paths(run: &EndTaskRun, measured: &[Measurement], name_task: bool) -> Vec<Schedule> {
    let (EndTaskMethod::Together { auxiliaries, .. } | EndTaskMethod::Weighted { auxiliaries, .. }) =
        &run.method
    else {
        return vec![];
    };
    let tasks: Vec<&String> = std::iter::once(&run.task).chain(auxiliaries).collect();
    let mut all = Vec::new();
    for figure in ["weight", "dev cosine"] {
        for task in &tasks {
            let is_it =
                |m: &&Measurement| m.name == figure && m.task.as_deref() == Some(task.as_str());
            let points: Vec<(f64, f64)> =
                measured.iter().filter(is_it).map(|m| (m.step as f64, m.value)).collect();
            if points.is_empty() {
                continue;
            }
            let of = if name_task { format!(" ({})", run.task) } else { String::new() };
            let name = format!("{figure} of {task}{of}");
            all.push(Schedule { method: run.method.to_string(), name, points });
        }
    }
    all
}
