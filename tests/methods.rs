//! What must hold of every method that weighs tasks, in training: it learns, leaves one task alone as it is, resumes
//! exactly, and agrees with clipping, accumulation and the shared trunk.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::path::Path;

use common::{
    Bench, assert_resumes_exactly, assert_says, device, failure, largest_difference, metrics,
    run_lineages, tiny_config, tiny_settings, tiny_study, weights,
};
use taskgraft::{
    methods::{GradientsAt, MethodSpec, STEP_OWNING, TaskWeighting},
    prelude::*,
    tasks::{Target, TargetKind},
    train::{MultiTask, TaskData, Trained},
};
use taskgraft_algebra::weighting::{SingleTask, all};

mod common;
#[allow(dead_code)] // Its `main`.
#[path = "../experiments/methods/main.rs"]
mod methods;

/// Every method by name.
fn every() -> impl Iterator<Item = TaskWeighting> {
    TaskWeighting::names().into_iter().map(TaskWeighting::named)
}

#[test]
fn the_book_names_every_method_that_owns_the_step() {
    let book = include_str!("../docs/methods.md");
    for entry in STEP_OWNING {
        let row = format!("| {} | {} |", entry.name, entry.paper);
        assert!(book.contains(&row), "docs/methods.md lacks: {row}");
        // Methods that draw get the seed of the run; the chapter says so for all.
        for option in entry.options().into_iter().filter(|option| option.key != "seed") {
            let row = book.lines().find(|line| {
                line.starts_with(&format!("| {} |", entry.name)) && line.contains(&option.key)
            });
            assert!(row.is_some(), "docs/methods.md lacks `{}` of {}", option.key, entry.name);
        }
    }
}

/// The tiny settings with a batch of every task in each step.
fn each_task(steps: u64) -> TrainConfig {
    let mut config = tiny_config(steps);
    config.mixture.composition = Composition::EachTask;
    config
}

/// So large an epsilon, and so high a rate, that AdamW's first step is the gradient itself.
fn gradient_descent(config: TrainConfig) -> TrainConfig {
    TrainConfig { lr: 1e4, epsilon: 1e4, warmup: 0.0, weight_decay: 0.0, clip: 0.0, ..config }
}

/// A bench without dropout, so that batches may be cut differently.
fn without_dropout(tasks: &[&str]) -> Bench {
    let mut settings = tiny_settings();
    settings.trunk.dropout = 0.0;
    Bench::with(tasks, &settings, device())
}

fn train(bench: &Bench, config: &TrainConfig, weighting: &TaskWeighting, to: &Path) -> Trained {
    let trained = bench.train_with(config, MethodSpec::Weighted(weighting.clone()), to);
    trained.unwrap_or_else(|error| panic!("{weighting}: {error}"))
}

/// Where trainings of this bench start.
fn start(bench: &Bench) -> MultiTask {
    bench.model(7)
}

/// By how much a module moved from another, as one vector.
fn moved(from: &[Vec<f32>], to: &[Vec<f32>]) -> Vec<f64> {
    let pairs = from.iter().flatten().zip(to.iter().flatten());
    pairs.map(|(from, to)| f64::from(to - from)).collect()
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn every_method_moves_all_weights_by_finite_steps() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let before = start(&bench);
    for weighting in every() {
        let folder = out.path().join(&weighting.name);
        let trained = train(&bench, &each_task(2), &weighting, &folder);
        let (heads, trunk) = (weights(&trained.model.heads), weights(&trained.model.trunk));
        assert!(heads.iter().chain(&trunk).flatten().all(|w| w.is_finite()), "{weighting}");
        assert!(largest_difference(&trunk, &weights(&before.trunk)) > 1e-4, "{weighting}: trunk");
        for (head, (now, before)) in trained.model.heads.iter().zip(&before.heads).enumerate() {
            let difference = largest_difference(&weights(now), &weights(before));
            assert!(difference > 1e-4, "{weighting}: head {head} stays");
        }
        let measured = metrics(&folder);
        assert!(measured.iter().all(|m| m.value.is_finite()), "{weighting}");
        let has_weights = measured.iter().filter(|m| m.name == "weight").count() == 2 * 3;
        let by_coordinate = ["graddrop", "trimmed-mean"].contains(&weighting.name.as_str());
        assert_eq!(has_weights, !by_coordinate, "{weighting}: weights in figures");
    }
}

