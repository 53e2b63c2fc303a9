//! What must hold of a training: it depends on its seed alone, resumes exactly, and its settings do what they say.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{fs, sync::Arc};

use burn::{
    data::dataloader::DataLoader,
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
    train::Interrupter,
};
use common::{
    Bench, assert_resumes_exactly, assert_says, device, failure, largest_difference, losses,
    metrics, tiny_config, tiny_settings, weights,
};
use taskgraft::{
    evaluation::collect,
    events::Measurement,
    methods::{MethodSpec, STEP_OWNING, TaskWeighting},
    prelude::*,
    tasks::Target,
    train::{CheckpointState, EvalBatch, EvalLoader, LoaderSettings, MultiTask, NonFinite},
};

mod common;

#[test]
fn the_same_seed_gives_the_same_figures_and_weights_with_any_number_of_loader_threads() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let run = |threads: usize| {
        let config = TrainConfig { loader_threads: threads, ..tiny_config(6) };
        let folder = out.path().join(threads.to_string());
        let trained = bench.train(&config, &folder).unwrap();
        (weights(&trained.model), fs::read(folder.join("metrics.jsonl")).unwrap())
    };
    let (one, eight) = (run(1), run(8));
    assert!(one.0 == eight.0, "other weights");
    assert!(one.1 == eight.1, "other figures");
}

#[test]
fn a_batch_in_parts_gives_the_weights_of_the_whole_batch() {
    let mut settings = common::tiny_settings();
    settings.trunk.dropout = 0.0;
    let tasks = ["sentiment", "similarity", "tagging"];
    let bench = Bench::with(&tasks, &settings, common::device());
    let out = tempfile::tempdir().unwrap();
    let run = |parts: usize| {
        // A large epsilon, so that Adam does not blow up rounding errors of gradients that are zero.
        let config = TrainConfig { accumulation: parts, epsilon: 1e-3, lr: 1e-2, ..tiny_config(4) };
        let folder = out.path().join(parts.to_string());
        let trained = bench.train(&config, &folder).unwrap();
        (weights(&trained.model), losses(&folder))
    };
    let whole = run(1);
    let start = weights(&start(&bench));
    assert!(largest_difference(&whole.0, &start) > 1e-3, "nothing was learned");
    for parts in [2, 4] {
        let (parted, parted_losses) = run(parts);
        let difference = largest_difference(&whole.0, &parted);
        assert!(difference < 1e-5, "{parts} parts: weights differ by {difference}");
        for (a, b) in whole.1.iter().zip(parted_losses) {
            assert!((a - b).abs() < 1e-4, "{parts} parts: loss {b} instead of {a}");
        }
    }
}

#[test]
fn a_run_that_was_stopped_goes_on_as_if_it_had_not_been() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let config = TrainConfig { evaluations: 4, ..tiny_config(8) };
    let (whole, stopped) = (out.path().join("whole"), out.path().join("stopped"));
    let expected = bench.train(&config, &whole).unwrap();

    let first = bench.train(&stop_at_first_evaluation(&config), &stopped).unwrap();
    assert_eq!(first.outcome.steps, 2);
    // What a killed process may leave: figures beyond the checkpoint, a torn line, half a checkpoint.
    let mut lines = fs::read_to_string(stopped.join("metrics.jsonl")).unwrap();
    lines
        .push_str("{\"step\":3,\"split\":\"train\",\"name\":\"loss\",\"value\":1.0}\n{\"step\":4,");
    fs::write(stopped.join("metrics.jsonl"), lines).unwrap();
    fs::create_dir(stopped.join("checkpoints/step-4.partial")).unwrap();

    let resumed = bench.train(&config, &stopped).unwrap();
    assert!(weights(&resumed.model) == weights(&expected.model), "other weights");
    assert_eq!(metrics(&stopped), metrics(&whole));
}

