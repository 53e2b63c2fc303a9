//! What must hold of observers: they measure what they say, find planted relations, and change nothing.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{path::Path, sync::Arc};

use burn::{module::Module, optim::GradientsParams};
use common::{Bench, device, largest_difference, tiny_config, tiny_settings, weights};
use taskgraft::{
    methods::MethodSpec,
    observe::{
        BlockProducts, GradientAlignment, GradientObserver, GradientProbe, Half, HiddenStates,
        LookaheadStep, Observation, Pooling, ProbeBatches, Scope, compare_networks, look_ahead,
        mean_lookahead, task_gradient,
    },
    tasks::{
        Target, Task, TaskSpec,
        suite::Suite,
        synthetic::{Synthetic, SyntheticConfig},
        text::Encoded,
    },
    train::{MultiTask, TaskData, TrainConfig, Trained, Trainer, View},
};
use taskgraft_algebra::similarity::Index;

mod common;

const SEED: u64 = 7;

fn probe(tasks: &[TaskData], pad: u32) -> ProbeBatches<'_> {
    ProbeBatches { tasks, batch_size: 8, batches: 2, seed: 1, pad }
}

/// A network for a bench's tasks, on autodiff.
fn network(bench: &Bench) -> MultiTask {
    bench.model(SEED).train()
}

fn gradients(bench: &Bench, model: &MultiTask, half: Half) -> Vec<GradientsParams> {
    with_losses(bench, model, half).into_iter().map(|(gradients, _)| gradients).collect()
}

fn with_losses(bench: &Bench, model: &MultiTask, half: Half) -> Vec<(GradientsParams, f64)> {
    let batches = probe(&bench.tasks, bench.pad);
    let of = |task| {
        let batches = batches.of(task, half, 0, &device().autodiff()).unwrap();
        task_gradient(model, &batches).unwrap()
    };
    (0..bench.tasks.len()).map(of).collect()
}

