//! Matrix products of strided views: by this crate's AVX-512 kernel where the processor has it and
//! there are rows enough to fill its tiles, else by the `gemm` crate, which also finds the
//! instruction set at run time. Both choose their blocking by the sizes alone.

#[cfg(target_arch = "x86_64")]
use super::avx512;

use rayon::prelude::*;

use super::buffer::Shared;

/// A strided view of a matrix.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// Rows `row_stride` apart, columns next to each other.
    pub(super) fn rows(values: &'a [f32], row_stride: usize) -> Self {
        Self {
            values,
            row_stride,
            column_stride: 1,
        }
    }

    /// The matrix on its side.
    pub(super) fn transposed(self) -> Self {
        Self {
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// What lies below and to the right of an element.
    fn from(self, row: usize, column: usize) -> Self {
        let offset = row * self.row_stride + column * self.column_stride;
        Self {
            values: &self.values[offset.min(self.values.len())..],
            ..self
        }
    }

    /// The address of an element, which the caller keeps within the view.
    pub(super) fn at(&self, row: usize, column: usize) -> *const f32 {
        let offset = row * self.row_stride + column * self.column_stride;
        self.values.as_ptr().wrapping_add(offset)
    }

    pub(super) fn row_stride(&self) -> usize {
        self.row_stride
    }

    pub(super) fn column_stride(&self) -> usize {
        self.column_stride
    }

    /// Whether a matrix of this size lies within the slice.
    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.values.len()
    }
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(super) enum Initial<'a> {
    /// Nothing: the target is overwritten.
    Zero,
    /// What the target holds.
    Target,
    /// The same numbers in every row.
    Rows(&'a [f32]),
}

/// Where a product goes: rows `stride` apart, columns next to each other.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub start: *mut f32,
    pub stride: usize,
    pub initial: Initial<'a>,
}

/// Rows of a product below which the tiles would be mostly empty.
const FEWEST_ROWS: usize = 4;

/// `target = initial + alpha lhs rhs` on the calling thread, sizes `[m, k, n]`.
///
/// # Safety
/// `target` may be written at all of `m` rows and `n` columns, and no other thread touches them.
pub(super) unsafe fn multiply(target: Target, sizes: [usize; 3], alpha: f32, lhs: View, rhs: View) {
    let [m, k, n] = sizes;
    assert!(
        lhs.holds(m, k) && rhs.holds(k, n),
        "a product reads beyond its operands"
    );
    if let Initial::Rows(row) = target.initial {
        assert!(row.len() >= n, "a product's initial row is too short");
    }
    if m == 0 || n == 0 {
        return;
    }
    #[cfg(target_arch = "x86_64")]
    if m >= FEWEST_ROWS && avx512::available() {
        thread_local! {
            static SCRATCH: std::cell::RefCell<avx512::Scratch> = Default::default();
        }
        // SAFETY: the processor was asked, the operands were checked, the target is the caller's
        // word.
        SCRATCH.with_borrow_mut(|scratch| unsafe {
            let place = (target.start, target.stride);
            avx512::multiply(place, sizes, alpha, (lhs, rhs), target.initial, scratch);
        });
        return;
    }
    // SAFETY: as above.
    unsafe { by_gemm(target, sizes, alpha, lhs, rhs) }
}

/// # Safety
/// As of [`multiply`], which has checked the operands.
unsafe fn by_gemm(target: Target, [m, k, n]: [usize; 3], alpha: f32, lhs: View, rhs: View) {
    if let Initial::Rows(values) = target.initial {
        for row in 0..m {
            // SAFETY: the target has these rows and columns.
            unsafe {
                let start = target.start.add(row * target.stride);
                std::slice::from_raw_parts_mut(start, n).copy_from_slice(&values[..n]);
            }
        }
    }
    // SAFETY: the operands were checked, the target is the caller's word.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            target.start,
            1,
            target.stride as isize,
            !matches!(target.initial, Initial::Zero),
            lhs.values.as_ptr(),
            lhs.column_stride as isize,
            lhs.row_stride as isize,
            rhs.values.as_ptr(),
            rhs.column_stride as isize,
            rhs.row_stride as isize,
            1.0,
            alpha,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Rows of a task's part of a large product: a multiple of the register tile's.
const TASK_ROWS: usize = 252;
/// Columns of a task's part, at most and at least.
const TASK_COLUMNS: [usize; 2] = [512, 128];
/// Tasks below which a product is cut finer.
const TASKS: usize = 8;

/// `output = initial + lhs rhs` on all threads, cut into parts by the sizes alone.
pub(super) fn multiply_in_parts(
    output: &mut [f32],
    [m, k, n]: [usize; 3],
    lhs: View,
    rhs: View,
    bias: Option<&[f32]>,
) {
    assert_eq!(output.len(), m * n);
    let row_parts = m.div_ceil(TASK_ROWS);
    let rows = m.div_ceil(row_parts.max(1)).next_multiple_of(14);
    let [mut columns, least] = TASK_COLUMNS;
    while columns > least && row_parts * n.div_ceil(columns) < TASKS {
        columns /= 2;
    }
    let (row_parts, column_parts) = (m.div_ceil(rows.max(1)), n.div_ceil(columns));
    let out = Shared::new(output);
    (0..row_parts * column_parts)
        .into_par_iter()
        .for_each(|part| {
            let row = part / column_parts * rows;
            let column = part % column_parts * columns;
            let sizes = [rows.min(m - row), k, columns.min(n - column)];
            // SAFETY: the parts do not overlap and lie within the output.
            unsafe {
                let target = Target {
                    start: out.at(row * n + column),
                    stride: n,
                    initial: bias.map_or(Initial::Zero, |bias| Initial::Rows(&bias[column..])),
                };
                multiply(target, sizes, 1.0, lhs.from(row, 0), rhs.from(0, column));
            }
        });
}
