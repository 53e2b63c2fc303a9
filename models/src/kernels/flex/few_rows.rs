//! Products of few rows, as in decoding: each weight is used a few times only, so that reading the
//! weights is most of the work. They are read once for every eight rows, where they lie and in the
//! order in which they lie, which the processor's prefetching follows; what a strip of columns sums
//! to stays in first-level cache. A row's sums do not depend on how many rows there are.

use std::arch::x86_64::*;

use rayon::prelude::*;

use super::{avx512::lane_mask, buffer::Shared, rounding::round, view::View};

/// Rows of a product up to which it is made here.
const MOST_ROWS: usize = 16;
/// Rows that are summed together.
const ROWS: usize = 8;
const LANES: usize = 16;
/// Columns of a strip: sums of 8 rows fill a third of first-level cache.
const STRIP: usize = 512;
/// Columns of a strip below which reading in order is lost.
const NARROWEST: usize = 128;
/// Steps of the inner dimension between writing sums and reading them again.
const STEPS: usize = 8;
/// Columns whose dot products are summed together.
const DOTS: usize = 3;

/// Whether such a product is made here; the processor has AVX-512F.
pub(super) fn suits([m, k, n]: [usize; 3], rhs: View) -> bool {
    m <= MOST_ROWS && k > 0 && n >= LANES && (rhs.column_stride() == 1 || rhs.row_stride() == 1)
}

/// `output = bias + lhs rhs` on all threads; of operands rounded to bfloat16 where `ROUNDED`.
///
/// # Safety
/// The processor has AVX-512F, the product is one that [`suits`], the views hold `m × k` and `k × n`,
/// and the output has `m × n` numbers.
pub(super) unsafe fn multiply<const ROUNDED: bool>(
    output: &mut [f32],
    [m, k, n]: [usize; 3],
    lhs: View,
    rhs: View,
    bias: Option<&[f32]>,
) {
    let in_order = rhs.column_stride() == 1;
    // Eight rows side by side for each step, or one after the other, padded with zeros.
    let padded = k.next_multiple_of(LANES);
    let mut left = vec![0.0; m.div_ceil(ROWS) * ROWS * padded];
    for row in 0..m {
        let group = row / ROWS * ROWS * padded;
        for step in 0..k {
            // SAFETY: the view holds these rows and steps.
            let value = unsafe { *lhs.at(row, step) };
            let place = match in_order {
                true => step * ROWS + row % ROWS,
                false => row % ROWS * padded + step,
            };
            left[group + place] = if ROUNDED { round(value) } else { value };
        }
    }
    let out = Shared::new(output);
    // A column's sums do not depend on the strip that it is in.
    let threads = rayon::current_num_threads();
    let width = n.div_ceil(threads).next_multiple_of(LANES).clamp(NARROWEST, STRIP);
    (0..n.div_ceil(width)).into_par_iter().for_each(|strip| {
        let first = strip * width;
        let columns = width.min(n - first);
        for (group, left) in left.chunks_exact(ROWS * padded).enumerate() {
            let mut sums = [0.0_f32; ROWS * STRIP];
            // SAFETY: the strip's columns are the operands', the group's rows padded; the processor
            // and the sizes are the caller's word.
            unsafe {
                let start = rhs.at(0, first);
                match in_order {
                    true => {
                        stream::<ROUNDED>(&mut sums, left, start, rhs.row_stride(), [k, columns])
                    }
                    false => {
                        dots::<ROUNDED>(&mut sums, left, start, rhs.column_stride(), [k, columns]);
                    }
                }
            }
            for row in group * ROWS..m.min((group + 1) * ROWS) {
                // SAFETY: the output has this row, and no other task has these columns.
                let to =
                    unsafe { std::slice::from_raw_parts_mut(out.at(row * n + first), columns) };
                let from = &sums[row % ROWS * STRIP..][..columns];
                match bias {
                    Some(bias) => {
                        let bias = &bias[first..first + columns];
                        to.iter_mut().zip(from).zip(bias).for_each(|((t, s), b)| *t = s + b);
                    }
                    None => to.copy_from_slice(from),
                }
            }
        }
    });
}

