//! RMS norm and its gradient, a row at a time. The backward pass overwrites the incoming gradient;
//! gamma's is summed over fixed groups of rows, then over the groups in order.

use burn::backend::{Shape, TensorMetadata};
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::buffer::{contiguous, rows_and_width, tensor, unfilled, values};
use super::math::sum;

/// Rows per parallel piece.
const ROWS: usize = 32;

pub(super) fn forward(x: FlexTensor, gamma: FlexTensor, epsilon: f64) -> (FlexTensor, FlexTensor) {
    let (x, gamma) = (contiguous(x), contiguous(gamma));
    let (rows, width) = rows_and_width(&x);
    let (mut y, mut inverse) = (unfilled(rows * width), unfilled(rows));
    let piece = (ROWS * width).max(1);
    y.par_chunks_mut(piece)
        .zip(inverse.par_chunks_mut(ROWS))
        .zip(values(&x).par_chunks(piece))
        .for_each(|((y, inverse), x)| {
            normalise(y, inverse, x, values(&gamma), epsilon as f32);
        });
    (tensor(y, x.shape()), tensor(inverse, Shape::from(vec![rows, 1])))
}

pub(super) fn backward(
    x: FlexTensor,
    inverse: FlexTensor,
    gamma: FlexTensor,
    gradient: FlexTensor,
) -> (FlexTensor, FlexTensor) {
    let (x, gamma, mut gradient) = (contiguous(x), contiguous(gamma), contiguous(gradient));
    let inverse = contiguous(inverse);
    let (_, width) = rows_and_width(&x);
    let piece = (ROWS * width).max(1);
    let gamma_values = values(&gamma);
    let partials: Vec<Vec<f32>> = gradient
        .storage_mut::<f32>()
        .par_chunks_mut(piece)
        .zip(values(&x).par_chunks(piece))
        .zip(values(&inverse).par_chunks(ROWS))
        .map(|((gradient, x), inverse)| unnormalise(gradient, x, inverse, gamma_values))
        .collect();
    let mut d_gamma = vec![0.0f32; width];
    for partial in partials {
        for (total, value) in d_gamma.iter_mut().zip(partial) {
            *total += value;
        }
    }
    (gradient, tensor(d_gamma, gamma.shape()))
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn normalise(y: &mut [f32], inverse: &mut [f32], x: &[f32], gamma: &[f32], epsilon: f32) {
    let width = gamma.len();
    let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
    for ((y, x), inverse) in rows.zip(inverse) {
        let square = sum(width, |i| x[i] * x[i]) / width as f32;
        *inverse = 1.0 / (square + epsilon).sqrt();
        for i in 0..width {
            y[i] = x[i] * *inverse * gamma[i];
        }
    }
}

/// Overwrites the gradient of y with that of x; returns this piece's sums for gamma.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn unnormalise(gradient: &mut [f32], x: &[f32], inverse: &[f32], gamma: &[f32]) -> Vec<f32> {
    let width = gamma.len();
    let mut d_gamma = vec![0.0f32; width];
    let rows = gradient.chunks_exact_mut(width).zip(x.chunks_exact(width));
    for ((g, x), &inverse) in rows.zip(inverse) {
        for i in 0..width {
            d_gamma[i] += g[i] * x[i] * inverse;
        }
        let along = sum(width, |i| g[i] * gamma[i] * x[i]) * inverse * inverse / width as f32;
        for i in 0..width {
            g[i] = inverse * (g[i] * gamma[i] - x[i] * along);
        }
    }
    d_gamma
}
