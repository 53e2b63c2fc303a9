//! Text-to-text training: losses, batches, resuming, and that something is learned.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{fs, path::Path, sync::Arc};

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Int, Tensor, TensorData},
};
use common::{
    assert_resumes_exactly, assert_says, device, failure, largest_difference, losses, train_until,
    weights,
};
use taskgraft::{
    methods::MethodSpec,
    models::{
        kernels::DropoutKey,
        t5::{NO_LABEL, T5, T5Config, TokenBatch, decoder_inputs, mean_loss},
    },
    prelude::*,
    tasks::{
        Answer, Example, ExampleId, Family, Split, Target, TargetKind, Task, TaskSpec, Text,
        metrics::Metric,
        mixture::{LayoutConfig, MixtureConfig, MixturePlan, Widths},
        objectives::{Lengths, SpanCorruption},
        text::T5Tokenizer,
    },
    train::{
        Decay, LoaderSettings, MicroBatch, MixtureLoader, MultiTask, OptimiserKind, Reading,
        TargetMean, TaskData, TextConfig, Trained, Trainer, View,
    },
};

mod common;

const LIMIT: Lengths = Lengths { inputs: 16, targets: 12 };

/// Words of the number's digits in base 5.
fn words(mut number: usize, count: usize) -> Vec<&'static str> {
    const WORDS: [&str; 5] = ["ba", "do", "ki", "lu", "me"];
    (0..count)
        .map(|_| {
            let word = WORDS[number % 5];
            number /= 5;
            word
        })
        .collect()
}

fn text_task(
    name: &str,
    answers: Option<Box<TargetKind>>,
    examples: Vec<(String, String)>,
) -> Task {
    let metric = if answers.is_some() { Metric::Accuracy } else { Metric::ExactMatch };
    let example = |(i, (input, target)): (usize, (String, String))| Example {
        id: ExampleId(i as u32),
        text: Text::One(format!("{name} {input}")),
        target: Some(Target::Text(Answer::new(target))),
    };
    let all: Vec<Example> = examples.into_iter().enumerate().map(example).collect();
    let (dev, train) = all.split_at(all.len() / 5);
    Task {
        spec: TaskSpec {
            name: name.into(),
            suite: "made up".into(),
            family: Family::Generation,
            kind: TargetKind::Text { stands_for: answers },
            metrics: vec![metric],
            symmetric: false,
        },
        splits: [(Split::Train, train.to_vec()), (Split::Dev, dev.to_vec())].into(),
        sources: vec![],
    }
}

/// One to three words, to be written in the other order.
fn reverse() -> Task {
    let example = |i: usize| {
        let words = words(i * 7 + i / 11, 1 + i % 3);
        let reversed: Vec<&str> = words.iter().rev().copied().collect();
        (words.join(" "), reversed.join(" "))
    };
    text_task("reverse", None, (0..120).map(example).collect())
}

/// Whether the first word is "ba" or "do".
fn first() -> Task {
    let labels = vec!["early".to_string(), "late in list".to_string()];
    let example = |i: usize| {
        let words = words(i * 7 + i / 11, 1 + i % 4);
        let label = usize::from(!["ba", "do"].contains(&words[0]));
        (words.join(" "), labels[label].clone())
    };
    let examples = (0..120).map(example).collect();
    text_task("first", Some(Box::new(TargetKind::Class { labels: labels.clone() })), examples)
}

/// The same with labels in place of their words, for a head.
fn first_by_head() -> Task {
    let mut task = first();
    let TargetKind::Text { stands_for: Some(kind) } = task.spec.kind else { unreachable!() };
    task.spec.name = "first by head".into();
    for example in task.splits.values_mut().flatten() {
        let Some(Target::Text(answer)) = &example.target else { unreachable!() };
        example.target = Some(Target::Class(usize::from(answer.text != "early")));
    }
    task.spec.kind = *kind;
    task
}

