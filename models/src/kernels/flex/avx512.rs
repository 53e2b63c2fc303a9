//! Matrix products for processors with AVX-512: a register tile of 14 rows and 32 columns over
//! packed operands (Goto and van de Geijn 2008, "Anatomy of high-performance matrix
//! multiplication").
//!
//! A call works on one thread. It goes through the inner dimension in blocks; of each it packs both
//! operands into panels as the tile wants them (14 or 32 numbers side by side for each step of the
//! inner dimension, padded with zeros), which makes the four transposition cases equally fast, and
//! keeps a panel of the right operand in first-level cache while all panels of the left pass by.

use std::arch::x86_64::*;

use super::product::{Initial, View};

/// Rows of the register tile.
pub(super) const TILE_ROWS: usize = 14;
/// Columns of the register tile: two registers.
pub(super) const TILE_COLUMNS: usize = 32;
/// Largest block of the inner dimension: a right panel of this length is 32 KiB.
const DEPTH: usize = 256;
const LANES: usize = 16;

/// Whether this processor has what [`multiply`] needs.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// Scratch for packed operands, kept between calls on the same thread.
#[derive(Default)]
pub(super) struct Scratch {
    left: Vec<f32>,
    right: Vec<f32>,
}

/// `target = alpha lhs rhs` on top of what `initial` says.
///
/// # Safety
/// The processor has AVX-512F. The views hold `m × k` and `k × n`; `target` may be written at `m`
/// rows `stride` apart, `n` columns each.
pub(super) unsafe fn multiply(
    (target, stride): (*mut f32, usize),
    [m, k, n]: [usize; 3],
    alpha: f32,
    (lhs, rhs): (View, View),
    initial: Initial,
    scratch: &mut Scratch,
) {
    let blocks = k.div_ceil(DEPTH).max(1);
    let step = k.div_ceil(blocks).max(1);
    let (left_panels, right_panels) = (m.div_ceil(TILE_ROWS), n.div_ceil(TILE_COLUMNS));
    let left_size = left_panels * TILE_ROWS * step;
    let right_size = right_panels * TILE_COLUMNS * step;
    if scratch.left.len() < left_size {
        scratch.left.resize(left_size, 0.0);
    }
    if scratch.right.len() < right_size {
        scratch.right.resize(right_size, 0.0);
    }
    let (left, right) = (scratch.left.as_mut_ptr(), scratch.right.as_mut_ptr());
    for block in 0..blocks {
        let from = block * step;
        let depth = step.min(k - from.min(k));
        // SAFETY: the buffers were sized above, the operands and the target are the caller's word.
        unsafe {
            for panel in 0..right_panels {
                let first = panel * TILE_COLUMNS;
                let source = rhs.at(from, first);
                let strides = (rhs.column_stride(), rhs.row_stride());
                let lanes = TILE_COLUMNS.min(n - first);
                pack::<TILE_COLUMNS>(right.add(first * depth), source, lanes, depth, strides);
            }
            for panel in 0..left_panels {
                let first = panel * TILE_ROWS;
                let source = lhs.at(first, from);
                let strides = (lhs.row_stride(), lhs.column_stride());
                let lanes = TILE_ROWS.min(m - first);
                pack::<TILE_ROWS>(left.add(first * depth), source, lanes, depth, strides);
            }
            for right_panel in 0..right_panels {
                let column = right_panel * TILE_COLUMNS;
                let columns = TILE_COLUMNS.min(n - column);
                let base = match (block, initial) {
                    (0, Initial::Zero) => Base::Zero,
                    (0, Initial::Rows(row)) => Base::Row(row.as_ptr().add(column)),
                    _ => Base::Target,
                };
                for left_panel in 0..left_panels {
                    let row = left_panel * TILE_ROWS;
                    tile(
                        depth,
                        left.add(row * depth),
                        right.add(column * depth),
                        (target.add(row * stride + column), stride),
                        (TILE_ROWS.min(m - row), columns),
                        alpha,
                        base,
                    );
                }
            }
        }
    }
}

/// What a tile's product is added to.
#[derive(Clone, Copy)]
enum Base {
    Zero,
    Target,
    Row(*const f32),
}

