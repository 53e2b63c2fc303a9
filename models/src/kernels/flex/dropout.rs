//! Dropout in place, the mask made again wherever it is needed.

use burn_flex::FlexTensor;
use multiversion::multiversion;
use rayon::prelude::*;

use super::super::dropout::{Dropout, hash};
use super::buffer::{PIECE, contiguous, values};

pub(super) fn apply(x: FlexTensor, dropout: Dropout) -> FlexTensor {
    if dropout.is_none() {
        return x;
    }
    let mut x = contiguous(x);
    x.storage_mut::<f32>()
        .par_chunks_mut(PIECE)
        .enumerate()
        .for_each(|(piece, x)| drop_from(x, piece * PIECE, dropout));
    x
}

/// `x + dropout(y)`, over y's buffer where nothing else holds it.
pub(super) fn add_dropped(x: FlexTensor, y: FlexTensor, dropout: Dropout) -> FlexTensor {
    let (x, mut y) = (contiguous(x), contiguous(y));
    y.storage_mut::<f32>()
        .par_chunks_mut(PIECE)
        .zip(values(&x).par_chunks(PIECE))
        .enumerate()
        .for_each(|(piece, (y, x))| {
            if !dropout.is_none() {
                drop_from(y, piece * PIECE, dropout);
            }
            y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
        });
    y
}

/// Multiplies the elements at `start..` of the mask, `start` even, by scale or zero.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma", "x86_64+avx2+fma"))]
pub(super) fn drop_from(x: &mut [f32], start: usize, dropout: Dropout) {
    scaled_mask(start, x.len(), dropout, |i, factor| x[i] *= factor);
}

/// Calls `f(i, factor)` for `i` in `0..length`, where factor is that of element `start + i`.
///
/// Hashes are made for blocks of 64 elements, so that both loops vectorise.
#[inline(always)]
pub(super) fn scaled_mask(
    start: usize,
    length: usize,
    dropout: Dropout,
    mut f: impl FnMut(usize, f32),
) {
    const BLOCK: usize = 64;
    debug_assert!(start.is_multiple_of(2));
    let (rounds, threshold, scale) = (dropout.rounds(), dropout.threshold(), dropout.scale());
    let mut halves = [0u32; BLOCK];
    for block in (0..length).step_by(BLOCK) {
        let first = ((start + block) / 2) as u32;
        for i in 0..BLOCK / 2 {
            let word = hash(first.wrapping_add(i as u32), rounds);
            halves[2 * i] = word & 0xFFFF;
            halves[2 * i + 1] = word >> 16;
        }
        let count = BLOCK.min(length - block);
        for (i, &half) in halves[..count].iter().enumerate() {
            f(block + i, if half >= threshold { scale } else { 0.0 });
        }
    }
}
