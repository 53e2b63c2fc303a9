//! What must hold of observers: they measure what they say, find planted relations, and change nothing.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{path::Path, sync::Arc};

use burn::{module::Module, optim::GradientsParams};
use common::{Bench, device, largest_difference, tiny_config, tiny_settings, weights};
use taskgraft::{
    observe::{
        BlockProducts, GradientAlignment, GradientObserver, GradientProbe, Half, HiddenStates,
        LookaheadStep, Observation, Pooling, ProbeBatches, Scope, after_start, compare_networks,
        look_ahead, mean_lookahead, task_gradient,
    },
    study::{Planted, Workbench},
    tasks::{TaskSpec, mixture::Composition, text::Encoded},
    train::{Combination, MultiTask, TaskData, TrainConfig, Trained, Trainer, View},
};
use taskgraft_algebra::similarity::Index;

mod common;

const SEED: u64 = 7;

fn probe(tasks: &[TaskData], pad: u32) -> ProbeBatches<'_> {
    ProbeBatches { tasks, batch_size: 8, batches: 2, seed: 1, pad }
}

/// A network for a bench's tasks, on autodiff.
fn network(bench: &Workbench) -> MultiTask {
    let specs: Vec<TaskSpec> = bench.tasks.iter().map(|t| t.spec.clone()).collect();
    MultiTask::new(bench.trunk(SEED).unwrap(), &specs, SEED, &device()).train()
}

fn gradients(bench: &Workbench, model: &MultiTask, half: Half) -> Vec<GradientsParams> {
    with_losses(bench, model, half).into_iter().map(|(gradients, _)| gradients).collect()
}

fn with_losses(bench: &Workbench, model: &MultiTask, half: Half) -> Vec<(GradientsParams, f64)> {
    let batches = probe(&bench.tasks, bench.encoder.pad_id());
    let of = |task| {
        let batches = batches.of(task, half, 0, &device().autodiff()).unwrap();
        task_gradient(model, &batches).unwrap()
    };
    (0..bench.tasks.len()).map(of).collect()
}

#[test]
fn gradients_of_equal_batches_have_cosine_one_and_of_disjoint_ones_less() {
    let bench = Bench::with(&["paraphrase", "similarity", "tagging"], &tiny_settings(), device());
    let model = network(&bench.bench);
    let first = gradients(&bench.bench, &model, Half::First);
    let again = gradients(&bench.bench, &model, Half::First);
    let second = gradients(&bench.bench, &model, Half::Second);
    let same = GradientAlignment::of(&model.trunk, &first, &again).unwrap();
    let noisy = GradientAlignment::of(&model.trunk, &first, &second).unwrap();
    for (same, noisy) in same.scopes.iter().zip(&noisy.scopes) {
        for task in 0..3 {
            let Some(one) = same.ceiling(task) else {
                assert_eq!((task, same.scope.to_string().as_str()), (2, "pooler"));
                continue;
            };
            assert!((one - 1.0).abs() < 1e-5, "{}: {one}", same.scope);
            assert!(noisy.ceiling(task).unwrap() < one, "{}", noisy.scope);
        }
        let (there, back) = (noisy.cosines[0][1].unwrap(), noisy.cosines[1][0].unwrap());
        assert!((there - back).abs() < 1e-9);
    }
}

#[test]
fn inner_products_of_the_blocks_add_up_to_those_of_the_whole_trunk() {
    let bench = Bench::with(&["paraphrase", "tagging"], &tiny_settings(), device());
    let model = network(&bench.bench);
    let sets = gradients(&bench.bench, &model, Half::First);
    let sets: Vec<&GradientsParams> = sets.iter().collect();
    let products = BlockProducts::of(&model.trunk, &sets).unwrap();
    let blocks: Vec<String> =
        products.blocks().iter().map(|b| Scope::Block(*b).to_string()).collect();
    assert_eq!(blocks, ["embeddings", "layer 1", "pooler"]);
    let whole = products.gramian(Scope::Whole).unwrap();
    for (i, j) in [(0, 0), (0, 1), (1, 1)] {
        let parts = products.blocks().into_iter().map(Scope::Block);
        let sum: f64 = parts.map(|scope| products.gramian(scope).unwrap().inner(i, j)).sum();
        let scale = whole.inner(0, 0).max(whole.inner(1, 1));
        assert!((sum - whole.inner(i, j)).abs() < 1e-9 * scale, "{i} {j}");
    }
}

