//! AdamW in one pass. The moments are changed in place; the parameter is written anew, since whoever trains holds the
//! old one while this is made.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::super::specs::AdamWStep;
use super::buffer::{PIECE, contiguous, tensor, unfilled, values};

pub(super) fn step(
    parameter: FlexTensor,
    gradient: FlexTensor,
    first: FlexTensor,
    second: FlexTensor,
    step: AdamWStep,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let (parameter, gradient) = (contiguous(parameter), contiguous(gradient));
    let (mut first, mut second) = (contiguous(first), contiguous(second));
    let old = values(&parameter);
    let mut new = unfilled(old.len());
    new.par_chunks_mut(PIECE)
        .zip(old.par_chunks(PIECE))
        .zip(first.storage_mut::<f32>().par_chunks_mut(PIECE))
        .zip(second.storage_mut::<f32>().par_chunks_mut(PIECE))
        .zip(values(&gradient).par_chunks(PIECE))
        .for_each(|((((new, old), m), v), g)| update(new, old, m, v, g, step));
    (tensor(new, parameter.shape()), first, second)
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn update(new: &mut [f32], old: &[f32], m: &mut [f32], v: &mut [f32], g: &[f32], step: AdamWStep) {
    for ((((new, old), m), v), &g) in new.iter_mut().zip(old).zip(m).zip(v).zip(g) {
        *m = step.beta1 * *m + (1.0 - step.beta1) * g;
        *v = step.beta2 * *v + (1.0 - step.beta2) * g * g;
        *new = old * step.decay - step.rate * *m / (v.sqrt() * step.root_scale + step.epsilon);
    }
}
