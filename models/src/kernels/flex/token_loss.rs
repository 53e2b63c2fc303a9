//! Cross-entropy over a vocabulary with z-loss, a row at a time. The backward pass turns the logits
//! into their gradient in place where nothing else holds them.

use burn::backend::tensor::IntTensor;
use burn::backend::{Flex, Shape};
use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::buffer::{contiguous, rows_and_width, tensor, unfilled, values};
use super::math::{exp, max, sum};

fn chosen(labels: IntTensor<Flex>, vocabulary: usize) -> Vec<Option<usize>> {
    let labels = labels.into_data();
    let labels: Vec<_> = labels.iter::<i64>().map(|label| usize::try_from(label).ok()).collect();
    assert!(
        labels.iter().flatten().all(|&label| label < vocabulary),
        "a label reaches beyond the vocabulary of {vocabulary}"
    );
    labels
}

pub(super) fn forward(
    logits: FlexTensor,
    labels: IntTensor<Flex>,
    z_loss: f32,
) -> (FlexTensor, FlexTensor) {
    let logits = contiguous(logits);
    let (rows, vocabulary) = rows_and_width(&logits);
    let labels = chosen(labels, vocabulary);
    let (mut losses, mut log_zs) = (unfilled(rows), unfilled(rows));
    losses
        .par_iter_mut()
        .zip(&mut log_zs)
        .zip(values(&logits).par_chunks(vocabulary.max(1)))
        .zip(&labels)
        .for_each(|(((loss, log_z), logits), label)| {
            *log_z = log_partition(logits);
            let of_label = |label: usize| *log_z - logits[label] + z_loss * *log_z * *log_z;
            *loss = label.map_or(0.0, of_label);
        });
    (tensor(losses, Shape::from(vec![rows])), tensor(log_zs, Shape::from(vec![rows, 1])))
}

pub(super) fn backward(
    logits: FlexTensor,
    labels: IntTensor<Flex>,
    log_z: FlexTensor,
    gradient: FlexTensor,
    z_loss: f32,
) -> FlexTensor {
    let (mut logits, gradient) = (contiguous(logits), contiguous(gradient));
    let log_z = contiguous(log_z);
    let (_, vocabulary) = rows_and_width(&logits);
    let labels = chosen(labels, vocabulary);
    logits
        .storage_mut::<f32>()
        .par_chunks_mut(vocabulary.max(1))
        .zip(values(&log_z))
        .zip(values(&gradient))
        .zip(&labels)
        .for_each(|(((row, &log_z), &gradient), label)| match *label {
            None => row.fill(0.0),
            Some(label) => {
                probabilities(row, log_z, gradient * (1.0 + 2.0 * z_loss * log_z));
                row[label] -= gradient;
            }
        });
    logits
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn log_partition(logits: &[f32]) -> f32 {
    let largest = max(logits);
    largest + sum(logits.len(), |i| exp(logits[i] - largest)).ln()
}

/// Overwrites logits with `scale` times their probabilities.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
fn probabilities(logits: &mut [f32], log_z: f32, scale: f32) {
    for logit in logits {
        *logit = scale * exp(*logit - log_z);
    }
}