#[test]
fn looking_ahead_follows_the_gradients_to_first_order_and_leaves_the_network_as_it_is() {
    let bench = Bench::with(&["paraphrase", "similarity"], &tiny_settings(), device());
    let model = network(&bench.bench);
    let before = weights(&model);
    let batches = probe(&bench.bench.tasks, bench.bench.encoder.pad_id());
    let sources = gradients(&bench.bench, &model, Half::First);
    let (receivers, losses): (Vec<_>, Vec<f64>) =
        with_losses(&bench.bench, &model, Half::Second).into_iter().unzip();
    let on_device = |task| batches.of(task, Half::Second, 0, &device()).unwrap();
    let batches: Vec<_> = (0..2).map(on_device).collect();
    let sets: Vec<&GradientsParams> = sources.iter().chain(&receivers).collect();
    let products = BlockProducts::of(&model.trunk, &sets).unwrap().gramian(Scope::Whole).unwrap();
    for step in [LookaheadStep::Rate(1e-4), LookaheadStep::Distance(1e-3)] {
        let after = look_ahead(&model, &sources, &batches, step).unwrap();
        assert!(largest_difference(&before, &weights(&model)) == 0.0, "the network was changed");
        for source in 0..2 {
            let rate = match step {
                LookaheadStep::Rate(rate) => rate,
                LookaheadStep::Distance(distance) => {
                    distance / products.inner(source, source).sqrt()
                }
            };
            for receiver in 0..2 {
                let expected = -rate * products.inner(source, 2 + receiver);
                let change = after[source][receiver] - losses[receiver];
                let error = (change - expected).abs();
                let case = format!("{step:?}, {source} {receiver}: {change} {expected}");
                assert!(error < 0.1 * expected.abs() + 2e-6, "{case}");
            }
        }
    }
}

/// Texts of the dev sets of all tasks.
fn texts(tasks: &[TaskData]) -> Vec<&Encoded> {
    tasks.iter().flat_map(|task| &task.dev).collect()
}

#[test]
fn a_network_is_like_itself_unlike_itself_on_shuffled_texts_and_less_like_another() {
    let mut settings = tiny_settings();
    settings.set("synthetic.dev_size=150").unwrap();
    let bench = Bench::with(&["paraphrase", "sentiment"], &settings, device());
    let states = |seed: u64| {
        let trunk = bench.bench.trunk(seed).unwrap();
        let pad = bench.bench.encoder.pad_id();
        HiddenStates::of(&trunk, &texts(&bench.bench.tasks), pad, &device()).unwrap()
    };
    let (own, other) = (states(1), states(2));
    let shuffled = own.shuffled(3);
    let networks = [&own, &shuffled, &other];
    for pooling in Pooling::ALL {
        let compare = |index| {
            let curves = compare_networks(index, pooling, &networks, &[(0, 0), (0, 1), (0, 2)]);
            curves.unwrap()
        };
        for index in Index::ALL {
            let curves = compare(index);
            assert_eq!(curves[0].values.len(), 2 - pooling.first_layer());
            assert!(curves[0].values.iter().all(|v| (v - 1.0).abs() < 1e-6), "{index} {pooling}");
            assert!(curves[2].mean() < 0.99, "{index} {pooling}: {}", curves[2].mean());
        }
        let unbiased = compare(Index::UnbiasedLinearCka);
        assert!(unbiased[1].mean().abs() < 0.05, "{pooling}: {}", unbiased[1].mean());
    }
}

#[test]
fn padding_does_not_change_what_represents_a_text() {
    let bench = Bench::new();
    let all = texts(&bench.bench.tasks);
    let trunk = bench.bench.trunk(1).unwrap();
    let pad = bench.bench.encoder.pad_id();
    let (short, long) = (
        all.iter().min_by_key(|t| t.tokens.len()).unwrap(),
        all.iter().max_by_key(|t| t.tokens.len()).unwrap(),
    );
    assert!(short.tokens.len() < long.tokens.len());
    let states = |texts: &[&Encoded]| HiddenStates::of(&trunk, texts, pad, &device()).unwrap();
    // Once beside its equal, once padded to the length of another.
    let (bare, padded) = (states(&[short, short]), states(&[short, long]));
    for pooling in Pooling::ALL {
        for (bare, padded) in bare.layers(pooling).iter().zip(padded.layers(pooling)) {
            for (a, b) in bare.row(0).iter().zip(padded.row(0)) {
                assert!((a - b).abs() < 1e-5, "{pooling}: {a} {b}");
            }
        }
    }
}

/// Trains with a batch of every task, and looks at it ten times where asked to.
fn train(bench: &Workbench, config: &TrainConfig, observed: bool, folder: &Path) -> Trained {
    std::fs::create_dir_all(folder).unwrap();
    let tasks = Arc::new(bench.tasks.clone());
    let pad = bench.encoder.pad_id();
    let trainer = Trainer {
        config,
        tasks: tasks.clone(),
        combination: Combination::Average,
        pad,
        seed: SEED,
        device: device(),
        label: "test",
        view: View::Lines,
        folder,
        digest: "of the test's config",
    };
    let specs: Vec<TaskSpec> = bench.tasks.iter().map(|t| t.spec.clone()).collect();
    let model = MultiTask::new(bench.trunk(SEED).unwrap(), &specs, SEED, &device());
    if !observed {
        return trainer.train_on(model).unwrap();
    }
    let probe = GradientProbe { batch_size: 16, ..GradientProbe::default() };
    let total = trainer.steps().unwrap();
    let observer =
        GradientObserver::new(tasks, probe, total, (SEED, pad), device(), folder).unwrap();
    trainer.train_observed(model, Box::new(observer)).unwrap()
}