#[test]
fn gradients_of_equal_batches_have_cosine_one_and_of_disjoint_ones_less() {
    let bench = Bench::with(&["paraphrase", "similarity", "tagging"], &tiny_settings(), device());
    let model = network(&bench);
    let first = gradients(&bench, &model, Half::First);
    let again = gradients(&bench, &model, Half::First);
    let second = gradients(&bench, &model, Half::Second);
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
    let model = network(&bench);
    let sets = gradients(&bench, &model, Half::First);
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
    let model = network(&bench);
    let before = weights(&model);
    let batches = probe(&bench.tasks, bench.pad);
    let sources = gradients(&bench, &model, Half::First);
    let (receivers, losses): (Vec<_>, Vec<f64>) =
        with_losses(&bench, &model, Half::Second).into_iter().unzip();
    let on_device = |task| batches.of(task, Half::Second, 0, &device()).unwrap();
    let batches: Vec<_> = (0..2).map(on_device).collect();
    let sets: Vec<&GradientsParams> = sources.iter().chain(&receivers).collect();
    let products = BlockProducts::of(&model.trunk, &sets).unwrap().gramian(Scope::Whole).unwrap();
    for step in [LookaheadStep::Rate(1e-4), LookaheadStep::Distance(1e-3)] {
        let after = look_ahead(&model, &sources, &batches, step).unwrap();
        assert!(largest_difference(&before, &weights(&model)) == 0.0, "the network was changed");
        for (source, after) in after.iter().enumerate() {
            let rate = match step {
                LookaheadStep::Rate(rate) => rate,
                LookaheadStep::Distance(distance) => {
                    distance / products.inner(source, source).sqrt()
                }
            };
            for receiver in 0..2 {
                let expected = -rate * products.inner(source, 2 + receiver);
                let change = after[receiver] - losses[receiver];
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
        let trunk = bench.bench.trunk(seed, None).unwrap();
        let pad = bench.pad;
        HiddenStates::of(trunk.as_encoder().unwrap(), &texts(&bench.tasks), pad, &device()).unwrap()
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
    let all = texts(&bench.tasks);
    let trunk = bench.bench.trunk(1, None).unwrap();
    let pad = bench.pad;
    let (short, long) = (
        all.iter().min_by_key(|t| t.tokens.len()).unwrap(),
        all.iter().max_by_key(|t| t.tokens.len()).unwrap(),
    );
    assert!(short.tokens.len() < long.tokens.len());
    let states = |texts: &[&Encoded]| {
        HiddenStates::of(trunk.as_encoder().unwrap(), texts, pad, &device()).unwrap()
    };
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
fn train(bench: &Bench, config: &TrainConfig, observed: bool, folder: &Path) -> Trained {
    std::fs::create_dir_all(folder).unwrap();
    let tasks = Arc::new(bench.tasks.clone());
    let pad = bench.pad;
    let trainer = Trainer {
        config,
        tasks: tasks.clone(),
        method: MethodSpec::Average,
        dev: None,
        pad,
        seed: SEED,
        device: device(),
        label: "test",
        view: View::Lines,
        folder,
        digest: "of the test's config",
    };
    let model = bench.model(SEED);
    if !observed {
        return trainer.train_on(model).unwrap();
    }
    let probe = GradientProbe { batch_size: 8, ..GradientProbe::default() };
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
        let trained = train(&bench, &config, observed, &folder);
        (weights(&trained.model), std::fs::read(folder.join("metrics.jsonl")).unwrap())
    };
    assert!(run(true) == run(false), "other weights or figures");
    let seen = Observation::read_all(&out.path().join("true")).unwrap();
    assert_eq!(seen.iter().map(|o| o.step).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert!(Observation::read_all(&out.path().join("false")).unwrap().is_empty());
}

/// Sentiment in two languages that share function words alone.
struct TwoLanguages(SyntheticConfig);

impl Suite for TwoLanguages {
    fn name(&self) -> &'static str {
        "two languages"
    }

    fn specs(&self) -> Vec<TaskSpec> {
        ["first", "second"].map(|name| self.load(name).unwrap().spec).to_vec()
    }

    fn load(&self, task: &str) -> taskgraft::tasks::Result<Task> {
        let seed = u64::from(task == "second");
        let mut loaded = Synthetic::new(self.0.clone().with_seed(seed))?.task("sentiment")?;
        loaded.spec.name = task.into();
        Ok(loaded)
    }
}

/// The task with other training examples.
fn with_examples(task: &TaskData, examples: &[Encoded]) -> TaskData {
    TaskData { train: examples.to_vec(), ..task.clone() }
}

fn with_opposite_labels(examples: &[Encoded]) -> Vec<Encoded> {
    let opposite = |example: &Encoded| match &example.target {
        Some(Target::Class(label)) => {
            Encoded { target: Some(Target::Class(1 - label)), ..example.clone() }
        }
        other => panic!("sentiment has classes, not {other:?}"),
    };
    examples.iter().map(opposite).collect()
}

/// A network that has learned some of a task, with a copy of its head for each of: more of the task, the same in
/// another language, and the task with opposite labels. Separate heads would hide the relations behind their random
/// values.
#[test]
fn planted_relations_are_ranked_right_by_cosines_and_by_looking_ahead() {
    let mut settings = tiny_settings();
    for set in
        ["synthetic.scarce=400", "synthetic.dev_size=400", "mixture.batch_size=16", "steps=100"]
    {
        settings.set(set).unwrap();
    }
    let suite = TwoLanguages(settings.synthetic.clone());
    let mut bench = Bench::of(suite, &["first", "second"], &settings, device());
    let second = bench.tasks.remove(1);
    let out = tempfile::tempdir().unwrap();
    let learned = train(&bench, settings.section("single"), false, out.path()).model;

    let first = &bench.tasks[0];
    let unseen = &first.dev;
    let tasks = [
        with_examples(first, &unseen[..130]),
        with_examples(first, &unseen[130..260]),
        with_examples(&second, &second.dev),
        with_examples(first, &with_opposite_labels(&unseen[260..])),
    ];
    let specs: Vec<TaskSpec> = tasks.iter().map(|t| t.spec.clone()).collect();
    let mut model = MultiTask::new(learned.trunk.clone(), &specs, SEED, &device());
    model.heads = vec![learned.head(0).clone(); tasks.len()];
    let batches =
        ProbeBatches { tasks: &tasks, batch_size: 32, batches: 2, seed: 1, pad: bench.pad };
    let step = LookaheadStep::Distance(0.003);
    let model = model.train();
    let look = |draw| Observation::of(&model, &batches, draw, step, &device()).unwrap();
    let seen: Vec<Observation> = (0..6).map(look).collect();
    let lookahead = mean_lookahead(&seen.iter().collect::<Vec<_>>()).unwrap();
    let cosine = |i: usize, j: usize| {
        let of = |o: &Observation| o.gradients.scope(Scope::Whole).unwrap().cosines[i][j].unwrap();
        seen.iter().map(of).sum::<f64>() / seen.len() as f64
    };
    for measure in ["cosine", "lookahead"] {
        let of = |i, j| match measure {
            "cosine" => cosine(i, j),
            _ => lookahead.mean(i, j).unwrap(),
        };
        let with_first = |other: usize| (of(0, other) + of(other, 0)) / 2.0;
        let (same, language, opposite) = (with_first(1), with_first(2), with_first(3));
        assert!(same > language && language > opposite, "{measure}: {same} {language} {opposite}");
        assert!(same > 0.0 && opposite < 0.0, "{measure}: {same} {opposite}");
    }
}
