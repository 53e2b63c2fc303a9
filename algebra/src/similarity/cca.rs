//! Canonical correlations of two representations, averaged in three ways.
//!
//! The correlations are the singular values of QxᵀQy, where Q is an orthonormal basis of a side's
//! centred features. Mean CCA averages them over min(rank X, rank Y) directions. SVCCA (Raghu et al.
//! 2017) first keeps only the largest principal directions of each side, up to a share of its variance.
//! PWCCA (Morcos et al. 2018) weights each direction by how much of the first side's features it
//! accounts for, so it is not symmetric. Directions that rounding in double precision made up are left
//! out, so constant and repeated features do no harm; those of a network's single precision stay, but
//! SVCCA drops them. With hardly more rows than features every correlation is 1 whatever
//! the networks: use many more.

use nalgebra::DMatrix;

use super::{product::transposed_product, svd::left_singular};

/// The span of one side's features.
#[derive(Debug, Clone)]
pub(super) struct Span {
    /// Orthonormal columns, `[rows, rank]`.
    basis: DMatrix<f64>,
    /// The centred features, `[rows, features]`, which PWCCA weights by.
    features: DMatrix<f64>,
}

impl Span {
    /// All of the features' span. Features are first scaled to one length, since the span does not
    /// depend on it and the numerical rank then neither.
    ///
    /// # Shapes
    /// `centred`: `[rows, features]`, at least one of them varying.
    pub(super) fn of_all(centred: DMatrix<f64>) -> Self {
        let mut scaled = centred.clone();
        for mut feature in scaled.column_iter_mut() {
            // To a magnitude of 1 first: the square of a tiny feature would vanish.
            let largest = feature.amax();
            if largest > 0.0 {
                feature.iter_mut().for_each(|v| *v /= largest);
                let length = feature.norm();
                feature.unscale_mut(length);
            }
        }
        Self { basis: principal(scaled, |values| values.len()), features: centred }
    }

    /// The span of the fewest principal directions that hold the share of the variance.
    ///
    /// # Shapes
    /// `centred`: `[rows, features]`, at least one of them varying.
    pub(super) fn of_variance(centred: DMatrix<f64>, share: f64) -> Self {
        let fewest = |values: &[f64]| {
            let wanted = share * values.iter().map(|v| v * v).sum::<f64>();
            let mut held = 0.0;
            let enough = values.iter().position(|v| {
                held += v * v;
                held >= wanted
            });
            enough.map_or(values.len(), |at| at + 1)
        };
        Self { basis: principal(centred.clone(), fewest), features: centred }
    }

    /// The mean of the canonical correlations, in [0, 1].
    pub(super) fn mean_correlation(&self, other: &Self) -> f64 {
        let cosines = transposed_product(&self.basis, &other.basis);
        // Singular values do not care for the transpose, and fewer rows are less work.
        let cosines = if cosines.nrows() > cosines.ncols() { cosines.transpose() } else { cosines };
        let (correlations, _) = left_singular(&cosines);
        correlations.iter().map(|c| c.min(1.0)).sum::<f64>() / correlations.len() as f64
    }

    /// The mean of the canonical correlations by how much of this side's features they carry, in
    /// [0, 1].
    pub(super) fn weighted_correlation(&self, other: &Self) -> f64 {
        let cosines = transposed_product(&self.basis, &other.basis);
        let directions = cosines.nrows().min(cosines.ncols());
        let (correlations, vectors) = left_singular(&cosines);
        let carried = transposed_product(&(&self.basis * vectors), &self.features);
        let weights: Vec<f64> =
            carried.row_iter().take(directions).map(|row| row.lp_norm(1)).collect();
        let weighted: f64 = correlations.iter().zip(&weights).map(|(c, w)| c.min(1.0) * w).sum();
        weighted / weights.iter().sum::<f64>()
    }
}

/// Orthonormal principal directions of the columns: of those above rounding, given by their singular
/// values, the first `keep`.
fn principal(columns: DMatrix<f64>, keep: impl Fn(&[f64]) -> usize) -> DMatrix<f64> {
    let size = columns.nrows().max(columns.ncols()) as f64;
    let (orthonormal, triangle) = columns.qr().unpack();
    let (mut values, vectors) = left_singular(&triangle);
    let largest = values.first().copied().unwrap_or(0.0);
    values.retain(|v| *v > size * f64::EPSILON * largest);
    let kept = keep(&values).max(1);
    orthonormal * vectors.columns(0, kept)
}

#[cfg(test)]
mod tests {
    use super::{super::centre::centred, *};

    #[test]
    fn svcca_keeps_the_fewest_directions_that_hold_the_variance() {
        // Three orthogonal features with shares 0.9, 0.09 and 0.01 of the variance.
        let signs = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
        let scale = [0.9_f64.sqrt(), 0.3, 0.1];
        let features = centred(&DMatrix::from_fn(4, 3, |i, j| signs[i][j] * scale[j])).unwrap();
        for (share, rank) in [(0.5, 1), (0.91, 2), (0.98, 2), (0.995, 3), (1.0, 3)] {
            assert_eq!(Span::of_variance(features.clone(), share).basis.ncols(), rank, "{share}");
        }
    }

    #[test]
    fn dependent_constant_and_tiny_features_leave_the_right_rank() {
        let feature = |i: usize, j: usize| match j {
            0 => (i as f64).sin(),
            1 => 3.0,
            2 => 2.0 * (i as f64).sin() - 1.0,
            _ => 1e-200 * (i as f64).cos(),
        };
        let span = Span::of_all(centred(&DMatrix::from_fn(12, 4, feature)).unwrap());
        assert_eq!(span.basis.ncols(), 2);
        assert!((span.basis.tr_mul(&span.basis) - DMatrix::identity(2, 2)).amax() < 1e-14);
    }
}