#[test]
fn training_is_the_same_with_and_without_an_observer() {
    let (bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    let config = tiny_config(6);
    let run = |observed: bool| {
        let folder = out.path().join(observed.to_string());
        let trained = train(&bench.bench, &config, observed, &folder);
        (weights(&trained.model), std::fs::read(folder.join("metrics.jsonl")).unwrap())
    };
    assert!(run(true) == run(false), "other weights or figures");
    let seen = Observation::read_all(&out.path().join("true")).unwrap();
    assert_eq!(seen.iter().map(|o| o.step).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert!(Observation::read_all(&out.path().join("false")).unwrap().is_empty());
}

/// Asserts that a measure is higher for all related pairs than for any other.
fn assert_ranks(
    measure: &str,
    names: &[&str],
    related: impl Fn(usize, usize) -> bool,
    of: impl Fn(usize, usize) -> f64,
) {
    let (mut close, mut far) = (f64::INFINITY, f64::NEG_INFINITY);
    for (i, first) in names.iter().enumerate() {
        for (j, second) in names.iter().enumerate().take(i) {
            let value = (of(i, j) + of(j, i)) / 2.0;
            println!("{measure} of {first} and {second}: {value:.5}");
            if related(i, j) { close = close.min(value) } else { far = far.max(value) }
        }
    }
    assert!(close > far, "{measure}: {close} of related tasks, {far} of others");
}

/// A bench of tasks in two languages with enough examples for some learning, and its settings.
fn planted(names: &[&str]) -> (Workbench, TrainConfig) {
    let mut settings = tiny_settings();
    let sizes = ["synthetic.rich=400", "synthetic.moderate=400", "synthetic.scarce=400"];
    for set in sizes.into_iter().chain(["mixture.batch_size=16", "steps=150", "evaluations=1"]) {
        settings.set(set).unwrap();
    }
    settings.multi.mixture.composition = Composition::EachTask;
    let suite = Planted::new(settings.synthetic.clone()).unwrap();
    (Workbench::new(&suite, names, None, &settings, &device()).unwrap(), settings.multi)
}

/// Trains on a bench's tasks and returns mean cosines and lookahead affinities.
fn measure(bench: &Workbench, config: &TrainConfig) -> [Vec<Vec<f64>>; 2] {
    let out = tempfile::tempdir().unwrap();
    train(bench, config, true, out.path());
    let all = Observation::read_all(out.path()).unwrap();
    let seen = after_start(&all);
    let lookahead = mean_lookahead(&seen).unwrap();
    let cosine = |i: usize, j: usize| {
        let of = |o: &&Observation| o.gradients.scope(Scope::Whole).unwrap().cosines[i][j].unwrap();
        seen.iter().map(of).sum::<f64>() / seen.len() as f64
    };
    let tasks = 0..bench.tasks.len();
    let rows = |of: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        tasks.clone().map(|i| tasks.clone().map(|j| of(i, j)).collect()).collect()
    };
    [rows(&cosine), rows(&|i, j| lookahead.mean(i, j).unwrap())]
}

#[test]
fn cosines_of_tasks_of_one_language_are_above_those_of_two() {
    let names = ["paraphrase", "similarity", "sentiment", "tagging"];
    let (bench, config) = planted(&names);
    let [cosines, _] = measure(&bench, &config);
    let related = |i: usize, j: usize| Planted::are_related(names[i], names[j]);
    assert_ranks("cosine", &names, related, |i, j| cosines[i][j]);
}

#[test]
fn halves_of_one_task_are_found_by_cosines_and_by_looking_ahead() {
    let (mut bench, config) = planted(&["sentiment", "similarity"]);
    let halves = bench.tasks.iter().flat_map(|task| {
        let half = task.train.len() / 2;
        [("first", 0..half), ("second", half..2 * half)].map(|(name, range)| {
            let mut part = task.clone();
            part.spec.name = format!("{name} half of {}", task.spec.name);
            part.train = task.train[range].to_vec();
            part
        })
    });
    bench.tasks = halves.collect();
    let names: Vec<String> = bench.tasks.iter().map(|t| t.spec.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let [cosines, lookahead] = measure(&bench, &config);
    let related = |i: usize, j: usize| i / 2 == j / 2;
    assert_ranks("cosine", &names, related, |i, j| cosines[i][j]);
    assert_ranks("lookahead", &names, related, |i, j| lookahead[i][j]);
}
