//! From finished runs to a comparison: scores by seed, tests, curves and costs.
//!
//! Two tests stand beside each other: Welch's t over seeds, which asks
//! whether another set of seeds could have turned the result, and a paired bootstrap over dev examples, which asks the
//! same of another dev set (each resample is scored for every seed, and the seeds' differences are averaged).

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use taskgraft_tasks::{Target, TaskSpec};

use super::{
    job::Job,
    runner::{Finished, dev_predictions_path},
};
use crate::{
    Error, Result,
    events::{Measurement, read_json_lines},
    methods::{Method, Student},
    report::{
        Column, Comparison, Cost, Curve, MethodRow, MixtureRow, MixtureTable, PaddingWaste,
        Schedule, SeedScores, TaskColumn,
    },
    stats::{PairedBootstrap, Resampled},
};

/// Resamples of the bootstrap; p-values are multiples of 1/(resamples + 1).
const RESAMPLES: usize = 1000;

/// Gathers what the runs of `methods` left behind.
///
/// # Errors
/// If a run's files can't be read.
pub fn compare(
    specs: &[TaskSpec],
    methods: &[Method],
    seeds: &[u64],
    finished: &[Finished],
) -> Result<Comparison> {
    let runs = Runs { specs, finished };
    let mut comparison = Comparison {
        tasks: specs.iter().map(column).collect(),
        methods: methods.iter().map(|m| runs.row(m, seeds)).collect(),
        baselines: methods.iter().filter(|m| m.is_baseline()).map(Method::to_string).collect(),
        ..Default::default()
    };
    comparison.test_over_seeds();
    runs.bootstrap(&mut comparison, methods, seeds)?;
    for method in methods {
        runs.curves(&mut comparison, method, seeds)?;
    }
    comparison.mixture = runs.mixture(methods, seeds);
    Ok(comparison)
}

fn column(spec: &TaskSpec) -> TaskColumn {
    let metric = spec.metrics.first().map_or_else(String::new, ToString::to_string);
    TaskColumn { name: spec.name.clone(), metric }
}

struct Runs<'a> {
    specs: &'a [TaskSpec],
    finished: &'a [Finished],
}

impl Runs<'_> {
    fn find(&self, method: &Method, task: usize, seed: u64) -> Option<&Finished> {
        let job = Job::of(method, task, self.specs.len(), seed);
        self.finished.iter().find(|f| f.job == job)
    }

    /// The runs of a method with one seed: one for a joint network, one a task otherwise.
    fn of(&self, method: &Method, seed: u64) -> Vec<&Finished> {
        let tasks = match method.student {
            Student::Single => self.specs.len(),
            Student::Multi => 1,
        };
        (0..tasks).filter_map(|task| self.find(method, task, seed)).collect()
    }

    fn row(&self, method: &Method, seeds: &[u64]) -> MethodRow {
        let score = |task: usize, seed: u64| {
            let run = self.find(method, task, seed)?;
            let scores = run.result.scores.iter().find(|s| s.task == self.specs[task].name)?;
            Some(scores.main())
        };
        let by_task = |seed| (0..self.specs.len()).map(|task| score(task, seed)).collect();
        // What a seed cost, its teachers included.
        let runs = method.lineage().into_iter().flat_map(|m| seeds.iter().map(move |&s| (m, s)));
        let runs: Vec<_> = runs.flat_map(|(m, seed)| self.of(m, seed)).collect();
        let seconds = runs.iter().map(|f| f.result.step_seconds).sum::<f64>() / seeds.len() as f64;
        let steps = runs.iter().map(|f| f.result.steps).sum::<u64>() / seeds.len() as u64;
        let memory = seeds.iter().flat_map(|&seed| self.of(method, seed));
        let memory = memory.filter_map(|f| f.result.peak_memory).max();
        MethodRow {
            name: method.to_string(),
            seeds: seeds.iter().map(|&seed| SeedScores { seed, by_task: by_task(seed) }).collect(),
            cost: Some(Cost { seconds, steps, memory }),
        }
    }

    fn bootstrap(
        &self,
        comparison: &mut Comparison,
        methods: &[Method],
        seeds: &[u64],
    ) -> Result<()> {
        let bootstrap = PairedBootstrap { resamples: RESAMPLES, seed: 0 };
        for (task, spec) in self.specs.iter().enumerate() {
            let resample = |method: &Method| -> Result<Option<Resampled>> {
                let runs = seeds.iter().filter_map(|&seed| self.find(method, task, seed));
                let scored: Vec<Vec<Scored>> =
                    runs.map(|run| read_dev(&run.folder, &spec.name)).collect::<Result<_>>()?;
                let examples = scored.first().map_or(0, Vec::len);
                Ok(bootstrap.resample(examples, |draw| mean_metric(spec, &scored, draw)).ok())
            };
            let resampled: Vec<_> = methods.iter().map(resample).collect::<Result<_>>()?;
            let with_scores = || methods.iter().zip(&resampled);
            for (baseline, theirs) in with_scores().filter(|(m, _)| m.is_baseline()) {
                for (method, ours) in with_scores().filter(|(m, _)| *m != baseline) {
                    let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
                    // A score that is undefined on the dev set itself can't be tested.
                    let Ok(result) = PairedBootstrap::of_resampled(ours, theirs) else { continue };
                    let names = (method.to_string(), baseline.to_string());
                    comparison.add_bootstrap(&names.0, &names.1, Column::Task(task), &result);
                }
            }
        }
        Ok(())
    }

    fn curves(&self, comparison: &mut Comparison, method: &Method, seeds: &[u64]) -> Result<()> {
        for &seed in seeds {
            for run in self.of(method, seed) {
                let measured = read_json_lines(&run.folder.join("metrics.jsonl"))?;
                comparison.curves.extend(curves_of(method, seed, run, &measured));
                let is_first = seed == seeds[0] && run.job.tasks[0] == 0;
                if is_first && method.teacher.is_some() {
                    comparison.schedules.push(Schedule {
                        method: method.to_string(),
                        name: "λ (weight of the gold label)".into(),
                        points: points(&measured, "gold weight"),
                    });
                }
            }
        }
        Ok(())
    }

    /// Rates of the first joint network, and padding of all.
    fn mixture(&self, methods: &[Method], seeds: &[u64]) -> Option<MixtureTable> {
        let padding = methods.iter().filter_map(|method| {
            let runs: Vec<_> = seeds.iter().flat_map(|&seed| self.of(method, seed)).collect();
            let real: u64 = runs.iter().map(|f| f.result.padding.real).sum();
            let computed: u64 = runs.iter().map(|f| f.result.padding.computed).sum();
            let share = 1.0 - real as f64 / computed as f64;
            (computed > 0).then(|| PaddingWaste { name: method.to_string(), share })
        });
        let joint = methods.iter().find(|m| m.student == Student::Multi)?;
        let run = *self.of(joint, *seeds.first()?).first()?;
        let rows = run.result.rates.iter().map(|rate| MixtureRow {
            task: rate.task.clone(),
            examples: rate.examples as u64,
            requested: rate.requested,
            realised: rate.realised,
        });
        Some(MixtureTable { rule: String::new(), rows: rows.collect(), padding: padding.collect() })
    }
}