/// A vocabulary of whole words.
fn tokenizer() -> Arc<T5Tokenizer> {
    const WORDS: [&str; 11] =
        ["ba", "do", "ki", "lu", "me", "reverse", "first", "early", "late", "in", "list"];
    let special = ["<pad>", "</s>", "<unk>"].map(String::from).into_iter();
    let sentinels = (0..10).rev().map(|number| format!("<extra_id_{number}>"));
    let words = WORDS.iter().map(|word| format!("▁{word}"));
    let vocabulary: Vec<String> = special.chain(words).chain(sentinels).collect();
    let is_special = |token: &str| token.starts_with('<');
    let added = vocabulary.iter().enumerate().filter(|(_, token)| is_special(token));
    let added = added.map(|(id, token)| {
        serde_json::json!({
            "id": id, "content": token, "special": true, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false,
        })
    });
    let metaspace = serde_json::json!({
        "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true,
    });
    let pieces = vocabulary.iter().map(|token| (token, if is_special(token) { 0.0 } else { -1.0 }));
    let json = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null,
        "post_processor": null, "added_tokens": added.collect::<Vec<_>>(),
        "pre_tokenizer": metaspace, "decoder": metaspace,
        "model": {
            "type": "Unigram", "unk_id": 2, "vocab": pieces.collect::<Vec<_>>(),
            "byte_fallback": false,
        },
    });
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("tokenizer.json"), json.to_string()).unwrap();
    Arc::new(T5Tokenizer::from_dir(dir.path()).unwrap())
}

struct Bench {
    tokenizer: Arc<T5Tokenizer>,
    tasks: Vec<TaskData>,
    dropout: f64,
}

impl Bench {
    /// Writing, labels by rank, and denoising.
    fn new() -> Self {
        let tokenizer = tokenizer();
        let data =
            |task, reading| TaskData::text_to_text(&task, &tokenizer, LIMIT, reading).unwrap();
        let documents = (0..40).map(|i| tokenizer.encode(&words(i * 31, 9).join(" ")).unwrap());
        let spans = SpanCorruption { tokens: tokenizer.tokens(), ..SpanCorruption::default() };
        let denoising = TaskData::denoising(
            "denoising",
            Arc::new(documents.collect::<Vec<Vec<u32>>>()),
            Arc::new(spans),
            (LIMIT, 6),
            &tokenizer,
        );
        let tasks = vec![
            data(reverse(), Reading::Written),
            data(first(), Reading::Ranked),
            denoising.unwrap(),
        ];
        Self { tokenizer, tasks, dropout: 0.1 }
    }

    fn t5(&self) -> T5 {
        let config = T5Config::v1_1(self.tokenizer.vocab_size(), 32, 48, 1, 2)
            .with_head_width(16)
            .with_dropout(self.dropout);
        T5::new(&config, 3, &device()).unwrap()
    }

    fn learner(&self) -> MultiTask {
        let specs: Vec<TaskSpec> = self.tasks.iter().map(|task| task.spec.clone()).collect();
        MultiTask::new(self.t5(), &specs, 7, &device()).train()
    }

    fn train(&self, config: &TrainConfig, folder: &Path) -> taskgraft::Result<Trained> {
        self.train_until(config, folder, None)
    }

    fn train_until(
        &self,
        config: &TrainConfig,
        folder: &Path,
        stop: Option<u64>,
    ) -> taskgraft::Result<Trained> {
        fs::create_dir_all(folder).unwrap();
        let trainer = Trainer {
            config,
            tasks: Arc::new(self.tasks.clone()),
            method: MethodSpec::Average,
            dev: None,
            pad: self.tokenizer.pad_id(),
            seed: 7,
            device: device(),
            label: "test",
            view: View::Lines,
            folder,
            digest: "of the test's config",
        };
        let specs: Vec<TaskSpec> = self.tasks.iter().map(|task| task.spec.clone()).collect();
        train_until(&trainer, MultiTask::new(self.t5(), &specs, 7, &device()), stop)
    }

    /// The first part of the first batch of a mixture.
    fn batch(&self, text: TextConfig) -> MicroBatch {
        let plan = MixturePlan::new(
            MixtureConfig { batch_size: 9, ..MixtureConfig::sampled() },
            self.tasks.iter().map(TaskData::lengths).collect(),
            1,
            5,
        );
        let config = TrainConfig::default();
        let settings = LoaderSettings {
            padding: config.padding(self.tokenizer.pad_id()),
            threads: 1,
            seed: 5,
            accumulation: 1,
        };
        let tasks = Arc::new(self.tasks.clone());
        let plan = Arc::new(plan.unwrap());
        let device = device().autodiff();
        MixtureLoader::with_text(tasks, plan, settings, text, device).item(0).unwrap()
    }
}