/// One register tile: `target = base + alpha Σ left[d] right[d]`.
#[target_feature(enable = "avx512f")]
unsafe fn tile(
    depth: usize,
    left: *const f32,
    right: *const f32,
    (target, stride): (*mut f32, usize),
    (rows, columns): (usize, usize),
    alpha: f32,
    base: Base,
) {
    let mut sums = [[_mm512_setzero_ps(); 2]; TILE_ROWS];
    let (mut left, mut right) = (left, right);
    // SAFETY: the panels hold `depth` steps of 14 and 32 numbers.
    unsafe {
        for _ in 0..depth {
            let low = _mm512_loadu_ps(right);
            let high = _mm512_loadu_ps(right.add(LANES));
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = _mm512_set1_ps(*left.add(row));
                sums[0] = _mm512_fmadd_ps(factor, low, sums[0]);
                sums[1] = _mm512_fmadd_ps(factor, high, sums[1]);
            }
            left = left.add(TILE_ROWS);
            right = right.add(TILE_COLUMNS);
        }
    }
    let masks = [lane_mask(columns), lane_mask(columns.saturating_sub(LANES))];
    let alpha = _mm512_set1_ps(alpha);
    for (row, sums) in sums.iter().enumerate() {
        if row >= rows {
            break;
        }
        for half in 0..2 {
            if masks[half] == 0 {
                continue;
            }
            // SAFETY: masked to the columns that the target and the base have.
            unsafe {
                let place = target.add(row * stride + half * LANES);
                let sum = match base {
                    Base::Zero => _mm512_mul_ps(alpha, sums[half]),
                    Base::Target => {
                        let old = _mm512_maskz_loadu_ps(masks[half], place);
                        _mm512_fmadd_ps(alpha, sums[half], old)
                    }
                    Base::Row(start) => {
                        let old = _mm512_maskz_loadu_ps(masks[half], start.add(half * LANES));
                        _mm512_fmadd_ps(alpha, sums[half], old)
                    }
                };
                _mm512_mask_storeu_ps(place, masks[half], sum);
            }
        }
    }
}

/// The lowest `count` lanes, at most all.
fn lane_mask(count: usize) -> u16 {
    match count {
        LANES.. => u16::MAX,
        _ => (1 << count) - 1,
    }
}

/// Packs `lanes` (at most `WIDTH`) sequences of `depth` numbers: for each step the lanes side by
/// side, then zeros up to `WIDTH`. Lanes and steps are `strides` apart, of which one is 1 where it
/// should be fast.
#[target_feature(enable = "avx512f")]
unsafe fn pack<const WIDTH: usize>(
    packed: *mut f32,
    source: *const f32,
    lanes: usize,
    depth: usize,
    (lane_stride, step_stride): (usize, usize),
) {
    // SAFETY: masks keep reads within lanes and steps, and writes within `WIDTH * depth` numbers.
    unsafe {
        if lane_stride == 1 {
            for step in 0..depth {
                for group in (0..WIDTH).step_by(LANES) {
                    let keep = lane_mask(lanes.saturating_sub(group));
                    let from = source.wrapping_add(step * step_stride + group);
                    let row = _mm512_maskz_loadu_ps(keep, from);
                    let to = packed.add(step * WIDTH + group);
                    _mm512_mask_storeu_ps(to, lane_mask(WIDTH - group), row);
                }
            }
        } else if step_stride == 1 {
            for group in (0..WIDTH).step_by(LANES) {
                let here = lanes.saturating_sub(group).min(LANES);
                let width = lane_mask(WIDTH - group);
                for step in (0..depth).step_by(LANES) {
                    let keep = lane_mask(depth - step);
                    let mut block = [_mm512_setzero_ps(); LANES];
                    for (lane, row) in block.iter_mut().enumerate().take(here) {
                        let from = source.add((group + lane) * lane_stride + step);
                        *row = _mm512_maskz_loadu_ps(keep, from);
                    }
                    transpose(&mut block);
                    let to = packed.add(step * WIDTH + group);
                    for (n, row) in block.iter().enumerate().take(LANES.min(depth - step)) {
                        _mm512_mask_storeu_ps(to.add(n * WIDTH), width, *row);
                    }
                }
            }
        } else {
            for step in 0..depth {
                for lane in 0..WIDTH {
                    *packed.add(step * WIDTH + lane) = match lane < lanes {
                        true => *source.add(lane * lane_stride + step * step_stride),
                        false => 0.0,
                    };
                }
            }
        }
    }
}

/// Transposes 16 rows of 16.
#[target_feature(enable = "avx512f")]
#[inline]
fn transpose(rows: &mut [__m512; LANES]) {
    let lower = |a, b| _mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b));
    let upper = |a, b| _mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b));
    let mut t = *rows;
    for i in (0..LANES).step_by(2) {
        t[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
    for i in (0..LANES).step_by(4) {
        rows[i] = _mm512_castpd_ps(lower(t[i], t[i + 2]));
        rows[i + 1] = _mm512_castpd_ps(upper(t[i], t[i + 2]));
        rows[i + 2] = _mm512_castpd_ps(lower(t[i + 1], t[i + 3]));
        rows[i + 3] = _mm512_castpd_ps(upper(t[i + 1], t[i + 3]));
    }
    for half in [0, 8] {
        for i in 0..4 {
            let (a, b) = (rows[half + i], rows[half + i + 4]);
            t[half + i] = _mm512_shuffle_f32x4::<0x88>(a, b);
            t[half + i + 4] = _mm512_shuffle_f32x4::<0xDD>(a, b);
        }
    }
    for i in 0..8 {
        rows[i] = _mm512_shuffle_f32x4::<0x88>(t[i], t[i + 8]);
        rows[i + 8] = _mm512_shuffle_f32x4::<0xDD>(t[i], t[i + 8]);
    }
}
