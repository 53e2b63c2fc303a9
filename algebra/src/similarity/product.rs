//! The two products that all indices are made of, in the form that is computed fastest.

use nalgebra::DMatrix;

/// AᵀB. Transposing first lets the blocked matrix product run, several times as fast as one dot product
/// per entry.
///
/// # Shapes
/// `[n, a]` and `[n, b]` to `[a, b]`.
pub(super) fn transposed_product(first: &DMatrix<f64>, second: &DMatrix<f64>) -> DMatrix<f64> {
    first.transpose() * second
}

/// The dot product in four partial sums, which the compiler can keep in one vector register.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (fours_a, rest_a) = a.as_chunks::<4>();
    let (fours_b, rest_b) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in fours_a.iter().zip(fours_b) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}