fn config(steps: u64) -> TrainConfig {
    TrainConfig {
        steps: Some(steps),
        optimiser: OptimiserKind::Adafactor,
        lr: 1e-2,
        decay: Decay::Constant,
        layer_decay: 1.0,
        warmup: 0.0,
        evaluations: 2,
        mixture: MixtureConfig { batch_size: 8, ..MixtureConfig::sampled() },
        ..TrainConfig::default()
    }
}

fn layout(packing: bool, input_widths: Widths, target_widths: Widths) -> LayoutConfig {
    let row = if packing { Lengths { inputs: 40, targets: 30 } } else { LIMIT };
    LayoutConfig { row, packing, input_widths, target_widths, row_multiple: 1 }
}

#[test]
fn padding_and_packing_change_neither_loss_nor_gradient() {
    let bench = Bench { dropout: 0.0, ..Bench::new() };
    let learner = bench.learner();
    let run = |layout: LayoutConfig| {
        let batch = bench.batch(TextConfig { layout, ..TextConfig::default() });
        let losses = Tensor::cat(learner.losses(&batch, None), 0);
        let tokens = batch.tokens;
        let gradients = GradientsParams::from_grads(losses.clone().sum().backward(), &learner);
        let t5 = learner.trunk.as_t5().unwrap();
        let gradient = gradients.get::<2>(t5.shared.weight.id).unwrap();
        let values = |data: TensorData| data.iter::<f32>().collect::<Vec<_>>();
        (vec![values(losses.into_data()), values(gradient.into_data())], tokens)
    };
    let (exact, exact_tokens) = run(layout(false, Widths::Exact, Widths::Exact));
    assert!(exact[1].iter().any(|g| g.abs() > 1e-3));
    for (packing, widths) in [(false, Widths::Full), (true, Widths::Exact)] {
        let (other, tokens) = run(layout(packing, widths.clone(), widths));
        assert_eq!(tokens.0, exact_tokens.0, "other real tokens");
        assert_ne!(tokens.1, exact_tokens.1, "the layout is the same");
        let difference = largest_difference(&exact, &other);
        assert!(difference < 1e-5, "packing {packing}: {difference}");
    }
}

#[test]
fn the_loss_of_a_batch_is_the_mean_over_its_target_tokens() {
    let bench = Bench { dropout: 0.0, ..Bench::new() };
    let learner = bench.learner();
    let z_loss = 0.01;
    let of = |mean| bench.batch(TextConfig { mean, z_loss, ..TextConfig::default() });
    let loss =
        |batch: &MicroBatch| Tensor::cat(learner.losses(batch, None), 0).sum().into_scalar::<f32>();
    let batch = of(TargetMean::Tokens);
    let total: f64 = batch.tasks().map(|(_, weight)| weight).sum();
    assert!((total - 1.0).abs() < 1e-6, "{total}");

    // The same by the model's own functions.
    let text = batch.text.as_ref().unwrap();
    let t5 = learner.trunk.as_t5().unwrap();
    let labels = text.input.labels.clone();
    let read = decoder_inputs(labels.clone(), None, 0, 0);
    let logits = t5.forward(&text.input.source, read, None, None);
    let expected = mean_loss(logits, labels.clone(), z_loss).into_scalar::<f32>();
    assert!((loss(&batch) - expected).abs() < 1e-5, "{} and {expected}", loss(&batch));

    let count = labels.greater_equal_elem(0).int().sum().into_scalar::<i64>() as f32;
    let sum = loss(&of(TargetMean::Sum));
    assert!((sum / count - expected).abs() < 1e-5, "{sum} over {count} tokens");

    let by_example = loss(&of(TargetMean::Examples));
    let expected = mean_of_examples(t5, &text.input.source, &text.input.labels, z_loss);
    assert!((by_example - expected).abs() < 1e-5, "{by_example} and {expected}");
}

/// The mean over rows of the mean over each row's labels.
fn mean_of_examples(t5: &T5, source: &TokenBatch, labels: &Tensor<2, Int>, z_loss: f64) -> f32 {
    let [rows, _] = labels.dims();
    let loss = |row: usize| {
        let source = TokenBatch {
            tokens: source.tokens.clone().narrow(0, row, 1),
            mask: source.mask.clone().narrow(0, row, 1),
            segments: None,
        };
        let labels = labels.clone().narrow(0, row, 1);
        let logits = t5.forward(&source, decoder_inputs(labels.clone(), None, 0, 0), None, None);
        mean_loss(logits, labels, z_loss).into_scalar::<f32>()
    };
    (0..rows).map(loss).sum::<f32>() / rows as f32
}

