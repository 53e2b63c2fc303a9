//! Layer norm of `dropout(x) + residual`, and its gradient, a row at a time.
//!
//! The sum is written over x's buffer where nothing else holds it, and kept for the backward pass;
//! the backward pass likewise overwrites the incoming gradient. Gradients of gamma and beta are
//! summed over fixed groups of rows, then over the groups in order.

use burn::backend::{Shape, TensorMetadata};
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::super::dropout::Dropout;
use super::super::specs::NormSpec;
use super::buffer::{contiguous, rows_and_width, tensor, unfilled, values};
use super::dropout::scaled_mask;
use super::math::sum;

/// Rows per parallel piece.
const ROWS: usize = 32;

pub(super) fn forward(
    x: FlexTensor,
    residual: Option<FlexTensor>,
    gamma: FlexTensor,
    beta: FlexTensor,
    spec: NormSpec,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let (mut x, residual) = (contiguous(x), residual.map(contiguous));
    let (gamma, beta) = (contiguous(gamma), contiguous(beta));
    let (rows, width) = rows_and_width(&x);
    let mut y = unfilled(rows * width);
    let mut statistics = unfilled(2 * rows);
    if residual.is_some() || !spec.dropout.is_none() {
        let added = residual.as_ref().map(values);
        let dropout = spec.dropout;
        x.storage_mut::<f32>().par_chunks_mut((ROWS * width).max(1)).enumerate().for_each(
            |(piece, x)| {
                let start = piece * ROWS * width;
                let added = added.map(|added| &added[start..start + x.len()]);
                add_and_drop(x, added, start, dropout);
            },
        );
    }
    y.par_chunks_mut((ROWS * width).max(1))
        .zip(statistics.par_chunks_mut(ROWS * 2))
        .zip(values(&x).par_chunks((ROWS * width).max(1)))
        .for_each(|((y, statistics), z)| {
            normalise(y, statistics, z, values(&gamma), values(&beta), spec.epsilon as f32);
        });
    let statistics = tensor(statistics, Shape::from(vec![rows, 2]));
    (tensor(y, x.shape()), x, statistics)
}

pub(super) fn backward(
    z: FlexTensor,
    statistics: FlexTensor,
    gamma: FlexTensor,
    gradient: FlexTensor,
    spec: NormSpec,
) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
    let (z, gamma, mut gradient) = (contiguous(z), contiguous(gamma), contiguous(gradient));
    let (_, width) = rows_and_width(&z);
    let mut d_x = match spec.dropout.is_none() {
        true => Vec::new(),
        false => unfilled(values(&z).len()),
    };
    let piece = (ROWS * width).max(1);
    let work = gradient
        .storage_mut::<f32>()
        .par_chunks_mut(piece)
        .zip(values(&z).par_chunks(piece))
        .zip(values(&statistics).par_chunks(ROWS * 2));
    let gamma_values = values(&gamma);
    let partials: Vec<Vec<f32>> = match spec.dropout.is_none() {
        true => work
            .map(|((gradient, z), statistics)| unnormalise(gradient, z, statistics, gamma_values))
            .collect(),
        false => work
            .zip(d_x.par_chunks_mut(piece))
            .enumerate()
            .map(|(n, (((gradient, z), statistics), d_x))| {
                let partial = unnormalise(gradient, z, statistics, gamma_values);
                dropped(d_x, gradient, n * piece, spec.dropout);
                partial
            })
            .collect(),
    };
    let mut totals = vec![0.0f32; 2 * width];
    for partial in partials {
        for (total, value) in totals.iter_mut().zip(partial) {
            *total += value;
        }
    }
    let d_beta = totals.split_off(width);
    let d_x = match spec.dropout.is_none() {
        true => gradient.clone(),
        false => tensor(d_x, z.shape()),
    };
    let shape = gamma.shape();
    (d_x, gradient, tensor(totals, shape.clone()), tensor(d_beta, shape))
}

/// `x = dropout(x) + added`.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn add_and_drop(x: &mut [f32], added: Option<&[f32]>, start: usize, dropout: Dropout) {
    let even = start.is_multiple_of(2);
    debug_assert!(even, "pieces hold an even number of rows");
    if !dropout.is_none() {
        scaled_mask(start, x.len(), dropout, |i, factor| x[i] *= factor);
    }
    if let Some(added) = added {
        for (x, added) in x.iter_mut().zip(added) {
            *x += added;
        }
    }
}

/// `out = dropout(x)`.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn dropped(out: &mut [f32], x: &[f32], start: usize, dropout: Dropout) {
    scaled_mask(start, x.len(), dropout, |i, factor| out[i] = x[i] * factor);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn normalise(
    y: &mut [f32],
    statistics: &mut [f32],
    z: &[f32],
    gamma: &[f32],
    beta: &[f32],
    epsilon: f32,
) {
    let width = gamma.len();
    let rows = y.chunks_exact_mut(width).zip(z.chunks_exact(width));
    for ((y, z), statistics) in rows.zip(statistics.chunks_exact_mut(2)) {
        let mean = sum(width, |i| z[i]) / width as f32;
        let variance = sum(width, |i| (z[i] - mean) * (z[i] - mean)) / width as f32;
        let inverse = 1.0 / (variance + epsilon).sqrt();
        for i in 0..width {
            y[i] = (z[i] - mean) * inverse * gamma[i] + beta[i];
        }
        statistics.copy_from_slice(&[mean, inverse]);
    }
}

/// Overwrites the gradient of y with that of z; returns this piece's sums for gamma, then beta.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn unnormalise(gradient: &mut [f32], z: &[f32], statistics: &[f32], gamma: &[f32]) -> Vec<f32> {
    let width = gamma.len();
    let mut sums = vec![0.0f32; 2 * width];
    let (d_gamma, d_beta) = sums.split_at_mut(width);
    let rows = gradient.chunks_exact_mut(width).zip(z.chunks_exact(width));
    for ((g, z), statistics) in rows.zip(statistics.chunks_exact(2)) {
        let (mean, inverse) = (statistics[0], statistics[1]);
        for i in 0..width {
            d_beta[i] += g[i];
            d_gamma[i] += g[i] * (z[i] - mean) * inverse;
        }
        let level = sum(width, |i| g[i] * gamma[i]) / width as f32;
        let along = sum(width, |i| g[i] * gamma[i] * (z[i] - mean)) * inverse / width as f32;
        for i in 0..width {
            g[i] = inverse * (g[i] * gamma[i] - level - (z[i] - mean) * inverse * along);
        }
    }
    sums
}