#[test]
fn one_task_alone_is_trained_as_without_a_method() {
    let bench = without_dropout(&["entailment"]);
    let out = tempfile::tempdir().unwrap();
    let before = start(&bench);
    let config = gradient_descent(each_task(1));
    let plain = bench.train(&config, &out.path().join("plain")).unwrap().model;
    let trunk = |model: &MultiTask| moved(&weights(&before.trunk), &weights(&model.trunk));
    let expected = trunk(&plain);
    assert!(norm(&expected) > 1e-3, "the plain step is too small to compare");
    for weighting in every() {
        let folder = out.path().join(&weighting.name);
        let model = train(&bench, &config, &weighting, &folder).model;
        let found = trunk(&model);
        let product: f64 = found.iter().zip(&expected).map(|(a, b)| a * b).sum();
        let cosine = product / (norm(&found) * norm(&expected));
        assert!(cosine > 1.0 - 1e-3, "{weighting}: cosine {cosine}");
        let listed = all().find(|method| method.name == weighting.name);
        let claim = listed.map(|method| method.properties().unwrap().single_task);
        if claim == Some(SingleTask::Plain) {
            let difference = largest_difference(&weights(&plain), &weights(&model));
            assert!(difference < 1e-6, "{weighting}: {difference}");
        }
    }
}

#[test]
fn every_method_goes_on_after_a_stop_as_if_there_had_been_none() {
    let bench = Bench::new();
    let config = TrainConfig { evaluations: 2, clip: 0.5, ..each_task(4) };
    for weighting in every() {
        println!("{weighting}");
        let combination = MethodSpec::Weighted(weighting);
        assert_resumes_exactly(&config, [3], |config, folder, stop| {
            bench.train_until(config, combination.clone(), folder, stop)
        });
    }
}

#[test]
fn a_step_in_parts_is_the_whole_step_for_every_method() {
    let bench = without_dropout(&["sentiment", "similarity", "tagging"]);
    let out = tempfile::tempdir().unwrap();
    let before = weights(&start(&bench));
    for weighting in every() {
        let run = |parts: usize| {
            // A large epsilon, so that Adam does not blow up rounding errors of gradients that are zero.
            let config = TrainConfig {
                accumulation: parts,
                epsilon: 1e-3,
                lr: 1e-2,
                clip: 0.5,
                ..each_task(3)
            };
            let folder = out.path().join(format!("{}-{parts}", weighting.name));
            weights(&train(&bench, &config, &weighting, &folder).model)
        };
        let (whole, parted) = (run(1), run(4));
        assert!(largest_difference(&whole, &before) > 1e-3, "{weighting}: nothing was learned");
        let difference = largest_difference(&whole, &parted);
        assert!(difference < 5e-5, "{weighting}: weights differ by {difference}");
    }
}

#[test]
fn clipping_bounds_the_norm_of_the_combined_gradient() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let config = TrainConfig { clip: 0.05, ..gradient_descent(each_task(1)) };
    let before = weights(&start(&bench));
    for weighting in every() {
        let folder = out.path().join(&weighting.name);
        let trained = train(&bench, &config, &weighting, &folder);
        let step = norm(&moved(&before, &weights(&trained.model)));
        let unclipped = metrics(&folder).into_iter().find(|m| m.name == "gradient norm").unwrap();
        let expected = unclipped.value.min(0.05);
        assert!((step / expected - 1.0).abs() < 0.01, "{weighting}: {step} instead of {expected}");
    }
}

/// Two tasks on the texts of one: its labels, and the same turned around for every third text.
fn tasks_on_the_same_texts() -> Bench {
    let mut bench = without_dropout(&["sentiment"]);
    let first = bench.tasks[0].clone();
    let TargetKind::Class { labels } = &first.spec.kind else { panic!("sentiment has classes") };
    let count = labels.len();
    let turn = |texts: &[taskgraft::tasks::text::Encoded]| {
        let mut texts = texts.to_vec();
        for text in texts.iter_mut().step_by(3) {
            if let Some(Target::Class(label)) = &mut text.target {
                *label = (*label + 1) % count;
            }
        }
        texts
    };
    let mut second = TaskData { train: turn(&first.train), dev: turn(&first.dev), ..first.clone() };
    second.spec.name = "turned".into();
    bench.tasks.push(second);
    bench
}

