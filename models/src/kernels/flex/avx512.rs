//! Matrix products for processors with AVX-512: a register tile of 14 rows and 32 columns over
//! packed operands (Goto and van de Geijn 2008, "Anatomy of high-performance matrix
//! multiplication").
//!
//! The inner dimension is cut into blocks, and the operands into panels of 14 rows and 32 columns.
//! Packing lays a panel out as the tile wants it (14 or 32 numbers side by side for each step of the
//! inner dimension, padded with zeros), which makes the four transposition cases equally fast. A
//! right panel stays in first-level cache while the left ones pass by. A panel that would be used
//! once or twice only is read where it lies, if the tile can.

use std::arch::x86_64::*;
use std::ops::Range;

use super::view::{Initial, TILE_COLUMNS, TILE_ROWS, Target, View};

/// Largest block of the inner dimension: a right panel of this length is 32 KiB.
const DEPTH: usize = 256;
const LANES: usize = 16;
/// Columns of a product up to which its left operand is not packed.
const FEW_COLUMNS: usize = 64;
/// Rows of a product up to which its right operand need not be packed.
const FEW_ROWS: usize = 256;

/// Whether this processor has what this module needs.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// How the inner dimension is cut.
#[derive(Clone, Copy)]
pub(super) struct Blocks {
    size: usize,
    step: usize,
}

impl Blocks {
    pub(super) fn new(size: usize) -> Self {
        let count = size.div_ceil(DEPTH).max(1);
        let step = size.div_ceil(count).max(1);
        Self { size, step }
    }

    fn count(&self) -> usize {
        self.size.div_ceil(self.step).max(1)
    }

    /// First step and number of steps of a block.
    fn range(&self, block: usize) -> (usize, usize) {
        let from = (block * self.step).min(self.size);
        (from, self.step.min(self.size - from))
    }
}

/// Numbers in a packed operand of `lanes` rows (or columns) and `size` steps.
pub(super) fn packed_length<const WIDTH: usize>(lanes: usize, size: usize) -> usize {
    lanes.div_ceil(WIDTH) * WIDTH * size
}

/// Where a panel of `WIDTH` lanes lies within a packed operand.
fn packed_place<const WIDTH: usize>(
    lanes: usize,
    panel: usize,
    (from, depth): (usize, usize),
) -> usize {
    lanes.div_ceil(WIDTH) * WIDTH * from + panel * WIDTH * depth
}

/// Packs one panel, in all its blocks, of a matrix of which rows are lanes and columns are steps.
///
/// # Safety
/// The processor has AVX-512F, the view holds `lanes` rows and `blocks`' columns, and `packed` may
/// be written at [`packed_length`] numbers, these panels' by no other thread.
pub(super) unsafe fn pack_panel<const WIDTH: usize>(
    packed: *mut f32,
    matrix: View,
    lanes: usize,
    panel: usize,
    blocks: Blocks,
) {
    let first = panel * WIDTH;
    let strides = (matrix.row_stride(), matrix.column_stride());
    for block in 0..blocks.count() {
        let (from, depth) = blocks.range(block);
        // SAFETY: the caller's word.
        unsafe {
            let place = packed.add(packed_place::<WIDTH>(lanes, panel, (from, depth)));
            let source = matrix.at(first, from);
            pack::<WIDTH>(place, source, WIDTH.min(lanes - first), depth, strides);
        }
    }
}

/// An operand of the tile.
#[derive(Clone, Copy)]
pub(super) enum Operand<'a> {
    /// Made by [`pack_panel`].
    Packed(*const f32),
    /// As it lies: the right one with columns side by side, a multiple of 32 of them; the left one
    /// with one of its strides 1, and its last, partial panel packed separately.
    Lying(View<'a>, *const f32),
}

/// The part of `target = initial + alpha left right` in some panels of rows and of columns.
///
/// # Safety
/// The processor has AVX-512F, the operands are those of a product of these sizes, and the target
/// may be written in these panels, by no other thread.
pub(super) unsafe fn multiply_panels(
    target: Target,
    [m, k, n]: [usize; 3],
    alpha: f32,
    (left, right): (Operand, Operand),
    (rows, columns): (Range<usize>, Range<usize>),
) {
    let blocks = Blocks::new(k);
    for block in 0..blocks.count() {
        let (from, depth) = blocks.range(block);
        for right_panel in columns.clone() {
            let column = right_panel * TILE_COLUMNS;
            // SAFETY: places within the operands and the target, by the caller's word.
            unsafe {
                let (of_right, right_step) = match right {
                    Operand::Packed(start) => {
                        let place = packed_place::<TILE_COLUMNS>(n, right_panel, (from, depth));
                        (start.add(place), TILE_COLUMNS)
                    }
                    Operand::Lying(view, _) => (view.at(from, column), view.row_stride()),
                };
                let base = match (block, target.initial) {
                    (0, Initial::Zero) => Base::Zero,
                    (0, Initial::Rows(row)) => Base::Row(row.as_ptr().add(column)),
                    _ => Base::Target,
                };
                for left_panel in rows.clone() {
                    let row = left_panel * TILE_ROWS;
                    let place = (target.start.add(row * target.stride + column), target.stride);
                    let size = (TILE_ROWS.min(m - row), TILE_COLUMNS.min(n - column));
                    let of_right = (of_right, right_step);
                    match left {
                        Operand::Lying(view, _) if size.0 == TILE_ROWS => {
                            let start = view.at(row, from);
                            if view.row_stride() == 1 {
                                let left = (start, 1, view.column_stride());
                                tile::<SIDE_BY_SIDE>(
                                    depth, left, of_right, place, size, alpha, base,
                                );
                            } else {
                                let left = (start, view.row_stride(), 1);
                                tile::<IN_ROWS>(depth, left, of_right, place, size, alpha, base);
                            }
                        }
                        Operand::Lying(_, packed) => {
                            let left = (packed.add(TILE_ROWS * from), 1, TILE_ROWS);
                            tile::<PACKED>(depth, left, of_right, place, size, alpha, base);
                        }
                        Operand::Packed(packed) => {
                            let offset = packed_place::<TILE_ROWS>(m, left_panel, (from, depth));
                            let left = (packed.add(offset), 1, TILE_ROWS);
                            tile::<PACKED>(depth, left, of_right, place, size, alpha, base);
                        }
                    }
                }
            }
        }
    }
}

