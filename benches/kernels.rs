//! Times each kernel, forward and with its backward pass, at the sizes of a MiniLM training step
//! (16 × 128 tokens, width 384, 12 heads, 1536 hidden), beside the same in plain tensor operations.
//! `cargo bench -p taskgraft-benches --bench kernels`

use std::hint::black_box;

use burn::prelude::*;
use burn::tensor::{Distribution, activation};
use criterion::{Criterion, criterion_group, criterion_main};
use taskgraft::models::kernels::{self, AttentionOptions, DropoutKey, Precision};

const BATCH: usize = 16;
const LENGTH: usize = 128;
const WIDTH: usize = 384;
const HIDDEN: usize = 1536;
const HEADS: usize = 12;

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
    let device = Device::default().autodiff();
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
    let device = Device::default().autodiff();
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
    let device = Device::default().autodiff();
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

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = dense, rows, attention
}
criterion_main!(benches);