fn curves_of(method: &Method, seed: u64, run: &Finished, measured: &[Measurement]) -> Vec<Curve> {
    let mut by_tag: BTreeMap<String, Curve> = BTreeMap::new();
    // The loss of a network for one task is that task's.
    let only_task = match run.job.method.student {
        Student::Single => run.result.scores.first().map(|s| s.task.clone()),
        Student::Multi => None,
    };
    for m in measured {
        let is_loss = m.split == "train" && m.name == "loss" && m.task.is_none();
        let is_score = m.split == "dev" && m.task.is_some();
        if is_loss || is_score {
            let curve = by_tag.entry(m.tag()).or_insert_with(|| Curve {
                method: method.to_string(),
                seed,
                split: m.split.clone(),
                task: m.task.clone().or_else(|| only_task.clone()),
                name: m.name.clone(),
                points: vec![],
            });
            curve.points.push((m.step as f64, m.value));
        }
    }
    by_tag.into_values().collect()
}

fn points(measured: &[Measurement], name: &str) -> Vec<(f64, f64)> {
    let named = measured.iter().filter(|m| m.name == name);
    named.map(|m| (m.step as f64, m.value)).collect()
}

#[derive(Deserialize)]
struct Scored {
    predicted: Target,
    gold: Option<Target>,
}

fn read_dev(folder: &Path, task: &str) -> Result<Vec<Scored>> {
    let path = dev_predictions_path(folder, task);
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|e| Error::File {
            path: path.clone(),
            problem: format!("line {}: {e}", number + 1),
        })
    };
    text.lines().enumerate().map(line).collect()
}

/// The main metric on the drawn examples, averaged over seeds; NaN where it is undefined.
fn mean_metric(spec: &TaskSpec, seeds: &[Vec<Scored>], draw: &[usize]) -> f64 {
    let Some(metric) = spec.metrics.first() else { return f64::NAN };
    let one = |scored: &Vec<Scored>| {
        let predicted: Vec<Target> = draw.iter().map(|&i| scored[i].predicted.clone()).collect();
        let gold: Vec<Target> = draw.iter().filter_map(|&i| scored[i].gold.clone()).collect();
        metric.compute(&spec.kind, &predicted, &gold).unwrap_or(f64::NAN)
    };
    seeds.iter().map(one).sum::<f64>() / seeds.len().max(1) as f64
}
