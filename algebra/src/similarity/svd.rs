//! Singular values and left singular vectors of small dense matrices by one-sided Jacobi rotations.
//!
//! Rows are rotated in pairs until all are orthogonal: J M has orthogonal rows whose norms are the
//! singular values, and the columns of Jᵀ are the left singular vectors (Golub & Van Loan, section
//! 8.6.3). It is exact to rounding also for rank-deficient matrices and small singular values, which is
//! what canonical correlations need, and always gives a full orthogonal set of vectors. The eigenvectors
//! of M Mᵀ, which alone would lose the small values, are where it starts: then most pairs are orthogonal
//! already. Cubic in the number of rows: meant for hundreds, not thousands.

use nalgebra::{DMatrix, SymmetricEigen};

use super::product::{dot, transposed_product};

/// Sweeps after which to stop; two or three are usual.
const SWEEPS: usize = 60;

/// Singular values from the largest down, one per row, and as many left singular vectors as columns.
///
/// # Shapes
/// `matrix`: `[k, m]`; values `k`, vectors `[k, k]`. For k > m the last values are zeros.
pub(super) fn left_singular(matrix: &DMatrix<f64>) -> (Vec<f64>, DMatrix<f64>) {
    let rows = matrix.nrows();
    let mut vectors = nearly_left_singular(matrix);
    let mut rotated = transposed_product(matrix, &vectors);
    let tolerance = f64::EPSILON * (matrix.ncols() as f64).max(4.0);
    let mut squares: Vec<f64> = (0..rows).map(|p| square(column(&rotated, p))).collect();
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..rows {
            for q in p + 1..rows {
                let inner = dot(column(&rotated, p), column(&rotated, q));
                if inner.abs() <= tolerance * squares[p].sqrt() * squares[q].sqrt() {
                    continue;
                }
                let (cosine, sine) = rotation(squares[p], squares[q], inner);
                rotate(&mut rotated, p, q, cosine, sine);
                rotate(&mut vectors, p, q, cosine, sine);
                squares[p] = square(column(&rotated, p));
                squares[q] = square(column(&rotated, q));
                turned = true;
            }
        }
        if !turned {
            break;
        }
    }
    let norms: Vec<f64> = rotated.column_iter().map(|column| column.norm()).collect();
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|a, b| norms[*b].total_cmp(&norms[*a]));
    (order.iter().map(|i| norms[*i]).collect(), vectors.select_columns(&order))
}

/// The eigenvectors of M Mᵀ: quick, and left singular vectors to about half of the digits. The identity
/// where the iteration does not converge, from which the rotations arrive too, later.
fn nearly_left_singular(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let rows = matrix.nrows();
    let square = matrix * matrix.transpose();
    match SymmetricEigen::try_new(square, f64::EPSILON, 60 * rows) {
        Some(eigen) => eigen.eigenvectors,
        None => DMatrix::identity(rows, rows),
    }
}

/// The rotation that makes two vectors of these squared lengths and inner product orthogonal.
fn rotation(first: f64, second: f64, inner: f64) -> (f64, f64) {
    let zeta = (second - first) / (2.0 * inner);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    (cosine, cosine * tangent)
}

fn square(values: &[f64]) -> f64 {
    dot(values, values)
}

fn column(columns: &DMatrix<f64>, index: usize) -> &[f64] {
    let length = columns.nrows();
    &columns.as_slice()[index * length..][..length]
}

fn rotate(columns: &mut DMatrix<f64>, p: usize, q: usize, cosine: f64, sine: f64) {
    let length = columns.nrows();
    let (before, after) = columns.as_mut_slice().split_at_mut(q * length);
    let first = &mut before[p * length..][..length];
    for (a, b) in first.iter_mut().zip(&mut after[..length]) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(matrix: &DMatrix<f64>) -> Vec<f64> {
        let (values, vectors) = left_singular(matrix);
        let rows = matrix.nrows();
        let orthogonal = (vectors.tr_mul(&vectors) - DMatrix::identity(rows, rows)).amax();
        assert!(orthogonal < 1e-13, "vectors are orthogonal to {orthogonal}");
        // Uᵀ M Mᵀ U is diagonal, with the squared values.
        let image = vectors.tr_mul(matrix);
        let squares = DMatrix::from_diagonal(&nalgebra::DVector::from_iterator(
            rows,
            values.iter().map(|v| v * v),
        ));
        let error = (&image * image.transpose() - squares).amax();
        assert!(error < 1e-13 * values[0].powi(2), "diagonal to {error}");
        assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        values
    }

    #[test]
    fn wide_tall_and_rank_deficient_matrices_are_decomposed() {
        check(&DMatrix::from_fn(6, 9, |i, j| ((i * 5 + j * j) as f64).sin()));
        let tall = check(&DMatrix::from_fn(7, 3, |i, j| ((i * i + 4 * j) as f64).cos()));
        assert!(tall[3..].iter().all(|v| *v < 1e-14 * tall[0]));
        let deficient = check(&DMatrix::from_fn(5, 5, |i, j| (i as f64 + 1.0) * (j as f64 - 2.0)));
        assert!(deficient[1..].iter().all(|v| *v < 1e-14 * deficient[0]));
    }

    #[test]
    fn equal_singular_values_converge() {
        let rotated = DMatrix::from_row_slice(2, 2, &[0.6, 0.8, -0.8, 0.6]) * 3.0;
        let values = check(&rotated);
        assert!(values.iter().all(|v| (v - 3.0).abs() < 1e-14), "{values:?}");
        assert_eq!(check(&(DMatrix::identity(4, 4) * 3.0)), [3.0; 4]);
    }
}
