//! Sum of squares, inner product and scaling, in parallel. Partial sums are of pieces of fixed size and added in
//! order, so that the result does not depend on the number of threads.

use burn::backend::{DType, Shape, TensorMetadata};
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::buffer::{PIECE, contiguous, tensor, values};

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

fn sum_of_squares(piece: &[f32]) -> f64 {
    sum_of_products(piece, piece)
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn multiply(piece: &mut [f32], factor: f32) {
    for x in piece {
        *x *= factor;
    }
}
