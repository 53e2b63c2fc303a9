//! Matrix products of operands rounded to bfloat16 (to the nearest, ties to even) with sums in
//! float32, cut into parts by their sizes alone.
//!
//! Processors with AMX or AVX512-BF16 multiply bfloat16 pairs at several times float32's rate;
//! elsewhere the rounded numbers are multiplied in float32, which gives the same sums up to their
//! order at float32's speed. The first two flush subnormal numbers to zero.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod pack;
#[cfg(target_arch = "x86_64")]
mod tiles;

use rayon::prelude::*;

use super::buffer::{PIECE, unfilled};
use super::product::{View, multiply_in_parts};
use crate::kernels::Bf16Unit;

/// What this processor multiplies bfloat16 with.
pub(crate) fn unit() -> Bf16Unit {
    #[cfg(target_arch = "x86_64")]
    {
        static UNIT: std::sync::OnceLock<Bf16Unit> = std::sync::OnceLock::new();
        *UNIT.get_or_init(|| match (avx512::available(), amx::available()) {
            (true, true) => Bf16Unit::Amx,
            (true, false) => Bf16Unit::Avx512,
            _ => Bf16Unit::Emulated,
        })
    }
    #[cfg(not(target_arch = "x86_64"))]
    Bf16Unit::Emulated
}

/// `output = bias + lhs rhs` on all threads, sizes `[m, k, n]`.
pub(super) fn multiply(
    output: &mut [f32],
    sizes: [usize; 3],
    lhs: View,
    rhs: View,
    bias: Option<&[f32]>,
) {
    let [m, k, n] = sizes;
    assert_eq!(output.len(), m * n);
    assert!(lhs.holds(m, k) && rhs.holds(k, n), "a product reads beyond its operands");
    multiply_by(unit(), output, sizes, (lhs, rhs), bias);
}

fn multiply_by(
    unit: Bf16Unit,
    output: &mut [f32],
    sizes: [usize; 3],
    (lhs, rhs): (View, View),
    bias: Option<&[f32]>,
) {
    match unit {
        #[cfg(target_arch = "x86_64")]
        Bf16Unit::Amx => tiles::multiply(amx::block, output, sizes, (lhs, rhs), bias),
        #[cfg(target_arch = "x86_64")]
        Bf16Unit::Avx512 => tiles::multiply(avx512::block, output, sizes, (lhs, rhs), bias),
        _ => {
            let (left, right) = (rounded(lhs.values()), rounded(rhs.values()));
            multiply_in_parts(output, sizes, lhs.onto(&left), rhs.onto(&right), bias);
        }
    }
}

/// The numbers nearest to these that bfloat16 has.
fn rounded(values: &[f32]) -> Vec<f32> {
    let mut rounded = unfilled(values.len());
    rounded.par_chunks_mut(PIECE).zip(values.par_chunks(PIECE)).for_each(|(to, from)| {
        for (to, from) in to.iter_mut().zip(from) {
            *to = round(*from);
        }
    });
    rounded
}

fn round(value: f32) -> f32 {
    let bits = value.to_bits();
    if value.is_nan() {
        return value;
    }
    let carry = 0x7FFF + (bits >> 16 & 1);
    f32::from_bits((bits + carry) & 0xFFFF_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in [-1, 1) that no precision represents exactly.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as f32 / 2f32.powi(31) - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn rounding_is_to_the_nearest_and_ties_go_to_even() {
        let ulp = 2f32.powi(-7);
        assert_eq!(round(1.0 + ulp / 2.0), 1.0);
        assert_eq!(round(1.0 + 1.5 * ulp), 1.0 + 2.0 * ulp);
        assert_eq!(round(-1.0 - 0.51 * ulp), -1.0 - ulp);
        assert_eq!(round(f32::MAX), f32::INFINITY);
        assert!(round(f32::NAN).is_nan());
    }

    /// Every unit that this processor has, every transposition, full and partial tiles.
    #[test]
    fn products_are_those_of_the_rounded_operands() {
        let mut units = vec![Bf16Unit::Emulated];
        #[cfg(target_arch = "x86_64")]
        {
            units.extend(avx512::available().then_some(Bf16Unit::Avx512));
            units.extend((unit() == Bf16Unit::Amx).then_some(Bf16Unit::Amx));
        }
        let cases =
            [[1, 1, 1], [5, 3, 2], [32, 64, 32], [33, 31, 17], [300, 70, 600], [64, 33, 96]];
        for (sizes @ [m, k, n], unit) in
            cases.iter().flat_map(|c| units.iter().map(move |u| (*c, *u)))
        {
            let (a, b, bias) = (numbers(m * k, 1), numbers(k * n, 2), numbers(n, 3));
            let (r_a, r_b) = (rounded(&a), rounded(&b));
            for (left_turned, right_turned) in
                [(false, false), (true, false), (false, true), (true, true)]
            {
                let lhs = match left_turned {
                    true => View::rows(&a, m).transposed(),
                    false => View::rows(&a, k),
                };
                let rhs = match right_turned {
                    true => View::rows(&b, k).transposed(),
                    false => View::rows(&b, n),
                };
                let mut output = vec![f32::NAN; m * n];
                multiply_by(unit, &mut output, sizes, (lhs, rhs), Some(&bias));
                for (row, column) in (0..m).flat_map(|row| (0..n).map(move |c| (row, c))) {
                    let of_a = |i: usize| r_a[if left_turned { i * m + row } else { row * k + i }];
                    let of_b =
                        |i: usize| r_b[if right_turned { column * k + i } else { i * n + column }];
                    let sum: f64 = (0..k).map(|i| f64::from(of_a(i)) * f64::from(of_b(i))).sum();
                    let expected = sum + f64::from(bias[column]);
                    let got = f64::from(output[row * n + column]);
                    assert!(
                        (got - expected).abs() < 1e-5 * (k as f64).sqrt().max(1.0),
                        "{unit:?} {sizes:?} turned {left_turned} {right_turned}, row {row}, column {column}: {got}, not {expected}"
                    );
                }
            }
        }
    }
}