#[test]
fn a_run_goes_on_to_the_bit_from_any_step() {
    let bench = Bench::new();
    let select = Select::Best;
    let config = TrainConfig { evaluations: 2, accumulation: 2, select, ..tiny_config(6) };
    assert_resumes_exactly(&config, 1..6, |config, folder, stop| {
        bench.train_until(config, MethodSpec::Average, folder, stop)
    });
}

#[test]
fn a_network_of_one_task_goes_on_to_the_bit_from_any_step() {
    let bench = Bench::with(&["similarity"], &common::tiny_settings(), common::device());
    assert_resumes_exactly(&tiny_config(5), 1..5, |config, folder, stop| {
        bench.train_until(config, MethodSpec::Average, folder, stop)
    });
}

#[test]
fn a_stopped_run_that_keeps_the_best_weights_still_has_those_from_before_the_stop() {
    let out = tempfile::tempdir().unwrap();
    let (bench, config) = best_is_first();
    let expected = bench.train(&config, &out.path().join("whole")).unwrap();
    let stopped = out.path().join("stopped");
    bench.train(&stop_at_first_evaluation(&config), &stopped).unwrap();
    let resumed = bench.train(&config, &stopped).unwrap();
    assert!(weights(&resumed.model) == weights(&expected.model), "other weights");
}

#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before_it() {
    let out = tempfile::tempdir().unwrap();
    let (bench, best_first) = best_is_first();
    let config = TrainConfig { select: Select::Last, ..best_first };
    let expected = bench.train(&config, &out.path().join("whole")).unwrap();
    let stopped = out.path().join("stopped");
    let patient = TrainConfig { patience: Some(1), ..config.clone() };
    let first = bench.train(&patient, &stopped).unwrap();
    assert_eq!(first.outcome.steps, 4);
    let (best, last) = (stopped.join("checkpoints/step-2"), stopped.join("checkpoints/step-4"));
    assert!(best.join("model.bpk").is_file(), "the best checkpoint is kept beside the last");

    let file = last.join("model.bpk");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let resumed = bench.train(&config, &stopped).unwrap();
    assert!(weights(&resumed.model) == weights(&expected.model), "other weights");
    let state = fs::read(last.with_file_name("step-8").join("state.json")).unwrap();
    let state: CheckpointState = serde_json::from_slice(&state).unwrap();
    assert_eq!(state.step, 8);
}

#[test]
fn a_checkpoint_of_other_settings_is_not_resumed() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let config = TrainConfig { evaluations: 4, ..tiny_config(8) };
    bench.train(&stop_at_first_evaluation(&config), out.path()).unwrap();
    let path = out.path().join("checkpoints/step-2/state.json");
    let state = fs::read_to_string(&path).unwrap();
    fs::write(&path, state.replace("of the test's config", "of another config")).unwrap();
    let again = bench.train(&config, out.path()).unwrap();
    assert_eq!(again.outcome.evaluations.len(), 4);
}

#[test]
fn a_loss_that_is_not_a_number_stops_the_run_and_names_task_and_step() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let config = TrainConfig { lr: 1e30, warmup: 0.0, clip: 0.0, ..tiny_config(20) };
    let outcome = bench.train(&config, out.path());
    let Err(Error::NotFinite { step, ref task, .. }) = outcome else {
        panic!("{:?}", outcome.err());
    };
    assert!((2..=4).contains(&step), "noticed at step {step}");
    assert!(["sentiment", "entailment", "similarity"].contains(&task.as_str()));
    let message = failure(outcome.map(drop));
    assert_says(&message, &["step", "the loss of task", "lower the learning rate"]);
}

/// Three tasks, the one of scores with these gold scores in so many of its examples.
fn poisoned(score: f32, examples: usize) -> Bench {
    let mut bench = Bench::new();
    let similarity = bench.tasks.iter_mut().find(|task| task.spec.name == "similarity");
    let texts = similarity.unwrap().train.iter_mut().take(examples);
    texts.for_each(|text| text.target = Some(Target::Score(score.into())));
    bench
}

