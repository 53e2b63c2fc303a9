//! What must hold of a T5 besides agreeing with reference values: sizes, masks, packing, dropout,
//! and losses.

mod t5_support;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::prelude::*;
use t5_support::{VOCABULARY, assert_close, batch, config, device, integers, model, texts, values};
use taskgraft_models::Error;
use taskgraft_models::kernels::{DropoutKey, Precision};
use taskgraft_models::t5::{
    NO_LABEL, T5, T5Config, TokenBatch, decoder_inputs, mean_loss, token_losses,
};

#[test]
fn presets_have_the_published_numbers_of_parameters() {
    let cases = [
        (T5Config::small(), 60_506_624),
        (T5Config::base(), 222_903_552),
        (T5Config::large(), 737_668_096),
        (T5Config::three_billion(), 2_851_598_336),
        (T5Config::eleven_billion(), 11_307_321_344),
        (T5Config::small_v1_1(), 76_961_152),
        (T5Config::base_v1_1(), 247_577_856),
        (T5Config::large_v1_1(), 783_150_080),
        (T5Config::xl_v1_1(), 2_849_757_184),
        (T5Config::xxl_v1_1(), 11_135_332_352),
    ];
    for (config, parameters) in cases {
        config.check().unwrap();
        assert_eq!(config.parameters(), parameters, "{config:?}");
    }
}

#[test]
fn the_number_of_parameters_is_that_of_the_module() {
    let plain = T5Config::v1_0(30, 16, 24, 3, 5).with_head_width(6);
    for config in [config(), plain, T5Config::tiny(50)] {
        let module = T5::new(&config, 1, &device()).unwrap();
        assert_eq!(module.num_params() as u64, config.parameters());
    }
}

#[test]
fn a_configuration_that_cannot_be_built_says_why() {
    type Change = fn(&mut T5Config);
    let changes: [(Change, &str); 6] = [
        (|c| c.d_kv = 0, "d_kv"),
        (|c| c.relative_attention_num_buckets = 7, "num_buckets"),
        (|c| c.relative_attention_max_distance = 16, "max_distance"),
        (|c| c.dropout_rate = 1.0, "dropout_rate"),
        (|c| c.eos_token_id = VOCABULARY, "eos_token_id"),
        (|c| c.vocab_size = 0, "vocab_size"),
    ];
    for (change, told) in changes {
        let mut config = config();
        change(&mut config);
        let error = T5::new(&config, 1, &device()).unwrap_err();
        assert!(matches!(&error, Error::Invalid(problem) if problem.contains(told)), "{error}");
    }
}

#[test]
fn a_token_sees_none_after_it_and_no_padding_of_the_source() {
    let (model, device) = (model(3, &device()), device());
    let texts = texts(5);
    let source = batch(&texts, &device);
    let target = |last: i64| integers(&vec![vec![0, 3, 4, last]; 5], &device);
    let whole = model.forward(&source, target(5), None, None);
    let other = model.forward(&source, target(9), None, None);
    let first = |logits: &Tensor<3>| values(logits.clone().narrow(1, 0, 3));
    let last = |logits: &Tensor<3>| values(logits.clone().narrow(1, 3, 1));
    assert_close(&first(&other), &first(&whole), 1e-6);
    assert_ne!(last(&other), last(&whole));
    for (row, text) in texts.iter().enumerate() {
        let alone = model.forward(
            &batch(std::slice::from_ref(text), &device),
            integers(&[vec![0, 3, 4, 5]], &device),
            None,
            None,
        );
        let row = values(whole.clone().narrow(0, row, 1));
        assert_close(&values(alone), &row, 1e-5);
    }
}

#[test]
fn a_source_without_any_token_gives_finite_logits_and_gradients() {
    let device = device().autodiff();
    let model = model(4, &device);
    let mut source = batch(&texts(3), &device);
    source.mask = source.mask.slice_fill(s![1..2, ..], 0.0);
    let target = integers(&vec![vec![0, 3, 4]; 3], &device);
    let logits = model.forward(&source, target, None, None);
    assert!(values(logits.clone()).iter().all(|v| v.is_finite()));
    let gradients = logits.powi_scalar(2).mean().backward();
    let words = model.shared.weight.val().grad(&gradients).unwrap();
    assert!(values(words).iter().all(|v| v.is_finite()));
}

/// Loss sum and the gradient of every parameter.
fn loss_and_gradients(
    model: &T5,
    source: &TokenBatch,
    labels: Tensor<2, Int>,
    segments: Option<&Tensor<2, Int>>,
) -> (f32, Vec<Vec<f32>>) {
    let inputs = decoder_inputs(labels.clone(), segments, 0, 0);
    let logits = model.forward(source, inputs, segments, None);
    let loss = token_losses(logits, labels, 1e-4).sum();
    let total = loss.clone().into_scalar::<f32>();
    let gradients = GradientsParams::from_grads(loss.backward(), model);
    struct All<'a>(&'a GradientsParams, Vec<Vec<f32>>);
    impl burn::module::ModuleVisitor for All<'_> {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
            self.1.push(values(self.0.get::<D>(param.id).unwrap()));
        }
    }
    let mut all = All(&gradients, Vec::new());
    model.visit(&mut all);
    (total, all.1)
}

