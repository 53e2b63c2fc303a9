//! Sum of squares, inner products, weighted sum and scaling, in parallel. Partial sums are of pieces of fixed size
//! and added in order, so that the result does not depend on the number of threads.

use burn::backend::{DType, Shape, TensorMetadata};
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::buffer::{PIECE, contiguous, tensor, unfilled, values};

pub(in super::super) fn squares_summed(x: FlexTensor) -> FlexTensor {
    let x = contiguous(x);
    let partial: Vec<f64> = values(&x).par_chunks(PIECE).map(sum_of_squares).collect();
    tensor(vec![partial.iter().sum::<f64>() as f32], Shape::new([1]))
}

pub(in super::super) fn inner_product(x: FlexTensor, y: FlexTensor) -> FlexTensor {
    let (x, y) = (contiguous(x), contiguous(y));
    assert_eq!(x.shape(), y.shape(), "an inner product of different shapes");
    let pieces = values(&x).par_chunks(PIECE).zip(values(&y).par_chunks(PIECE));
    let partial: Vec<f64> = pieces.map(|(x, y)| sum_of_products(x, y)).collect();
    tensor(vec![partial.iter().sum::<f64>() as f32], Shape::new([1]))
}

/// All pairs from one pass over memory: a block of every tensor stays in the cache while it is multiplied.
pub(in super::super) fn pairs_multiplied(tensors: Vec<FlexTensor>) -> FlexTensor {
    const BLOCK: usize = 1 << 12;
    let tensors: Vec<FlexTensor> = tensors.into_iter().map(contiguous).collect();
    let all: Vec<&[f32]> = tensors.iter().map(values).collect();
    let length = all.first().map_or(0, |x| x.len());
    assert!(all.iter().all(|x| x.len() == length), "inner products of different shapes");
    let n = all.len();
    let of_piece = |piece: usize| {
        let end = length.min((piece + 1) * PIECE);
        let mut sums = vec![0f64; n * (n + 1) / 2];
        for start in (piece * PIECE..end).step_by(BLOCK) {
            let block = start..end.min(start + BLOCK);
            let mut place = sums.iter_mut();
            for (i, x) in all.iter().enumerate() {
                for (y, sum) in all[i..].iter().zip(&mut place) {
                    *sum += sum_of_products(&x[block.clone()], &y[block.clone()]);
                }
            }
        }
        sums
    };
    let pieces: Vec<Vec<f64>> = (0..length.div_ceil(PIECE)).into_par_iter().map(of_piece).collect();
    let mut total = vec![0f64; n * (n + 1) / 2];
    for sums in pieces {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    let count = total.len();
    tensor(total.into_iter().map(|sum| sum as f32).collect(), Shape::new([count]))
}

/// Σ wᵢ xᵢ from one pass over memory.
pub(in super::super) fn summed_by_weight(tensors: Vec<FlexTensor>, weights: &[f32]) -> FlexTensor {
    let tensors: Vec<FlexTensor> = tensors.into_iter().map(contiguous).collect();
    let all: Vec<&[f32]> = tensors.iter().map(values).collect();
    let shape = tensors[0].shape();
    let length = all[0].len();
    assert!(all.iter().all(|x| x.len() == length), "a sum of different shapes");
    let mut sum = unfilled(length);
    sum.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
        let range = piece * PIECE..piece * PIECE + out.len();
        set_scaled(out, &all[0][range.clone()], weights[0]);
        for (x, weight) in all.iter().zip(weights).skip(1) {
            add_scaled(out, &x[range.clone()], *weight);
        }
    });
    tensor(sum, shape.clone())
}

pub(in super::super) fn scaled(x: FlexTensor, factor: FlexTensor) -> FlexTensor {
    let (mut x, factor) = (contiguous(x), contiguous(factor));
    debug_assert_eq!(x.dtype(), DType::F32);
    let factor = values(&factor)[0];
    if factor != 1.0 {
        x.storage_mut::<f32>().par_chunks_mut(PIECE).for_each(|piece| multiply(piece, factor));
    }
    x
}

/// Sixteen sums in f32 within a piece, added in f64.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn sum_of_products(x: &[f32], y: &[f32]) -> f64 {
    let mut sums = [0f32; 16];
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<16>(), y.as_chunks::<16>());
    for (x, y) in x.iter().zip(y) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| f64::from(x * y)).sum();
    sums.iter().map(|&s| f64::from(s)).sum::<f64>() + rest
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn set_scaled(out: &mut [f32], x: &[f32], weight: f32) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = weight * x;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn add_scaled(out: &mut [f32], x: &[f32], weight: f32) {
    for (out, x) in out.iter_mut().zip(x) {
        *out += weight * x;
    }
}

pub(super) fn sum_of_squares(piece: &[f32]) -> f64 {
    sum_of_products(piece, piece)
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn multiply(piece: &mut [f32], factor: f32) {
    for x in piece {
        *x *= factor;
    }
}
