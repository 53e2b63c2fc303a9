//! The row-wise part of attention between its products: scores to weights, and the gradient of
//! weights to that of scores.

use multiversion::multiversion;

use super::super::dropout::Dropout;
use super::super::portable::LOWEST;
use super::dropout::scaled_mask;
use super::math::{exp, max, sum};

/// What a block of rows has beside its products.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// Keys per row.
    pub length: usize,
    pub scale: f32,
    /// Added to every row.
    pub mask: Option<&'a [f32]>,
    /// Added row by row, rows `bias_stride` apart.
    pub bias: Option<&'a [f32]>,
    pub bias_stride: usize,
    pub dropout: Dropout,
    /// Where the first row starts in the dropout mask, and how far apart rows are.
    pub position: usize,
    pub position_stride: usize,
}

impl Rows<'_> {
    /// `row = scale row + mask + bias`.
    #[inline(always)]
    fn complete(&self, row: &mut [f32], n: usize) {
        match self.mask {
            Some(mask) => row
                .iter_mut()
                .zip(mask)
                .for_each(|(score, mask)| *score = *score * self.scale + mask),
            None => row.iter_mut().for_each(|score| *score *= self.scale),
        }
        if let Some(bias) = self.bias {
            let bias = &bias[n * self.bias_stride..n * self.bias_stride + row.len()];
            row.iter_mut().zip(bias).for_each(|(score, bias)| *score += bias);
        }
    }
}

/// Products to dropped-out weights; the statistics are largest score and inverse sum of each row.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
pub(super) fn forward_rows(scores: &mut [f32], statistics: &mut [f32], rows: Rows) {
    let length = rows.length.max(1);
    let pairs = scores.chunks_exact_mut(length).zip(statistics.chunks_exact_mut(2));
    for (n, (row, statistics)) in pairs.enumerate() {
        rows.complete(row, n);
        let largest = max(row);
        if largest < LOWEST as f32 {
            row.fill(0.0);
            statistics.copy_from_slice(&[LOWEST as f32, 0.0]);
            continue;
        }
        for score in row.iter_mut() {
            *score = exp(*score - largest);
        }
        let inverse = 1.0 / sum(row.len(), |i| row[i]);
        statistics.copy_from_slice(&[largest, inverse]);
        if rows.dropout.is_none() {
            row.iter_mut().for_each(|weight| *weight *= inverse);
        } else {
            let start = rows.position + n * rows.position_stride;
            scaled_mask(start, length, rows.dropout, |i, factor| row[i] *= inverse * factor);
        }
    }
}

/// Products become dropped-out weights, and gradients of those become gradients of scores.
///
/// `gradient` and `output` are the attention's output and its gradient, with their rows' strides.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
pub(super) fn backward_rows(
    weights: &mut [f32],
    d_scores: &mut [f32],
    statistics: &[f32],
    gradient: (&[f32], usize),
    output: (&[f32], usize),
    width: usize,
    rows: Rows,
) {
    let length = rows.length.max(1);
    let pairs = weights.chunks_exact_mut(length).zip(d_scores.chunks_exact_mut(length));
    for (n, ((row, d_row), statistics)) in pairs.zip(statistics.chunks_exact(2)).enumerate() {
        rows.complete(row, n);
        let (largest, inverse) = (statistics[0], statistics[1]);
        let (g, o) = (&gradient.0[n * gradient.1..], &output.0[n * output.1..]);
        let (g, o) = (&g[..width], &o[..width]);
        let along = sum(width, |i| g[i] * o[i]);
        for score in row.iter_mut() {
            *score = exp(*score - largest) * inverse;
        }
        if rows.dropout.is_none() {
            for (weight, d) in row.iter().zip(d_row) {
                *d = weight * (*d - along);
            }
        } else {
            let start = rows.position + n * rows.position_stride;
            scaled_mask(start, length, rows.dropout, |i, factor| {
                d_row[i] = row[i] * (d_row[i] * factor - along);
                row[i] *= factor;
            });
        }
    }
}
