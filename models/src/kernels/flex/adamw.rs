//! AdamW in place and in one pass.

use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::super::backend::AdamWStep;
use super::buffer::{PIECE, contiguous, values};

pub(super) fn step(
    parameter: FlexTensor,
    gradient: FlexTensor,
    first: FlexTensor,
    second: FlexTensor,
    step: AdamWStep,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let (mut parameter, gradient) = (contiguous(parameter), contiguous(gradient));
    let (mut first, mut second) = (contiguous(first), contiguous(second));
    parameter
        .storage_mut::<f32>()
        .par_chunks_mut(PIECE)
        .zip(first.storage_mut::<f32>().par_chunks_mut(PIECE))
        .zip(second.storage_mut::<f32>().par_chunks_mut(PIECE))
        .zip(values(&gradient).par_chunks(PIECE))
        .for_each(|(((p, m), v), g)| update(p, m, v, g, step));
    (parameter, first, second)
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn update(p: &mut [f32], m: &mut [f32], v: &mut [f32], g: &[f32], step: AdamWStep) {
    for (((p, m), v), &g) in p.iter_mut().zip(m).zip(v).zip(g) {
        *m = step.beta1 * *m + (1.0 - step.beta1) * g;
        *v = step.beta2 * *v + (1.0 - step.beta2) * g * g;
        *p = *p * step.decay - step.rate * *m / (v.sqrt() * step.root_scale + step.epsilon);
    }
}
