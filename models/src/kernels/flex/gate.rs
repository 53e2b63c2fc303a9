//! What is between the two products of T5's feed-forward layers, with dropout, a group of rows at a
//! time. GELU's tanh approximation is computed as `x σ(2u)`, which is the same.

use burn::backend::{Shape, TensorMetadata};
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::super::dropout::Dropout;
use super::super::specs::Gate;
use super::buffer::{contiguous, rows_and_width, tensor, unfilled, values};
use super::dropout::drop_from;
use super::math::exp;

/// Rows per parallel piece; even, so that pieces start at even elements of the dropout mask.
const ROWS: usize = 16;

/// Output columns for so many input columns.
fn outputs(gate: Gate, width: usize) -> usize {
    match gate {
        Gate::Relu => width,
        Gate::GatedGelu => width / 2,
    }
}

pub(super) fn forward(x: FlexTensor, gate: Gate, dropout: Dropout) -> FlexTensor {
    let x = contiguous(x);
    let (rows, width) = rows_and_width(&x);
    let columns = outputs(gate, width);
    let mut y = unfilled(rows * columns);
    y.par_chunks_mut((ROWS * columns).max(1))
        .zip(values(&x).par_chunks((ROWS * width).max(1)))
        .enumerate()
        .for_each(|(piece, (y, x))| {
            match gate {
                Gate::Relu => relu(y, x),
                Gate::GatedGelu => gated_gelu(y, x, columns),
            }
            if !dropout.is_none() {
                drop_from(y, piece * ROWS * columns, dropout);
            }
        });
    let mut dims: Vec<usize> = x.shape().iter().copied().collect();
    if let Some(last) = dims.last_mut() {
        *last = columns;
    }
    tensor(y, Shape::from(dims))
}

pub(super) fn backward(
    x: FlexTensor,
    gradient: FlexTensor,
    gate: Gate,
    dropout: Dropout,
) -> FlexTensor {
    let (x, mut gradient) = (contiguous(x), contiguous(gradient));
    let (rows, width) = rows_and_width(&x);
    let columns = outputs(gate, width);
    let mut d_x = unfilled(rows * width);
    gradient
        .storage_mut::<f32>()
        .par_chunks_mut((ROWS * columns).max(1))
        .zip(values(&x).par_chunks((ROWS * width).max(1)))
        .zip(d_x.par_chunks_mut((ROWS * width).max(1)))
        .enumerate()
        .for_each(|(piece, ((gradient, x), d_x))| {
            if !dropout.is_none() {
                drop_from(gradient, piece * ROWS * columns, dropout);
            }
            match gate {
                Gate::Relu => relu_gradient(d_x, x, gradient),
                Gate::GatedGelu => gated_gelu_gradient(d_x, x, gradient, columns),
            }
        });
    tensor(d_x, x.shape())
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn relu(y: &mut [f32], x: &[f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = if x > 0.0 { x } else { 0.0 };
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn relu_gradient(d_x: &mut [f32], x: &[f32], gradient: &[f32]) {
    for ((d_x, &x), &g) in d_x.iter_mut().zip(x).zip(gradient) {
        *d_x = if x > 0.0 { g } else { 0.0 };
    }
}

/// `2 √(2/π)`
const SCALE: f32 = 1.595_769;
const CUBE: f32 = 0.044_715;

/// `σ(2u)` for `u = √(2/π) (x + 0.044715 x³)`.
#[inline(always)]
fn sigmoid_of(x: f32) -> f32 {
    1.0 / (1.0 + exp(-SCALE * x * (1.0 + CUBE * x * x)))
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn gated_gelu(y: &mut [f32], x: &[f32], columns: usize) {
    for (y, x) in y.chunks_exact_mut(columns).zip(x.chunks_exact(2 * columns)) {
        let (gated, passed) = x.split_at(columns);
        for i in 0..columns {
            y[i] = gated[i] * sigmoid_of(gated[i]) * passed[i];
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn gated_gelu_gradient(d_x: &mut [f32], x: &[f32], gradient: &[f32], columns: usize) {
    let rows = d_x.chunks_exact_mut(2 * columns).zip(x.chunks_exact(2 * columns));
    for ((d_x, x), g) in rows.zip(gradient.chunks_exact(columns)) {
        let (gated, passed) = x.split_at(columns);
        let (d_gated, d_passed) = d_x.split_at_mut(columns);
        for i in 0..columns {
            let x = gated[i];
            let sigmoid = sigmoid_of(x);
            let value = x * sigmoid;
            let inner = SCALE * (1.0 + 3.0 * CUBE * x * x);
            d_gated[i] = g[i] * passed[i] * (sigmoid + value * (1.0 - sigmoid) * inner);
            d_passed[i] = g[i] * value;
        }
    }
}