/// All tasks in every batch, and steps that are not finite left out.
fn skipping(steps: u64) -> TrainConfig {
    let mut config = TrainConfig { non_finite: NonFinite::Skip, ..tiny_config(steps) };
    config.mixture.composition = Composition::EachTask;
    config
}

#[test]
fn a_poisoned_example_stops_the_run_and_names_task_and_step() {
    let out = tempfile::tempdir().unwrap();
    let config = TrainConfig { non_finite: NonFinite::Stop, ..skipping(4) };
    let message = failure(poisoned(f32::NAN, usize::MAX).train(&config, out.path()).map(drop));
    assert_says(&message, &["step 1:", "`similarity`", "NaN", "non_finite=skip"]);
    let checkpoints = common::files(&out.path().join("checkpoints"));
    assert!(checkpoints.is_empty(), "{checkpoints:?}");
}

#[test]
fn a_gradient_that_is_not_finite_although_losses_are_is_named_with_its_parameter() {
    let out = tempfile::tempdir().unwrap();
    // The loss is below the largest float, its derivative's square beyond.
    let bench = poisoned(7e19, usize::MAX);
    for (number, clip) in [0.0, 1.0].into_iter().enumerate() {
        let config = TrainConfig { non_finite: NonFinite::Stop, clip, ..skipping(4) };
        let folder = out.path().join(number.to_string());
        let message = failure(bench.train(&config, &folder).map(drop));
        assert_says(&message, &["step 1:", "the gradient of `", "similarity"]);
    }
    let pcgrad = MethodSpec::Weighted(TaskWeighting::named("pcgrad"));
    let config = TrainConfig { non_finite: NonFinite::Stop, ..skipping(4) };
    let message = failure(bench.train_with(&config, pcgrad, &out.path().join("pcgrad")).map(drop));
    assert_says(&message, &["step 1:", "the gradient of `", "similarity"]);
}

#[test]
fn a_step_that_is_left_out_changes_neither_weights_nor_optimiser_nor_method() {
    let (bench, out) = (poisoned(f32::NAN, usize::MAX), tempfile::tempdir().unwrap());
    let before = weights(&start(&bench));
    let owning = STEP_OWNING.iter().map(|method| method.name);
    for name in ["equal", "dwa", "pcgrad"].into_iter().chain(owning) {
        let folder = out.path().join(name);
        let weighted = MethodSpec::Weighted(TaskWeighting::named(name));
        let trained = bench.train_with(&skipping(3), weighted, &folder).unwrap();
        assert!(weights(&trained.model) == before, "{name}: other weights");
        assert_eq!((trained.outcome.steps, trained.outcome.skipped), (3, 3), "{name}");
        let measured = metrics(&folder);
        let skipped = measured.iter().filter(|m| m.name == "skipped steps").map(|m| m.value);
        assert_eq!(skipped.collect::<Vec<_>>(), [1.0, 2.0, 3.0], "{name}");
        assert!(measured.iter().all(|m| m.value.is_finite()), "{name}");
    }
    let trained = bench.train(&skipping(3), &out.path().join("average")).unwrap();
    assert!(weights(&trained.model) == before, "other weights");
}

#[test]
fn a_run_that_leaves_steps_out_resumes_exactly() {
    let out = tempfile::tempdir().unwrap();
    let bench = poisoned(f32::NAN, 6);
    let config = TrainConfig { evaluations: 4, keep_checkpoints: true, ..skipping(8) };
    for name in ["dwa", "excess-mtl"] {
        let run = |config: &TrainConfig, folder: &str| {
            let weighted = MethodSpec::Weighted(TaskWeighting::named(name));
            bench.train_with(config, weighted, &out.path().join(name).join(folder)).unwrap()
        };
        let whole = run(&config, "whole");
        assert!((1..8).contains(&whole.outcome.skipped), "{} skipped", whole.outcome.skipped);
        let cut_off = run(&TrainConfig { patience: Some(0), ..config.clone() }, "stopped");
        assert_eq!(cut_off.outcome.steps, 2);
        let resumed = run(&config, "stopped");
        assert!(weights(&resumed.model) == weights(&whole.model), "{name}: other weights");
        assert!(weights(&whole.model).iter().flatten().all(|weight| weight.is_finite()));
        assert_eq!(resumed.outcome.skipped, whole.outcome.skipped, "{name}");
        let metrics = |folder: &str| metrics(&out.path().join(name).join(folder));
        assert_eq!(metrics("stopped"), metrics("whole"), "{name}");
    }
}

