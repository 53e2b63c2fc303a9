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
use super::product::multiply_in_parts;
use super::rounding::round;
use super::view::View;
#[cfg(target_arch = "x86_64")]
use super::{avx512 as avx512f, few_rows};
use crate::kernels::precision::Bf16Unit;

impl Bf16Unit {
    /// That of this processor.
    pub fn here() -> Self {
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
    #[cfg(target_arch = "x86_64")]
    if avx512f::available() && few_rows::suits(sizes, rhs) {
        // SAFETY: the processor was asked, the operands were checked.
        unsafe { few_rows::multiply::<true>(output, sizes, lhs, rhs, bias) };
        return;
    }
    multiply_by(Bf16Unit::here(), output, sizes, (lhs, rhs), bias);
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

#[cfg(test)]
mod tests {
    use super::super::checks::check_products;
    use super::*;

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
            units.extend((Bf16Unit::here() == Bf16Unit::Amx).then_some(Bf16Unit::Amx));
        }
        let cases =
            [[1, 1, 1], [5, 3, 2], [32, 64, 32], [33, 31, 17], [300, 70, 600], [64, 33, 96]];
        for unit in units {
            check_products(&cases, true, |sizes, lhs, rhs, bias| {
                let mut output = vec![f32::NAN; sizes[0] * sizes[2]];
                multiply_by(unit, &mut output, sizes, (lhs, rhs), Some(bias));
                output
            });
        }
    }
}
