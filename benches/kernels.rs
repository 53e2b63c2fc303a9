//! Times each kernel, forward and with its backward pass, at the sizes of a MiniLM training step
//! (16 × 128 tokens, width 384, 12 heads, 1536 hidden), beside the same in plain tensor operations; those of T5 at
//! T5-small's (8 × 128 tokens, answers of 256 in all, width 512, 32,128 pieces); and what an optimiser and a method
//! do with gradients.
//! `cargo bench -p taskgraft-benches --bench kernels`

use std::hint::black_box;

use burn::optim::Optimizer;
use burn::prelude::*;
use burn::tensor::{Distribution, activation};
use criterion::{Criterion, criterion_group, criterion_main};
use taskgraft::{
    device::Backend,
    models::kernels::{self, AttentionOptions, DropoutKey, Gate, Precision},
};

const BATCH: usize = 16;
const LENGTH: usize = 128;
const WIDTH: usize = 384;
const HIDDEN: usize = 1536;
const HEADS: usize = 12;

/// As trainings have it: on the CPU, its memory is kept.
fn device() -> Device {
    let backend = Backend::default_choice().expect("a bench is compiled with a backend");
    backend.device().expect("the backend has a device")
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 0.5), device).require_grad()
}

/// Times `f` alone and with the backward pass from its sum.
fn both<const D: usize>(c: &mut Criterion, name: &str, f: impl Fn() -> Tensor<D>) {
    c.bench_function(&format!("{name}/forward"), |b| b.iter(|| black_box(f())));
    c.bench_function(&format!("{name}/forward and backward"), |b| {
        b.iter(|| black_box(f().sum().backward()));
    });
}

fn dense(c: &mut Criterion) {
    let device = device().autodiff();
    for (name, inputs, outputs) in [
        ("qkv", WIDTH, 3 * WIDTH),
        ("out", WIDTH, WIDTH),
        ("up", WIDTH, HIDDEN),
        ("down", HIDDEN, WIDTH),
    ] {
        let x = random([BATCH, LENGTH, inputs], &device);
        let (w, bias) = (random([inputs, outputs], &device), random([outputs], &device));
        both(c, &format!("linear {name}"), || {
            kernels::linear(x.clone(), w.clone(), Some(bias.clone()), Precision::F32)
        });
        both(c, &format!("linear {name}, plain"), || {
            x.clone().matmul(w.clone().unsqueeze()) + bias.clone().unsqueeze()
        });
    }
}

fn rows(c: &mut Criterion) {
    let device = device().autodiff();
    let x = random([BATCH, LENGTH, WIDTH], &device);
    let residual = random([BATCH, LENGTH, WIDTH], &device);
    let (gamma, beta) = (random([WIDTH], &device), random([WIDTH], &device));
    let wide = random([BATCH, LENGTH, HIDDEN], &device);
    let key = DropoutKey::new(1, 2);
    both(c, "dropout + add + layer norm", || {
        let (x, residual) = (x.clone(), residual.clone());
        let (gamma, beta) = (gamma.clone(), beta.clone());
        kernels::dropout_add_layer_norm(x, residual, gamma, beta, 1e-12, Some((0.1, key)))
    });
    both(c, "gelu", || kernels::gelu(wide.clone()));
    both(c, "gelu, plain", || activation::gelu(wide.clone()));
    both(c, "dropout", || kernels::dropout(x.clone(), 0.1, key));
}