#[test]
fn a_run_that_would_leave_every_step_out_stops() {
    let (bench, out) = (poisoned(f32::NAN, usize::MAX), tempfile::tempdir().unwrap());
    let config = TrainConfig { evaluations: 1, ..skipping(40) };
    let message = failure(bench.train(&config, out.path()).map(drop));
    assert_says(&message, &["step 21:", "`similarity`"]);
}

#[test]
fn the_best_evaluation_is_kept_where_it_is_asked_for() {
    let out = tempfile::tempdir().unwrap();
    let (bench, best) = best_is_first();
    let last = TrainConfig { select: Select::Last, ..best.clone() };
    let stopped = stop_at_first_evaluation(&last);
    let best = weights(&bench.train(&best, &out.path().join("best")).unwrap().model);
    let last = weights(&bench.train(&last, &out.path().join("last")).unwrap().model);
    let first = weights(&bench.train(&stopped, &out.path().join("first")).unwrap().model);
    assert!(best == first, "not the weights of the best evaluation");
    assert!(best != last);
}

#[test]
fn training_stops_when_patience_is_exhausted() {
    let out = tempfile::tempdir().unwrap();
    let (bench, best_first) = best_is_first();
    let config = TrainConfig { patience: Some(2), ..best_first };
    let trained = bench.train(&config, out.path()).unwrap();
    let steps: Vec<u64> = trained.outcome.evaluations.iter().map(|(step, _)| *step).collect();
    assert_eq!((steps, trained.outcome.steps), (vec![2, 4, 6], 6));
}

#[test]
fn batches_of_all_tasks_and_batches_of_one_task_both_learn() {
    let tasks = ["sentiment", "similarity", "tagging"];
    let bench = Bench::with(&tasks, &common::tiny_settings(), common::device());
    let out = tempfile::tempdir().unwrap();
    for composition in [Composition::Mixed, Composition::OneTask, Composition::EachTask] {
        let mut config = tiny_config(60);
        config.mixture.composition = composition;
        let folder = out.path().join(format!("{composition:?}"));
        bench.train(&config, &folder).unwrap();
        let measured = metrics(&folder);
        for task in ["similarity", "tagging"] {
            let is_its_loss = |m: &&Measurement| {
                m.split == "train" && m.name == "loss" && m.task.as_deref() == Some(task)
            };
            let losses: Vec<f64> = measured.iter().filter(is_its_loss).map(|m| m.value).collect();
            let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
            let (start, end) = (mean(&losses[..5]), mean(&losses[losses.len() - 5..]));
            assert!(end < 0.95 * start, "{composition:?}, {task}: loss {start} became {end}");
        }
        let tasks_of = |step: u64| {
            let is_its =
                |m: &&Measurement| m.step == step && m.split == "train" && m.task.is_some();
            measured.iter().filter(is_its).count()
        };
        let at_once: Vec<usize> = (1..=60).map(tasks_of).collect();
        match composition {
            Composition::OneTask => assert!(at_once.iter().all(|&n| n == 1), "{at_once:?}"),
            Composition::Mixed => assert!(at_once.contains(&3), "{at_once:?}"),
            Composition::EachTask => assert!(at_once.iter().all(|&n| n == 3), "{at_once:?}"),
        }
    }
}

#[test]
fn with_a_tiny_layer_decay_only_the_heads_move() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let config = TrainConfig { layer_decay: 1e-6, lr: 1e-2, weight_decay: 0.0, ..tiny_config(4) };
    let (before, after) = (start(&bench), bench.train(&config, out.path()).unwrap().model);
    let trunk = largest_difference(&weights(&before.trunk), &weights(&after.trunk));
    let heads = largest_difference(&weights(&before.heads), &weights(&after.heads));
    assert!(trunk < 1e-6 && heads > 1e-3, "trunk moved by {trunk}, heads by {heads}");
}