#[test]
fn on_the_same_texts_one_pass_of_the_trunk_gives_what_a_pass_for_each_task_gives() {
    let bench = tasks_on_the_same_texts();
    let out = tempfile::tempdir().unwrap();
    // Batches of all examples, so that both ways see the same ones.
    let examples = bench.tasks[0].train.len();
    let of_losses = all().filter(|method| !method.needs().unwrap().task_gradients());
    let mut compared = 0;
    for method in of_losses {
        let run = |at: GradientsAt, accumulation: usize| {
            let mut config = TrainConfig { epsilon: 1e-3, lr: 1e-2, accumulation, ..each_task(3) };
            (config.mixture.batch_size, config.mixture.bucket_window) = (examples, 1);
            let weighting = TaskWeighting::named(method.name).at(at);
            let folder = out.path().join(format!("{}-{at:?}-{accumulation}", method.name));
            weights(&train(&bench, &config, &weighting, &folder).model)
        };
        let expected = run(GradientsAt::Parameters, 1);
        for accumulation in [1, 2] {
            let found = run(GradientsAt::Representation, accumulation);
            let difference = largest_difference(&found, &expected);
            assert!(difference < 5e-5, "{}: weights differ by {difference}", method.name);
        }
        compared += 1;
    }
    assert!(compared >= 8);
}

#[test]
fn gradients_are_compared_in_the_representation_where_that_is_asked_for() {
    let bench = tasks_on_the_same_texts();
    let out = tempfile::tempdir().unwrap();
    for method in all() {
        let needs = method.needs().unwrap();
        let weighting = TaskWeighting::named(method.name).at(GradientsAt::Representation);
        let combination = MethodSpec::Weighted(weighting.clone());
        let folder = out.path().join(method.name);
        let trained = bench.train_with(&each_task(2), combination, &folder);
        if needs.tracking.is_some() {
            assert_says(&failure(trained), &[method.name, "at=representation"]);
            continue;
        }
        let trained = trained.unwrap();
        assert!(weights(&trained.model).iter().flatten().all(|w| w.is_finite()), "{weighting}");
        assert_eq!(trained.rates.realised().len(), 2, "{weighting}");
    }
    let different = Bench::new();
    let weighting = TaskWeighting::named("mgda").at(GradientsAt::Representation);
    let combination = MethodSpec::Weighted(weighting);
    let message = failure(different.train_with(&each_task(2), combination, &out.path().join("no")));
    assert_says(&message, &["same texts", "entailment", "sentiment"]);
}

#[test]
fn a_mixture_without_a_batch_of_every_task_is_refused() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let combination = MethodSpec::Weighted(TaskWeighting::named("pcgrad"));
    let message = failure(bench.train_with(&tiny_config(2), combination, out.path()));
    assert_says(&message, &["mixture.composition=each_task"]);
}

#[test]
fn methods_of_the_command_line_are_rows_of_the_study_and_are_not_run_twice() {
    let out = tempfile::tempdir().unwrap();
    let more = ["--method", "pcgrad", "--method", "single->multi (cagrad c=0.25)"];
    let run = || run_lineages("test", out.path(), &more, [Lineage::multi()]).unwrap().comparison;
    let first = run();
    let names: Vec<&str> = first.methods.iter().map(|method| method.name.as_str()).collect();
    assert_eq!(names, ["Multi", "Multi (PCGrad)", "Single→Multi (CAGrad c=0.25)"]);
    assert!(first.methods.iter().all(|m| m.seeds[0].by_task.iter().all(Option::is_some)));
    assert_eq!(first.baselines, ["Multi"]);
    let seconds = |comparison: &taskgraft::report::Comparison| -> Vec<f64> {
        comparison.methods.iter().map(|m| m.cost.unwrap().seconds).collect()
    };
    // Read back from a file, a number may differ in its last bit.
    let same = |(a, b): (f64, f64)| (a - b).abs() <= 1e-12 * b;
    let mut pairs = seconds(&run()).into_iter().zip(seconds(&first));
    assert!(pairs.all(same), "a finished training was run again");
    let unknown = tiny_study("test", out.path(), &["--method", "pcgrat"]);
    assert_says(&failure(unknown), &["pcgrat", "did you mean `pcgrad`", "famo"]);
}
