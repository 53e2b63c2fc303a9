//! Matrix products of strided views: by this crate's AVX-512 kernels where the processor has it, of
//! which one is for few rows and one for rows enough to fill its tiles, else by the `gemm` crate,
//! which also finds the instruction set at run time. Results depend on the sizes alone.

#[cfg(target_arch = "x86_64")]
use super::{avx512, few_rows};

use rayon::prelude::*;

use super::buffer::{Shared, unfilled};
use super::view::{Initial, TILE_COLUMNS, TILE_ROWS, Target, View};

/// Rows of a product below which the tiles would be mostly empty.
const FEWEST_ROWS: usize = 4;

/// `target = initial + alpha lhs rhs` on the calling thread, sizes `[m, k, n]`.
///
/// # Safety
/// `target` may be written at all of `m` rows and `n` columns, and no other thread touches them.
pub(super) unsafe fn multiply(target: Target, sizes: [usize; 3], alpha: f32, lhs: View, rhs: View) {
    let [m, k, n] = sizes;
    assert!(lhs.holds(m, k) && rhs.holds(k, n), "a product reads beyond its operands");
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
            avx512::multiply(target, sizes, alpha, (lhs, rhs), scratch);
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
            lhs.values().as_ptr(),
            lhs.column_stride() as isize,
            lhs.row_stride() as isize,
            rhs.values().as_ptr(),
            rhs.column_stride() as isize,
            rhs.row_stride() as isize,
            1.0,
            alpha,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Rows of a product up to which each task packs its own part of the right operand, which stays in
/// cache, instead of all of it being packed, written and read again.
const FEW_ROWS: usize = 64;

/// Panels of 14 rows in a task's part of a large product.
const TASK_ROWS: usize = 18;
/// Panels of 32 columns in a task's part, at most and at least.
const TASK_COLUMNS: [usize; 2] = [16, 4];
/// Tasks below which a product is cut finer.
const TASKS: usize = 8;
/// Packed panels made by one task.
const PACKED_PANELS: usize = 4;

/// `output = bias + lhs rhs` on all threads, cut into parts by the sizes alone.
pub(super) fn multiply_in_parts(
    output: &mut [f32],
    sizes: [usize; 3],
    lhs: View,
    rhs: View,
    bias: Option<&[f32]>,
) {
    let [m, k, n] = sizes;
    assert_eq!(output.len(), m * n);
    assert!(lhs.holds(m, k) && rhs.holds(k, n), "a product reads beyond its operands");
    #[cfg(target_arch = "x86_64")]
    if avx512::available() && few_rows::suits(sizes, rhs) {
        // SAFETY: the processor was asked, the operands were checked.
        unsafe { few_rows::multiply::<false>(output, sizes, lhs, rhs, bias) };
        return;
    }
    let out = Shared::new(output);
    let initial = bias.map_or(Initial::Zero, Initial::Rows);
    let (row_panels, column_panels) = (m.div_ceil(TILE_ROWS), n.div_ceil(TILE_COLUMNS));
    let rows = row_panels.div_ceil(row_panels.div_ceil(TASK_ROWS).max(1)).max(1);
    let [mut columns, least] = TASK_COLUMNS;
    while columns > least && row_panels.div_ceil(rows) * column_panels.div_ceil(columns) < TASKS {
        columns /= 2;
    }
    let across = column_panels.div_ceil(columns);
    let parts = (0..row_panels.div_ceil(rows) * across).into_par_iter().map(|part| {
        let (row, column) = (part / across * rows, part % across * columns);
        (row..row_panels.min(row + rows), column..column_panels.min(column + columns))
    });
    #[cfg(target_arch = "x86_64")]
    if m > FEW_ROWS && avx512::available() {
        let packed = Packed::new(lhs, rhs, sizes);
        // SAFETY: the processor was asked, the parts do not overlap and lie within the output.
        parts.for_each(|panels| unsafe {
            let target = Target { start: out.at(0), stride: n, initial };
            avx512::multiply_panels(target, sizes, 1.0, packed.operands(), panels);
        });
        return;
    }
    parts.for_each(|(rows, columns)| {
        let (row, column) = (rows.start * TILE_ROWS, columns.start * TILE_COLUMNS);
        let end = ((rows.end * TILE_ROWS).min(m), (columns.end * TILE_COLUMNS).min(n));
        let initial = bias.map_or(Initial::Zero, |bias| Initial::Rows(&bias[column..]));
        // SAFETY: the parts do not overlap and lie within the output.
        unsafe {
            let target = Target { start: out.at(row * n + column), stride: n, initial };
            let sizes = [end.0 - row, k, end.1 - column];
            multiply(target, sizes, 1.0, lhs.from(row, 0), rhs.from(0, column));
        }
    });
}

/// Both operands of a product, packed once for all threads.
#[cfg(target_arch = "x86_64")]
struct Packed {
    left: Vec<f32>,
    right: Vec<f32>,
}

#[cfg(target_arch = "x86_64")]
impl Packed {
    fn new(lhs: View, rhs: View, [m, k, n]: [usize; 3]) -> Self {
        let mut left = unfilled(avx512::packed_length::<TILE_ROWS>(m, k));
        let mut right = unfilled(avx512::packed_length::<TILE_COLUMNS>(n, k));
        let (to_left, to_right) = (Shared::new(&mut left), Shared::new(&mut right));
        let (row_panels, column_panels) = (m.div_ceil(TILE_ROWS), n.div_ceil(TILE_COLUMNS));
        let left_tasks = row_panels.div_ceil(PACKED_PANELS);
        let tasks = left_tasks + column_panels.div_ceil(PACKED_PANELS);
        let blocks = avx512::Blocks::new(k);
        let of = |task: usize, panels: usize| {
            let first = task * PACKED_PANELS;
            first..panels.min(first + PACKED_PANELS)
        };
        // SAFETY: `multiply_in_parts` checked the processor and the operands; each panel is one
        // task's.
        (0..tasks).into_par_iter().for_each(|task| unsafe {
            if task < left_tasks {
                for panel in of(task, row_panels) {
                    avx512::pack_panel::<TILE_ROWS>(to_left.at(0), lhs, m, panel, blocks);
                }
            } else {
                for panel in of(task - left_tasks, column_panels) {
                    let rhs = rhs.transposed();
                    avx512::pack_panel::<TILE_COLUMNS>(to_right.at(0), rhs, n, panel, blocks);
                }
            }
        });
        Self { left, right }
    }

    fn operands(&self) -> (avx512::Operand<'_>, avx512::Operand<'_>) {
        let packed = |buffer: &Vec<f32>| avx512::Operand::Packed(buffer.as_ptr());
        (packed(&self.left), packed(&self.right))
    }
}
