//! GELU and its gradient, elementwise. The gradient overwrites the incoming gradient's buffer.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::buffer::{PIECE, contiguous, tensor, unfilled, values};
use super::math::{erf, exp};

pub(super) fn gelu(x: FlexTensor) -> FlexTensor {
    let x = contiguous(x);
    let mut output = unfilled(values(&x).len());
    output.par_chunks_mut(PIECE).zip(values(&x).par_chunks(PIECE)).for_each(|(y, x)| gelu_of(y, x));
    tensor(output, x.shape())
}

pub(super) fn gelu_gradient(x: FlexTensor, gradient: FlexTensor) -> FlexTensor {
    let (x, mut gradient) = (contiguous(x), contiguous(gradient));
    gradient
        .storage_mut::<f32>()
        .par_chunks_mut(PIECE)
        .zip(values(&x).par_chunks(PIECE))
        .for_each(|(gradient, x)| times_gelu_slope(gradient, x));
    gradient
}

/// `y = gelu(x)`.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
pub(super) fn gelu_of(y: &mut [f32], x: &[f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn times_gelu_slope(gradient: &mut [f32], x: &[f32]) {
    const DENSITY_AT_ZERO: f32 = 0.398_942_3;
    for (gradient, &x) in gradient.iter_mut().zip(x) {
        let below = 0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
        *gradient *= below + x * DENSITY_AT_ZERO * exp(-0.5 * x * x);
    }
}
