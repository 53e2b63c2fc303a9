//! CKA with a radial basis function kernel (Kornblith et al. 2019, section 3).
//!
//! The kernel is exp(-‖xᵢ - xⱼ‖² / 2σ²), σ a multiple of the root of the median squared distance between
//! rows, so that the index does not depend on the representation's scale. Small σ compares neighbourhoods; as σ
//! grows the index tends to linear CKA. It always works on n × n matrices: n²/2 numbers per layer.

use nalgebra::DMatrix;

use super::{Error, packed::Packed};

/// What RBF CKA needs of one side: the centred kernel matrix, scaled to norm 1.
#[derive(Debug, Clone)]
pub(super) struct Rbf(Packed);

impl Rbf {
    /// # Shapes
    /// `centred`: `[rows, features]`.
    ///
    /// # Errors
    /// Half of the rows are equal, or the kernel sees no difference between rows.
    pub(super) fn of(centred: &DMatrix<f64>, bandwidth: f64) -> Result<Self, Error> {
        let undefined = |reason| Error::Undefined { index: "rbf_cka", reason };
        let mut squared = squared_distances(centred);
        let median = median(&squared);
        // Relative to rows of magnitude 1, less is the rounding of equal rows.
        if median <= 1e-14 {
            return Err(undefined(
                "the median distance between rows is zero; use more different probe inputs",
            ));
        }
        let exponent = -1.0 / (2.0 * bandwidth * bandwidth * median);
        squared.apply(|d| *d = (exponent * *d).exp());
        let mut kernel = squared;
        centre_both_sides(&mut kernel);
        let norm = kernel.norm();
        if norm <= 1e-13 * kernel.nrows() as f64 {
            return Err(undefined(
                "the bandwidth is so large that the kernel is constant; choose a smaller one",
            ));
        }
        kernel.unscale_mut(norm);
        Ok(Self(Packed::of(&kernel)))
    }

    /// RBF CKA, in [0, 1].
    pub(super) fn cka(&self, other: &Self) -> f64 {
        self.0.dot(&other.0).clamp(0.0, 1.0)
    }
}

/// ‖xᵢ - xⱼ‖² for all pairs of rows.
fn squared_distances(rows: &DMatrix<f64>) -> DMatrix<f64> {
    let mut products = rows * rows.transpose();
    let norms = products.diagonal();
    for (j, mut column) in products.column_iter_mut().enumerate() {
        for (i, product) in column.iter_mut().enumerate() {
            *product = if i == j { 0.0 } else { (norms[i] + norms[j] - 2.0 * *product).max(0.0) };
        }
    }
    products
}

/// The median of all entries, the zero distances of rows to themselves among them, as in the paper's
/// released code.
fn median(squared: &DMatrix<f64>) -> f64 {
    let mut entries = squared.as_slice().to_vec();
    let upper = entries.len() / 2;
    let even = entries.len().is_multiple_of(2);
    let (below, middle, _) = entries.select_nth_unstable_by(upper, f64::total_cmp);
    let middle = *middle;
    match below.iter().copied().max_by(f64::total_cmp) {
        Some(lower) if even => 0.5 * (lower + middle),
        _ => middle,
    }
}

/// HKH: subtracts row and column means and adds the mean of all.
fn centre_both_sides(kernel: &mut DMatrix<f64>) {
    let means = kernel.row_mean();
    let all = means.mean();
    for (j, mut column) in kernel.column_iter_mut().enumerate() {
        for (i, value) in column.iter_mut().enumerate() {
            *value += all - means[i] - means[j];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_counts_every_pair_twice_and_every_row_with_itself() {
        // Points 0, 1, 3, 7 on a line: squared distances 1, 4, 9, 16, 36, 49 twice and four zeros.
        let line = DMatrix::from_column_slice(4, 1, &[0.0, 1.0, 3.0, 7.0]);
        assert_eq!(median(&squared_distances(&line)), 6.5);
        assert_eq!(median(&squared_distances(&line.rows(0, 3).into_owned())), 1.0);
    }

    #[test]
    fn equal_rows_and_a_constant_kernel_have_no_value() {
        let mut spike = DMatrix::zeros(9, 1);
        spike[0] = 1.0;
        assert!(Rbf::of(&spike, 0.5).unwrap_err().to_string().contains("median distance"));
        let line = DMatrix::from_fn(6, 1, |i, _| i as f64 / 6.0);
        assert!(Rbf::of(&line, 1e9).unwrap_err().to_string().contains("bandwidth"));
        assert!(Rbf::of(&line, 0.5).is_ok());
    }
}
