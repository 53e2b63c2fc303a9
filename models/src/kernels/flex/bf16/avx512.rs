//! Blocks by the dot-product instruction of AVX512-BF16.

use std::arch::x86_64::*;

use super::pack::{LANES, Register};
use super::tiles::Block;

/// Rows computed together: with two registers of sums each they leave some for the operands.
const ROWS: usize = 8;

/// Whether this processor has what this module and [`pack`](super::pack) need.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512bf16")
}

/// Computes blocks.
///
/// # Safety
/// [`available`], and the blocks' operands and targets are there.
pub(super) unsafe fn block(blocks: &mut dyn Iterator<Item = Block>) {
    for block in blocks {
        for row in (0..2 * LANES).step_by(ROWS) {
            // SAFETY: the caller's word.
            unsafe { rows(&block, row) };
        }
    }
}

/// Eight rows of a block.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn rows(block: &Block, row: usize) {
    let left = block.left[row / LANES].cast::<[i32; LANES]>().wrapping_add(row % LANES);
    let right: [*const __m512bh; 2] = block.right.map(<*const Register>::cast);
    let initial = block.initial.cast::<f32>();
    // SAFETY: panels have `depth` tiles of 16 registers, initial row and target 32 columns.
    unsafe {
        let mut sums = [[_mm512_loadu_ps(initial), _mm512_loadu_ps(initial.add(LANES))]; ROWS];
        for tile in 0..block.depth {
            for pair in 0..LANES {
                let (low, high) =
                    (*right[0].add(tile * LANES + pair), *right[1].add(tile * LANES + pair));
                for (n, sums) in sums.iter_mut().enumerate() {
                    let factor = _mm512_set1_epi32((*left.add(tile * LANES + n))[pair]);
                    let factor: __m512bh = std::mem::transmute(factor);
                    sums[0] = _mm512_dpbf16_ps(sums[0], factor, low);
                    sums[1] = _mm512_dpbf16_ps(sums[1], factor, high);
                }
            }
        }
        for (n, sums) in sums.iter().enumerate() {
            let to = block.target.add((row + n) * block.stride);
            _mm512_storeu_ps(to, sums[0]);
            _mm512_storeu_ps(to.add(LANES), sums[1]);
        }
    }
}
