//! Operands of a product rounded to bfloat16 and laid out in tiles.
//!
//! A tile is 16 lanes (rows of the left operand, columns of the right one) by 32 steps of the inner
//! dimension: 16 registers of 16 pairs of neighbouring steps. The left operand's registers are its
//! lanes; the right one's are pairs of steps, with the lanes side by side. The tiles of a panel of
//! 16 lanes follow each other. Beyond the operand there are zeros.

use std::arch::x86_64::*;

use rayon::prelude::*;

use super::super::avx512::{lane_mask, transpose};
use super::super::view::View;

/// Rows or columns of a tile.
pub(super) const LANES: usize = 16;
/// Steps of the inner dimension in a tile.
pub(super) const STEPS: usize = 32;

/// 16 pairs of bfloat16 numbers.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Register([u32; LANES]);

/// What a tile's registers are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Registers {
    /// The left operand's.
    Lanes,
    /// The right operand's.
    Pairs,
}

/// A packed operand: an even number of panels.
pub(super) struct Packed {
    registers: Vec<Register>,
    blocks: usize,
}

/// A place in a buffer that tasks share because each writes its own tiles.
#[derive(Clone, Copy)]
struct Place(*mut Register);

// SAFETY: it is only an address; those who dereference it answer for disjointness.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

impl Place {
    /// # Safety
    /// The tile lies within the buffer.
    unsafe fn tile(self, tile: usize) -> *mut Register {
        // SAFETY: the caller's word.
        unsafe { self.0.add(tile * LANES) }
    }
}

impl Packed {
    /// Packs a matrix of which rows are lanes and columns are steps.
    ///
    /// # Safety
    /// The processor has AVX512-BF16, and the matrix holds `lanes` rows and `steps` columns.
    pub(super) unsafe fn new(
        matrix: View,
        (lanes, steps): (usize, usize),
        registers: Registers,
    ) -> Self {
        let (panels, blocks) =
            (lanes.div_ceil(LANES).next_multiple_of(2), steps.div_ceil(STEPS).max(1));
        let count = panels * blocks * LANES;
        let mut buffer = Vec::<Register>::with_capacity(count);
        let place = Place(buffer.as_mut_ptr());
        let tile = |panel: usize, block: usize| {
            let (lane, step) = (panel * LANES, block * STEPS);
            let size = (lanes.saturating_sub(lane).min(LANES), (steps - step).min(STEPS));
            // SAFETY: the caller's word; each tile is written once.
            unsafe {
                let to = place.tile(panel * blocks + block);
                pack(to, matrix.at(lane, step), size, matrix.strides(), registers);
            }
        };
        // In the order in which the operand lies.
        if matrix.strides().0 == 1 {
            let blocks = (0..blocks).into_par_iter();
            blocks.for_each(|block| (0..panels).for_each(|panel| tile(panel, block)));
        } else {
            let panels = (0..panels).into_par_iter();
            panels.for_each(|panel| (0..blocks).for_each(|block| tile(panel, block)));
        }
        // SAFETY: the tiles fill the capacity.
        unsafe { buffer.set_len(count) };
        Self { registers: buffer, blocks }
    }

    /// Tiles in a panel.
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The first tile of a panel.
    pub(super) fn panel(&self, panel: usize) -> *const Register {
        self.registers[panel * self.blocks * LANES..].as_ptr()
    }
}

/// Packs one tile; of its lanes and steps, `size` are in the operand.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn pack(
    to: *mut Register,
    source: *const f32,
    (lanes, steps): (usize, usize),
    (lane_stride, step_stride): (usize, usize),
    wanted: Registers,
) {
    let mut tile = [_mm512_setzero_ps(); LANES];
    let made = match (lane_stride, step_stride) {
        (_, 1) => {
            let halves = [lane_mask(steps), lane_mask(steps.saturating_sub(LANES))];
            for (lane, register) in tile.iter_mut().enumerate().take(lanes) {
                let from = source.wrapping_add(lane * lane_stride);
                // SAFETY: masked to the operand's steps.
                let [low, high] = unsafe {
                    [
                        _mm512_maskz_loadu_ps(halves[0], from),
                        _mm512_maskz_loadu_ps(halves[1], from.wrapping_add(LANES)),
                    ]
                };
                *register = as_floats(_mm512_cvtne2ps_pbh(high, low));
            }
            Registers::Lanes
        }
        (1, _) => {
            let keep = lane_mask(lanes);
            for (pair, register) in tile.iter_mut().enumerate().take(steps.div_ceil(2)) {
                let first = source.wrapping_add(2 * pair * step_stride);
                let of_second = if 2 * pair + 1 < steps { keep } else { 0 };
                // SAFETY: masked to the operand's lanes and steps.
                let [first, second] = unsafe {
                    [
                        _mm512_maskz_loadu_ps(keep, first),
                        _mm512_maskz_loadu_ps(of_second, first.wrapping_add(step_stride)),
                    ]
                };
                *register = pairs(first, second);
            }
            Registers::Pairs
        }
        _ => {
            for (lane, register) in tile.iter_mut().enumerate().take(lanes) {
                let mut row = [0.0; STEPS];
                for (step, value) in row.iter_mut().enumerate().take(steps) {
                    // SAFETY: a lane and a step of the operand.
                    *value = unsafe { *source.add(lane * lane_stride + step * step_stride) };
                }
                // SAFETY: the row has 32 numbers.
                let [low, high] = unsafe {
                    [_mm512_loadu_ps(row.as_ptr()), _mm512_loadu_ps(row.as_ptr().add(LANES))]
                };
                *register = as_floats(_mm512_cvtne2ps_pbh(high, low));
            }
            Registers::Lanes
        }
    };
    if made != wanted {
        transpose(&mut tile);
    }
    for (n, register) in tile.iter().enumerate() {
        // SAFETY: the tile has 16 registers.
        unsafe { _mm512_store_ps(to.add(n).cast(), *register) };
    }
}

/// For each lane, the first number rounded in the lower half and the second in the upper.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
#[inline]
fn pairs(first: __m512, second: __m512) -> __m512 {
    // SAFETY: both are 512 bits.
    let rounded: __m512i = unsafe { std::mem::transmute(_mm512_cvtne2ps_pbh(second, first)) };
    let low = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(rounded));
    let high = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64::<1>(rounded));
    _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32::<16>(high)))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn as_floats(pairs: __m512bh) -> __m512 {
    // SAFETY: both are 512 bits.
    unsafe { std::mem::transmute(pairs) }
}
