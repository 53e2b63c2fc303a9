//! A symmetric matrix as the vector of its upper triangle, off-diagonal entries times √2.
//!
//! In this form the inner product of two matrices, the sum over all entries of the products, is the
//! dot product of two vectors half as long: what a layer-by-layer comparison of Gram matrices spends
//! its time on.

use nalgebra::DMatrix;

use super::product::dot;

/// A symmetric matrix, packed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Packed(Vec<f64>);

impl Packed {
    /// Packs the upper triangle; the lower one is not looked at.
    ///
    /// # Shapes
    /// `symmetric`: `[n, n]`.
    pub(super) fn of(symmetric: &DMatrix<f64>) -> Self {
        let columns = symmetric.column_iter().enumerate();
        let entries = columns.flat_map(|(j, column)| {
            let above = (0..j).map(|i| std::f64::consts::SQRT_2 * column[i]);
            above.chain([column[j]]).collect::<Vec<_>>()
        });
        Self(entries.collect())
    }

    /// The Frobenius inner product.
    pub(super) fn dot(&self, other: &Self) -> f64 {
        dot(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dot_product_is_the_sum_over_all_entries() {
        let a = DMatrix::from_fn(5, 5, |i, j| ((i * j) as f64 + (i + j) as f64).sin());
        let b = DMatrix::from_fn(5, 5, |i, j| ((i * i * j * j) as f64).cos());
        let full: f64 = a.component_mul(&b).sum();
        assert!((Packed::of(&a).dot(&Packed::of(&b)) - full).abs() < 1e-13);
    }
}