/// Adds the products of eight rows, side by side, with columns that lie side by side, step by step.
///
/// # Safety
/// The processor has AVX-512F; `left` holds eight numbers for each of `steps`, and `right` that many
/// rows of `columns`, at most a strip of them, `stride` apart.
#[target_feature(enable = "avx512f")]
unsafe fn stream<const ROUNDED: bool>(
    sums: &mut [f32; ROWS * STRIP],
    left: &[f32],
    right: *const f32,
    stride: usize,
    [steps, columns]: [usize; 2],
) {
    for from in (0..steps).step_by(STEPS) {
        for column in (0..columns).step_by(LANES) {
            let keep = lane_mask(columns - column);
            // SAFETY: masks keep reads of the right operand within its columns; sums are padded.
            unsafe {
                let mut sum = [_mm512_setzero_ps(); ROWS];
                for (row, sum) in sum.iter_mut().enumerate() {
                    *sum = _mm512_loadu_ps(sums.as_ptr().add(row * STRIP + column));
                }
                for step in from..steps.min(from + STEPS) {
                    let right = right.add(step * stride + column);
                    let right = operand::<ROUNDED>(_mm512_maskz_loadu_ps(keep, right));
                    let left = left.as_ptr().add(step * ROWS);
                    // Written out, because the compiler leaves the sums in memory where it keeps
                    // the loop.
                    macro_rules! add_rows {
                        ($($row:literal)*) => {$(
                            let factor = _mm512_set1_ps(*left.add($row));
                            sum[$row] = _mm512_fmadd_ps(factor, right, sum[$row]);
                        )*};
                    }
                    add_rows!(0 1 2 3 4 5 6 7);
                }
                for (row, sum) in sum.iter().enumerate() {
                    _mm512_storeu_ps(sums.as_mut_ptr().add(row * STRIP + column), *sum);
                }
            }
        }
    }
}

/// Dot products of eight rows with columns each of whose steps lie side by side.
///
/// # Safety
/// As of [`stream`], but `left` holds eight rows one after the other, padded with zeros to full
/// registers, and columns are `stride` apart.
#[target_feature(enable = "avx512f")]
unsafe fn dots<const ROUNDED: bool>(
    sums: &mut [f32; ROWS * STRIP],
    left: &[f32],
    right: *const f32,
    stride: usize,
    [steps, columns]: [usize; 2],
) {
    let whole = columns / DOTS * DOTS;
    // SAFETY: the columns are the operand's, by the caller's word.
    unsafe {
        for column in (0..whole).step_by(DOTS) {
            let place = (sums.as_mut_ptr().add(column), right.add(column * stride), stride);
            dots_of::<ROUNDED, DOTS>(place, left, steps);
        }
        for column in whole..columns {
            let place = (sums.as_mut_ptr().add(column), right.add(column * stride), stride);
            dots_of::<ROUNDED, 1>(place, left, steps);
        }
    }
}

/// # Safety
/// As of [`dots`].
#[target_feature(enable = "avx512f")]
unsafe fn dots_of<const ROUNDED: bool, const COLUMNS: usize>(
    (sums, right, stride): (*mut f32, *const f32, usize),
    left: &[f32],
    steps: usize,
) {
    let padded = left.len() / ROWS;
    let mut sum = [[_mm512_setzero_ps(); COLUMNS]; ROWS];
    // SAFETY: masks keep reads of the right operand within its steps; the left one is padded.
    unsafe {
        for step in (0..steps).step_by(LANES) {
            let keep = lane_mask(steps - step);
            let mut of_right = [_mm512_setzero_ps(); COLUMNS];
            for (column, register) in of_right.iter_mut().enumerate() {
                let place = right.add(column * stride + step);
                *register = operand::<ROUNDED>(_mm512_maskz_loadu_ps(keep, place));
            }
            macro_rules! add_rows {
                ($($row:literal)*) => {$(
                    let row = _mm512_loadu_ps(left.as_ptr().add($row * padded + step));
                    for (sum, right) in sum[$row].iter_mut().zip(&of_right) {
                        *sum = _mm512_fmadd_ps(row, *right, *sum);
                    }
                )*};
            }
            add_rows!(0 1 2 3 4 5 6 7);
        }
        for (row, of_row) in sum.iter().enumerate() {
            for (column, sum) in of_row.iter().enumerate() {
                *sums.add(row * STRIP + column) = _mm512_reduce_add_ps(*sum);
            }
        }
    }
}