#[test]
fn weight_decay_spares_biases_and_norms() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let run = |decay: f64| {
        let config = TrainConfig { weight_decay: decay, warmup: 0.0, ..tiny_config(1) };
        bench.train(&config, &out.path().join(decay.to_string())).unwrap().model
    };
    let (without, with) = (run(0.0), run(0.5));
    let (without, with) = (weights_with_dimensions(&without), weights_with_dimensions(&with));
    for ((dimensions, without), (_, with)) in without.iter().zip(&with) {
        let is_spared = *dimensions == 1;
        assert_eq!(without == with, is_spared, "{} values", without.len());
    }
}

/// Dimensions and values of every parameter; biases and norms are those of one dimension.
fn weights_with_dimensions(model: &MultiTask) -> Vec<(usize, Vec<f32>)> {
    struct Dimensions(Vec<usize>);
    impl ModuleVisitor for Dimensions {
        fn visit_float<const D: usize>(&mut self, _param: &Param<Tensor<D>>) {
            self.0.push(D);
        }
    }
    let mut dimensions = Dimensions(vec![]);
    model.visit(&mut dimensions);
    dimensions.0.into_iter().zip(weights(model)).collect()
}

/// Where trainings of this bench start.
fn start(bench: &Bench) -> MultiTask {
    bench.model(7)
}

#[test]
fn the_outputs_that_are_kept_are_those_of_the_network_that_came_out() {
    let out = tempfile::tempdir().unwrap();
    let (bench, best_first) = best_is_first();
    for select in [Select::Best, Select::Last] {
        let config = TrainConfig { select, ..best_first.clone() };
        let trained = bench.train(&config, &out.path().join(format!("{select:?}"))).unwrap();
        let tasks = Arc::new(bench.tasks.clone());
        let sizes: Vec<usize> = tasks.iter().map(|task| task.dev.len()).collect();
        let padding = config.padding(bench.pad);
        let settings = LoaderSettings { padding, threads: 1, seed: 0, accumulation: 1 };
        let (size, device) = (config.eval_batch_size, device());
        let loader: Arc<dyn DataLoader<EvalBatch>> =
            Arc::new(EvalLoader::new(tasks, |task| &task.dev, size, settings, device));
        let outputs =
            collect(&trained.model, &loader, &sizes, &Interrupter::new(), |_| {}).unwrap();
        assert!(outputs.iter().all(|task| task.by_example.iter().all(|row| !row.is_empty())));
        assert!(trained.outcome.outputs.as_ref() == Some(&outputs), "{select:?}");
    }
}

/// The same training, cut off by a patience that no evaluation meets.
fn stop_at_first_evaluation(config: &TrainConfig) -> TrainConfig {
    TrainConfig { patience: Some(0), ..config.clone() }
}

/// Classes only, and a learning rate so small that weights move but no prediction changes: all evaluations score the
/// same, and the first of equals is the best.
fn best_is_first() -> (Bench, TrainConfig) {
    let bench =
        Bench::with(&["sentiment", "entailment"], &common::tiny_settings(), common::device());
    let select = Select::Best;
    (bench, TrainConfig { evaluations: 4, lr: 1e-6, select, ..tiny_config(8) })
}

#[test]
fn symmetric_pairs_are_trained_on_in_both_orders_unless_they_are_not_to_be() {
    let examples = |both_orders: bool| {
        let settings = Settings { both_orders, ..tiny_settings() };
        let bench = Bench::with(&["similarity", "sentiment"], &settings, device());
        bench.tasks.iter().map(|task| task.train.len()).collect::<Vec<_>>()
    };
    assert_eq!((examples(true), examples(false)), (vec![96, 48], vec![48, 48]));
}