#[test]
fn packed_texts_have_the_loss_and_gradients_of_texts_in_rows_of_their_own() {
    let device = device().autodiff();
    let model = model(5, &device);
    let sources: Vec<Vec<i64>> = vec![vec![5, 3, 1], vec![7, 1], vec![2, 9, 4, 11, 1]];
    let targets: Vec<Vec<i64>> = vec![vec![4, 1], vec![8, 6, 3, 1], vec![1]];
    let none = NO_LABEL;
    let labels = [vec![4, 1, none, none], targets[1].clone(), vec![1, none, none, none]];
    let apart = integers(&labels, &device);
    let (loss, gradients) = loss_and_gradients(&model, &batch(&sources, &device), apart, None);

    let mut source = batch(&[sources.concat()], &device);
    source.segments = Some(integers(&[vec![1, 1, 1, 2, 2, 3, 3, 3, 3, 3]], &device));
    let labels = integers(&[targets.concat()], &device);
    let segments = integers(&[vec![1, 1, 2, 2, 2, 2, 3]], &device);
    let inputs = decoder_inputs(labels.clone(), Some(&segments), 0, 0);
    let read: Vec<i64> = inputs.into_data().iter().collect();
    assert_eq!(read, [0, 4, 0, 8, 6, 3, 0]);
    let (packed, of_packed) = loss_and_gradients(&model, &source, labels, Some(&segments));
    assert!((packed - loss).abs() < 1e-4 * loss.abs(), "{packed}, apart {loss}");
    for (ours, expected) in of_packed.iter().zip(&gradients) {
        let largest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        assert_close(ours, expected, 1e-4 * largest.max(1e-2));
    }
}

#[test]
fn dropout_is_a_function_of_the_key() {
    let (model, device) = (model(6, &device()), device());
    let source = batch(&texts(4), &device);
    let target = integers(&vec![vec![0, 3, 4]; 4], &device);
    let logits =
        |key: Option<DropoutKey>| values(model.forward(&source, target.clone(), None, key));
    let key = |step: u64| Some(DropoutKey::new(1, step));
    assert_eq!(logits(key(1)), logits(key(1)));
    assert_ne!(logits(key(1)), logits(key(2)));
    assert_ne!(logits(key(1)), logits(None));
    let without = T5::new(&config().with_dropout(0.0), 6, &device).unwrap();
    let logits = values(without.forward(&source, target.clone(), None, key(1)));
    assert_eq!(logits, values(model.forward(&source, target, None, None)));
}

#[test]
fn products_in_bf16_change_the_logits_a_little() {
    let (device, base) = (device(), model(7, &device()));
    let source = batch(&texts(4), &device);
    let target = integers(&vec![vec![0, 3, 4]; 4], &device);
    let exact = values(base.forward(&source, target.clone(), None, None));
    let rounded = base.with_precision(Precision::Bf16);
    let rounded = values(rounded.forward(&source, target, None, None));
    assert_ne!(rounded, exact);
    assert_close(&rounded, &exact, 0.15);
}

#[test]
fn the_loss_is_of_labelled_tokens_alone_with_the_z_loss() {
    let device = device();
    let logits = [0.5f32, -1.0, 2.0, 0.0, 1.0, 3.0, 9.0, -9.0, 4.0];
    let logits = Tensor::<3>::from_data(TensorData::new(logits.to_vec(), [1, 3, 3]), &device);
    let labels = integers(&[vec![2, 0, NO_LABEL]], &device);
    let log_z = |row: [f64; 3]| row.map(f64::exp).iter().sum::<f64>().ln();
    let (first, second) = (log_z([0.5, -1.0, 2.0]), log_z([0.0, 1.0, 3.0]));
    let plain = [first - 2.0, second - 0.0, 0.0].map(|v| v as f32);
    let losses = values(token_losses(logits.clone(), labels.clone(), 0.0));
    assert_close(&losses, &plain, 1e-6);
    let with_z = [first - 2.0 + 0.1 * first * first, second + 0.1 * second * second, 0.0];
    let losses = values(token_losses(logits.clone(), labels.clone(), 0.1));
    assert_close(&losses, &with_z.map(|v| v as f32), 1e-5);
    let mean = mean_loss(logits.clone(), labels, 0.0).into_scalar::<f32>();
    assert!((mean - (plain[0] + plain[1]) / 2.0).abs() < 1e-6);
    let none = integers(&[vec![NO_LABEL; 3]], &device);
    assert_eq!(mean_loss(logits, none, 0.1).into_scalar::<f32>(), 0.0);
}