#[test]
fn labels_without_target_have_no_loss() {
    let bench = Bench::new();
    let text = bench.batch(TextConfig::default()).text.unwrap();
    let labels: Vec<i64> = text.input.labels.into_data().iter().collect();
    let real: Vec<i64> = labels.into_iter().filter(|&label| label != NO_LABEL).collect();
    assert_eq!(text.input.targets.into_data().iter::<i64>().collect::<Vec<_>>(), real);
    assert!(real.iter().filter(|&&label| label == 1).count() == 9, "an EOS an example");
}

#[test]
fn a_batch_of_texts_in_parts_gives_the_weights_of_the_whole_batch() {
    let bench = Bench { dropout: 0.0, ..Bench::new() };
    let out = tempfile::tempdir().unwrap();
    for mean in [TargetMean::Tokens, TargetMean::Examples] {
        let run = |accumulation: usize| {
            let text = TextConfig { mean, ..TextConfig::default() };
            let config = TrainConfig { accumulation, text, evaluations: 1, ..config(3) };
            let folder = out.path().join(format!("{mean:?}-{accumulation}"));
            let trained = bench.train(&config, &folder).unwrap();
            (weights(&trained.model), losses(&folder))
        };
        let (whole, parted) = (run(1), run(4));
        let difference = largest_difference(&whole.0, &parted.0);
        assert!(difference < 1e-4, "{mean:?}: weights differ by {difference}");
        for (a, b) in whole.1.iter().zip(parted.1) {
            assert!((a - b).abs() < 1e-4, "{mean:?}: loss {b} instead of {a}");
        }
    }
}

#[test]
fn a_run_on_texts_that_was_stopped_goes_on_as_if_it_had_not_been() {
    let bench = Bench::new();
    let packed = layout(true, Widths::Exact, Widths::Exact);
    let text = TextConfig { layout: packed, ..TextConfig::default() };
    let config = TrainConfig { accumulation: 2, evaluations: 2, text, ..config(6) };
    assert_resumes_exactly(&config, 1..6, |config, folder, stop| {
        bench.train_until(config, folder, stop)
    });
}

#[test]
fn a_small_t5_learns_to_write_words_in_the_other_order_and_to_rank_labels() {
    let (mut bench, out) = (Bench::new(), tempfile::tempdir().unwrap());
    bench.dropout = 0.0;
    bench.tasks.push(TaskData::for_t5_heads(&first_by_head(), &bench.tokenizer, 16).unwrap());
    let config = TrainConfig {
        lr: 3e-2,
        evaluations: 1,
        mixture: MixtureConfig { batch_size: 32, ..MixtureConfig::sampled() },
        ..config(800)
    };
    let trained = bench.train(&config, out.path()).unwrap();
    let (_, scores) = trained.outcome.evaluations.last().unwrap();
    let score = |task: &str| scores.iter().find(|s| s.task == task).unwrap().main();
    assert_eq!(scores.len(), 3, "denoising has no dev examples");
    for task in ["reverse", "first", "first by head"] {
        assert!(score(task) > 0.9, "{task}: {}", score(task));
    }
}

#[test]
fn texts_on_an_encoder_are_refused_by_the_name_of_their_task() {
    let (text, labels) = (Bench::new(), common::Bench::new());
    let out = tempfile::tempdir().unwrap();
    let config = config(1);
    let trainer = Trainer {
        config: &config,
        tasks: Arc::new(text.tasks.clone()),
        method: MethodSpec::Average,
        dev: None,
        pad: 0,
        seed: 7,
        device: device(),
        label: "test",
        view: View::Lines,
        folder: out.path(),
        digest: "",
    };
    let message = failure(trainer.train(labels.bench.trunk(7, None).unwrap()));
    assert_says(&message, &["reverse", "encoder-decoder"]);
}

#[test]
fn dropout_of_a_batch_depends_on_its_key_alone() {
    let bench = Bench::new();
    let (learner, batch) = (bench.learner(), bench.batch(TextConfig::default()));
    let loss = |key: u64| {
        let losses = learner.losses(&batch, Some(DropoutKey::new(key, 0)));
        Tensor::cat(losses, 0).sum().into_scalar::<f32>()
    };
    assert_eq!(loss(1), loss(1));
    assert_ne!(loss(1), loss(2));
}