/// Scratch for packed operands, kept between calls on the same thread.
#[derive(Default)]
pub(super) struct Scratch {
    left: Vec<f32>,
    right: Vec<f32>,
}

fn grown(buffer: &mut Vec<f32>, length: usize) -> *mut f32 {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    buffer.as_mut_ptr()
}

/// `target = initial + alpha lhs rhs` on this thread.
///
/// # Safety
/// The processor has AVX-512F. The views hold `m × k` and `k × n`; the target may be written at
/// `m × n`, by no other thread.
pub(super) unsafe fn multiply(
    target: Target,
    sizes: [usize; 3],
    alpha: f32,
    (lhs, rhs): (View, View),
    scratch: &mut Scratch,
) {
    let [m, k, n] = sizes;
    let blocks = Blocks::new(k);
    let (row_panels, column_panels) = (m.div_ceil(TILE_ROWS), n.div_ceil(TILE_COLUMNS));
    // SAFETY: the buffers are sized here, the rest is the caller's word.
    unsafe {
        let strides = [lhs.row_stride(), lhs.column_stride()];
        let left = if n <= FEW_COLUMNS && strides.contains(&1) {
            let last = grown(&mut scratch.left, TILE_ROWS * k);
            let done = m / TILE_ROWS * TILE_ROWS;
            if done < m {
                pack_panel::<TILE_ROWS>(last, lhs.from(done, 0), m - done, 0, blocks);
            }
            Operand::Lying(lhs, last)
        } else {
            let packed = grown(&mut scratch.left, packed_length::<TILE_ROWS>(m, k));
            for panel in 0..row_panels {
                pack_panel::<TILE_ROWS>(packed, lhs, m, panel, blocks);
            }
            Operand::Packed(packed)
        };
        let whole = rhs.column_stride() == 1 && n.is_multiple_of(TILE_COLUMNS);
        let right = if whole && m <= FEW_ROWS {
            Operand::Lying(rhs, std::ptr::null())
        } else {
            let packed = grown(&mut scratch.right, packed_length::<TILE_COLUMNS>(n, k));
            for panel in 0..column_panels {
                pack_panel::<TILE_COLUMNS>(packed, rhs.transposed(), n, panel, blocks);
            }
            Operand::Packed(packed)
        };
        let panels = (0..row_panels, 0..column_panels);
        multiply_panels(target, sizes, alpha, (left, right), panels);
    }
}

/// What a tile's product is added to.
#[derive(Clone, Copy)]
enum Base {
    Zero,
    Target,
    Row(*const f32),
}

/// Kinds of left panels: packed, 14 rows side by side, or rows apart with steps side by side.
const PACKED: u8 = 0;
const SIDE_BY_SIDE: u8 = 1;
const IN_ROWS: u8 = 2;

/// One register tile: `target = base + alpha Σ left[d] right[d]`. Left is start, row stride and step
/// stride, right is start and step stride.
#[target_feature(enable = "avx512f")]
unsafe fn tile<const LEFT: u8>(
    depth: usize,
    (mut left, row_stride, left_step): (*const f32, usize, usize),
    (mut right, right_step): (*const f32, usize),
    (target, stride): (*mut f32, usize),
    (rows, columns): (usize, usize),
    alpha: f32,
    base: Base,
) {
    let (row_stride, left_step) = match LEFT {
        PACKED => (1, TILE_ROWS),
        SIDE_BY_SIDE => (1, left_step),
        _ => (row_stride, 1),
    };
    let mut sums = [[_mm512_setzero_ps(); 2]; TILE_ROWS];
    // SAFETY: the panels hold `depth` steps of 14 and 32 numbers.
    unsafe {
        for _ in 0..depth {
            let low = _mm512_loadu_ps(right);
            let high = _mm512_loadu_ps(right.add(LANES));
            // Written out, because the compiler leaves the sums in memory where it keeps the loop.
            // Every third row has a pointer of its own, so that few registers reach them all.
            macro_rules! add_rows {
                ($($row:literal)*) => {$(
                    let third = left.add($row / 3 * 3 * row_stride);
                    let factor = _mm512_set1_ps(*third.add($row % 3 * row_stride));
                    sums[$row][0] = _mm512_fmadd_ps(factor, low, sums[$row][0]);
                    sums[$row][1] = _mm512_fmadd_ps(factor, high, sums[$row][1]);
                )*};
            }
            add_rows!(0 1 2 3 4 5 6 7 8 9 10 11 12 13);
            left = left.wrapping_add(left_step);
            right = right.wrapping_add(right_step);
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
pub(super) fn lane_mask(count: usize) -> u16 {
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
pub(super) fn transpose(rows: &mut [__m512; LANES]) {
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