/// Numbers as they are, or the nearest ones that bfloat16 has.
#[target_feature(enable = "avx512f")]
fn operand<const ROUNDED: bool>(values: __m512) -> __m512 {
    if !ROUNDED {
        return values;
    }
    let bits = _mm512_castps_si512(values);
    let is_odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
    let carry = _mm512_add_epi32(_mm512_set1_epi32(0x7FFF), is_odd);
    let kept = _mm512_set1_epi32(0xFFFF_0000_u32 as i32);
    let rounded = _mm512_and_si512(_mm512_add_epi32(bits, carry), kept);
    let is_nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(values, values);
    _mm512_castsi512_ps(_mm512_mask_mov_epi32(rounded, is_nan, bits))
}

#[cfg(test)]
mod tests {
    use super::super::{
        avx512,
        checks::{check_products, numbers},
    };
    use super::*;

    fn product(sizes: [usize; 3], lhs: View, rhs: View, bias: &[f32], rounded: bool) -> Vec<f32> {
        let [m, _, n] = sizes;
        assert!(suits(sizes, rhs));
        let mut output = vec![f32::NAN; m * n];
        // SAFETY: the callers asked the processor, and made operands of these sizes.
        unsafe {
            match rounded {
                true => multiply::<true>(&mut output, sizes, lhs, rhs, Some(bias)),
                false => multiply::<false>(&mut output, sizes, lhs, rhs, Some(bias)),
            }
        }
        output
    }

    fn is_skipped() -> bool {
        if !avx512::available() {
            eprintln!("skipped: this processor has no AVX-512");
        }
        !avx512::available()
    }

    /// Full and partial strips, registers and groups of rows; both layouts of the right operand.
    #[test]
    fn products_are_sums_of_products() {
        if is_skipped() {
            return;
        }
        let cases = [[1, 1, 16], [3, 5, 17], [8, 16, 256], [9, 33, 300], [16, 70, 1100]];
        for rounded in [false, true] {
            check_products(&cases, rounded, |sizes, lhs, rhs, bias| {
                product(sizes, lhs, rhs, bias, rounded)
            });
        }
    }

    #[test]
    fn a_row_is_the_same_alone_and_among_others() {
        if is_skipped() {
            return;
        }
        let [m, k, n] = [13, 40, 530];
        let (a, b, bias) = (numbers(m * k, 4), numbers(k * n, 5), numbers(n, 6));
        for rhs in [View::rows(&b, n), View::rows(&b, k).transposed()] {
            let together = product([m, k, n], View::rows(&a, k), rhs, &bias, false);
            for row in 0..m {
                let row_of_a = View::rows(&a[row * k..], k);
                let alone = product([1, k, n], row_of_a, rhs, &bias, false);
                assert_eq!(alone, together[row * n..(row + 1) * n], "row {row}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_stays_so_when_it_is_rounded() {
        if is_skipped() {
            return;
        }
        let mut b = numbers(20 * 32, 6);
        // The rounding's carry would turn these bits into a zero.
        b[5 * 32 + 7] = f32::from_bits(0x7FFF_FFFF);
        let a = numbers(20, 7);
        let (lhs, rhs) = (View::rows(&a, 20), View::rows(&b, 32));
        let output = product([1, 20, 32], lhs, rhs, &numbers(32, 8), true);
        let wrong: Vec<usize> = (0..32).filter(|&column| output[column].is_nan()).collect();
        assert_eq!(wrong, [7]);
    }
}
