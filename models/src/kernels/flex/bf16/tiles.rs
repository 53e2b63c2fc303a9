//! A product cut into blocks of 32 rows and 32 columns: two tiles by two.

use rayon::prelude::*;

use super::super::buffer::Shared;
use super::super::view::View;
use super::pack::{LANES, Packed, Register, Registers};

/// Rows and columns of a block.
pub(super) const SIDE: usize = 2 * LANES;
/// Blocks of rows in a task's part of a product.
const TASK_ROWS: usize = 8;
/// Blocks of columns in a task's part.
const TASK_COLUMNS: usize = 12;

/// One block of a product.
pub(super) struct Block {
    /// First tiles of the two panels of each operand.
    pub left: [*const Register; 2],
    pub right: [*const Register; 2],
    /// Tiles in a panel.
    pub depth: usize,
    /// What every row is added to.
    pub initial: *const [f32; SIDE],
    /// Where it goes: 32 rows of 32, `stride` numbers apart.
    pub target: *mut f32,
    pub stride: usize,
}

/// Computes some blocks.
///
/// # Safety
/// The processor has what the function needs; operands and target are there.
pub(super) type Compute = unsafe fn(&mut dyn Iterator<Item = Block>);

/// `output = bias + lhs rhs`; the caller has checked the operands and the processor.
pub(super) fn multiply(
    compute: Compute,
    output: &mut [f32],
    [m, k, n]: [usize; 3],
    (lhs, rhs): (View, View),
    bias: Option<&[f32]>,
) {
    if m == 0 || n == 0 {
        return;
    }
    // SAFETY: the processor has AVX512-BF16, as each unit needs it, and the operands were checked.
    let (left, right) = unsafe {
        (
            Packed::new(lhs, (m, k), Registers::Lanes),
            Packed::new(rhs.transposed(), (n, k), Registers::Pairs),
        )
    };
    let out = Shared::new(output);
    let (rows, columns) = (m.div_ceil(SIDE), n.div_ceil(SIDE));
    let across = columns.div_ceil(TASK_COLUMNS);
    let tasks = rows.div_ceil(TASK_ROWS) * across;
    (0..tasks).into_par_iter().for_each(|task| {
        let (row, column) = (task / across * TASK_ROWS, task % across * TASK_COLUMNS);
        let mut edge = [0.0f32; SIDE * SIDE];
        let mut initial = [0.0f32; SIDE];
        for column in column..columns.min(column + TASK_COLUMNS) {
            let first = column * SIDE;
            let width = SIDE.min(n - first);
            if let Some(bias) = bias {
                initial[..width].copy_from_slice(&bias[first..first + width]);
            }
            let block = |row: usize, target: *mut f32, stride: usize| Block {
                left: [left.panel(2 * row), left.panel(2 * row + 1)],
                right: [right.panel(2 * column), right.panel(2 * column + 1)],
                depth: left.blocks(),
                initial: &raw const initial,
                target,
                stride,
            };
            let rows = row..rows.min(row + TASK_ROWS);
            let whole = if width == SIDE { rows.start..rows.end.min(m / SIDE) } else { row..row };
            let partial = whole.end..rows.end;
            // SAFETY: the processor was asked; whole blocks lie within the output and are this
            // task's.
            unsafe {
                compute(&mut whole.map(|row| block(row, out.at(row * SIDE * n + first), n)));
            }
            for row in partial {
                // SAFETY: the edge is ours, and what is copied lies within the output.
                unsafe {
                    compute(&mut std::iter::once(block(row, edge.as_mut_ptr(), SIDE)));
                    for (i, values) in edge.chunks_exact(SIDE).enumerate().take(m - row * SIDE) {
                        let to = out.at((row * SIDE + i) * n + first);
                        std::slice::from_raw_parts_mut(to, width).copy_from_slice(&values[..width]);
                    }
                }
            }
        }
    });
}
