//! What all ways to make a product are tested with: numbers that no precision represents exactly, and products in
//! double precision.

use super::rounding::round;
use super::view::View;

/// Numbers in [-1, 1) that no precision represents exactly.
pub(super) fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / 2f32.powi(31) - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Compares products of these sizes, with a bias and in every transposition, with sums in double precision; of
/// operands rounded to bfloat16 where they should be.
pub(super) fn check_products(
    cases: &[[usize; 3]],
    rounded: bool,
    product: impl Fn([usize; 3], View, View, &[f32]) -> Vec<f32>,
) {
    let seen = |value: f32| f64::from(if rounded { round(value) } else { value });
    for &sizes in cases {
        let [m, k, n] = sizes;
        let (a, b, bias) = (numbers(m * k, 1), numbers(k * n, 2), numbers(n, 3));
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
            let output = product(sizes, lhs, rhs, &bias);
            for (row, column) in (0..m).flat_map(|row| (0..n).map(move |c| (row, c))) {
                let of_a = |i: usize| seen(a[if left_turned { i * m + row } else { row * k + i }]);
                let of_b =
                    |i: usize| seen(b[if right_turned { column * k + i } else { i * n + column }]);
                let sum: f64 = (0..k).map(|i| of_a(i) * of_b(i)).sum();
                let expected = sum + f64::from(bias[column]);
                let got = f64::from(output[row * n + column]);
                assert!(
                    (got - expected).abs() < 1e-5 * (k as f64).sqrt().max(1.0),
                    "{sizes:?} turned {left_turned} {right_turned}, rounded {rounded}, row {row}, column {column}: \
                     {got}, not {expected}"
                );
            }
        }
    }
}
