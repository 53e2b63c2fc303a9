//! Eigenvalues of a Gramian above rounding, and functions of it such as its pseudo-inverse.

use nalgebra::{DMatrix, DVector};

/// Eigenvalues, largest first, and eigenvectors of a positive semi-definite matrix, without those at rounding level.
#[derive(Clone, Debug)]
pub struct Eigen {
    /// Largest first, all positive.
    pub values: Vec<f64>,
    /// One eigenvector of norm one per value.
    pub vectors: Vec<DVector<f64>>,
}

impl Eigen {
    /// Of a symmetric `matrix`, keeping eigenvalues above `tolerance` times the largest.
    pub fn of(matrix: &DMatrix<f64>, tolerance: f64) -> Self {
        let eigen = matrix.clone().symmetric_eigen();
        let largest = eigen.eigenvalues.iter().copied().fold(0.0, f64::max);
        let mut order: Vec<usize> = (0..matrix.nrows()).collect();
        order.retain(|&i| eigen.eigenvalues[i] > tolerance * largest);
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        Self {
            values: order.iter().map(|&i| eigen.eigenvalues[i]).collect(),
            vectors: order.iter().map(|&i| eigen.eigenvectors.column(i).into_owned()).collect(),
        }
    }

    /// V f(Λ) Vᵀ v.
    pub fn apply(&self, f: impl Fn(f64) -> f64, v: &DVector<f64>) -> Vec<f64> {
        let mut result = DVector::zeros(v.len());
        for (value, vector) in self.values.iter().zip(&self.vectors) {
            result += vector * (f(*value) * vector.dot(v));
        }
        result.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudo_inverse_times(matrix: &DMatrix<f64>, v: &[f64]) -> Vec<f64> {
        Eigen::of(matrix, 1e-12).apply(|value| 1.0 / value, &DVector::from_column_slice(v))
    }

    #[test]
    fn the_pseudo_inverse_inverts_what_is_regular_and_drops_the_rest() {
        let regular = DMatrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 3.0]);
        let solved = pseudo_inverse_times(&regular, &[5.0, 10.0]);
        assert!((solved[0] - 1.0).abs() < 1e-12 && (solved[1] - 3.0).abs() < 1e-12);
        let singular = DMatrix::from_row_slice(2, 2, &[1.0, 1.0, 1.0, 1.0]);
        let solved = pseudo_inverse_times(&singular, &[2.0, 2.0]);
        assert!((solved[0] - 1.0).abs() < 1e-12 && (solved[1] - 1.0).abs() < 1e-12);
        assert_eq!(pseudo_inverse_times(&DMatrix::zeros(2, 2), &[1.0, 1.0]), [0.0, 0.0]);
    }
}