fn attention(c: &mut Criterion) {
    let device = device().autodiff();
    let qkv = random([BATCH, LENGTH, 3 * WIDTH], &device);
    let scale = 1.0 / ((WIDTH / HEADS) as f32).sqrt();
    for (name, dropout) in [("", None), (", dropout", Some((0.1, DropoutKey::new(1, 2))))] {
        let options = AttentionOptions { heads: HEADS, scale, dropout };
        both(c, &format!("attention{name}"), || {
            kernels::qkv_attention(qkv.clone(), None, None, options)
        });
    }
    both(c, "attention, plain", || {
        let split = |part: usize| {
            let x = qkv.clone().narrow(2, part * WIDTH, WIDTH);
            x.reshape([BATCH, LENGTH, HEADS, WIDTH / HEADS]).swap_dims(1, 2)
        };
        let scores = split(0).matmul(split(1).transpose()) * scale;
        let output = activation::softmax(scores, 3).matmul(split(2));
        output.swap_dims(1, 2).reshape([BATCH, LENGTH, WIDTH])
    });
}

/// Lookups, norms, gates and token losses.
fn text_to_text(c: &mut Criterion) {
    const T5_WIDTH: usize = 512;
    const VOCABULARY: usize = 32_128;
    const WRITTEN: usize = 256;
    let device = device().autodiff();
    let ids = |count: usize| {
        let ids: Vec<i32> = (0..count as i32).map(|i| i * 7919 % VOCABULARY as i32).collect();
        Tensor::<1, Int>::from_data(TensorData::from(&ids[..]), &device)
    };
    let table = random([VOCABULARY, T5_WIDTH], &device);
    let tokens = ids(8 * LENGTH).reshape([8, LENGTH]);
    both(c, "embedding", || kernels::embedding(table.clone(), tokens.clone()));
    let x = random([8, LENGTH, T5_WIDTH], &device);
    let gamma = random([T5_WIDTH], &device);
    both(c, "rms norm", || kernels::rms_norm(x.clone(), gamma.clone(), 1e-6));
    both(c, "rms norm, plain", || {
        let size = (x.clone() * x.clone()).mean_dim(2) + 1e-6;
        x.clone() / size.sqrt() * gamma.clone().unsqueeze()
    });
    let pair = random([8, LENGTH, 2 * HIDDEN], &device);
    both(c, "gated gelu", || kernels::gate(pair.clone(), Gate::GatedGelu, None));
    let logits = random([WRITTEN, VOCABULARY], &device);
    let targets = ids(WRITTEN);
    both(c, "token losses", || kernels::token_losses(logits.clone(), targets.clone(), 0.0));
    both(c, "token losses, plain", || {
        let scores = activation::log_softmax(logits.clone(), 1);
        scores.gather(1, targets.clone().unsqueeze_dim(1)).neg()
    });
}

/// Optimisers' updates of the largest matrix of T5-small, and what clipping and methods take from gradients.
fn gradients(c: &mut Criterion) {
    let device = device();
    let matrix = || Tensor::<2>::random([32_128, 512], Distribution::Normal(0.0, 0.5), &device);
    let (parameter, gradient) = (matrix(), matrix());
    let mut state = None;
    let adamw = kernels::AdamW::default();
    c.bench_function("adamw", |b| {
        b.iter(|| {
            let (new, next) = adamw.step(1e-3, parameter.clone(), gradient.clone(), state.take());
            state = next;
            black_box(new)
        });
    });
    let mut state = None;
    let adafactor = kernels::Adafactor::default();
    c.bench_function("adafactor", |b| {
        b.iter(|| {
            let (new, next) =
                adafactor.step(1e-3, parameter.clone(), gradient.clone(), state.take());
            state = next;
            black_box(new)
        });
    });
    c.bench_function("sum of squares", |b| {
        b.iter(|| black_box(kernels::sum_of_squares(gradient.clone())));
    });
    let four = [matrix(), matrix(), matrix(), matrix()];
    c.bench_function("gramian of 4", |b| {
        b.iter(|| black_box(kernels::gramian(four.to_vec())));
    });
    c.bench_function("weighted sum of 4", |b| {
        b.iter(|| black_box(kernels::weighted_sum(four.to_vec(), vec![0.1, 0.2, 0.3, 0.4])));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = dense, rows, attention, text_to_text, gradients
}
criterion_main!(benches);
