//! The matrix of inner products of the tasks' gradients, over the shared trunk's parameters alone.
//!
//! Nearly every gradient method is a function of this T×T matrix, so a learner reduces it on the device and reads it
//! once a step. Norms, cosines, conflicts and the condition number that studies report come from it too.

use nalgebra::DMatrix;

use super::{Result, WeightingError};

/// How far apart mirrored entries may be, relative to the product of the norms: rounding of float32 reductions.
const SYMMETRY: f64 = 1e-4;

/// Inner products ⟨gᵢ, gⱼ⟩ of T tasks' gradients: square, finite, symmetric, with squared norms on the diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct Gramian(DMatrix<f64>);

impl Gramian {
    /// From its rows; mirrored entries that differ by rounding are averaged.
    ///
    /// # Errors
    /// When rows are not as many as their entries, or the matrix is not finite, not symmetric, or has a negative
    /// diagonal.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self> {
        let tasks = rows.len();
        for (row, entries) in rows.iter().map(AsRef::as_ref).enumerate() {
            if entries.len() != tasks {
                let found = entries.len();
                return Err(WeightingError::NotSquare { row, expected: tasks, found });
            }
        }
        Self::checked(DMatrix::from_fn(tasks, tasks, |i, j| rows[i].as_ref()[j]))
    }

    /// From T×T entries, row by row, as read from a device.
    ///
    /// # Errors
    /// As [`Gramian::from_rows`].
    pub fn from_row_major(tasks: usize, entries: &[f64]) -> Result<Self> {
        if entries.len() != tasks * tasks {
            let row = entries.len() / tasks.max(1);
            let found = entries.len() % tasks.max(1);
            return Err(WeightingError::NotSquare { row, expected: tasks, found });
        }
        Self::checked(DMatrix::from_row_slice(tasks, tasks, entries))
    }

    /// Of gradients given as rows of equal length.
    ///
    /// # Errors
    /// When the gradients differ in length or are not finite.
    pub fn from_gradients<R: AsRef<[f64]>>(gradients: &[R]) -> Result<Self> {
        let expected = gradients.first().map_or(0, |g| g.as_ref().len());
        for (row, gradient) in gradients.iter().map(AsRef::as_ref).enumerate() {
            if gradient.len() != expected {
                return Err(WeightingError::NotSquare { row, expected, found: gradient.len() });
            }
        }
        let product = |i: usize, j: usize| {
            let (a, b): (&[f64], &[f64]) = (gradients[i].as_ref(), gradients[j].as_ref());
            a.iter().zip(b).map(|(x, y)| x * y).sum()
        };
        Self::checked(DMatrix::from_fn(gradients.len(), gradients.len(), product))
    }

    /// With the given norms and no inner products: for methods that read norms alone.
    ///
    /// # Errors
    /// When a norm is not finite.
    pub fn from_norms(norms: &[f64]) -> Result<Self> {
        let diagonal = |i: usize, j: usize| if i == j { norms[i] * norms[i] } else { 0.0 };
        Self::checked(DMatrix::from_fn(norms.len(), norms.len(), diagonal))
    }

    fn checked(mut matrix: DMatrix<f64>) -> Result<Self> {
        let tasks = matrix.nrows();
        if tasks == 0 {
            return Err(WeightingError::Empty);
        }
        for row in 0..tasks {
            for column in 0..tasks {
                let value = matrix[(row, column)];
                if !value.is_finite() {
                    return Err(WeightingError::NotFinite { row, column, value });
                }
            }
            if matrix[(row, row)] < 0.0 {
                return Err(WeightingError::NegativeNorm { task: row, value: matrix[(row, row)] });
            }
        }
        for row in 0..tasks {
            for column in 0..row {
                let (value, mirrored) = (matrix[(row, column)], matrix[(column, row)]);
                let norms = matrix[(row, row)].sqrt() * matrix[(column, column)].sqrt();
                if (value - mirrored).abs() > SYMMETRY * norms.max(value.abs()) {
                    return Err(WeightingError::NotSymmetric { row, column, value, mirrored });
                }
                let mean = value / 2.0 + mirrored / 2.0;
                matrix[(row, column)] = mean;
                matrix[(column, row)] = mean;
            }
        }
        Ok(Self(matrix))
    }

    /// Number of tasks T.
    pub fn tasks(&self) -> usize {
        self.0.nrows()
    }

    /// The matrix itself.
    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.0
    }

    /// ⟨gᵢ, gⱼ⟩.
    pub fn inner(&self, i: usize, j: usize) -> f64 {
        self.0[(i, j)]
    }

    /// ‖gᵢ‖ of every task.
    pub fn norms(&self) -> Vec<f64> {
        self.0.diagonal().iter().map(|x| x.sqrt()).collect()
    }

    /// The cosine of tasks i and j in [−1, 1]; 0 where a gradient is zero.
    pub fn cosine(&self, i: usize, j: usize) -> f64 {
        let norms = self.0[(i, i)].sqrt() * self.0[(j, j)].sqrt();
        if norms > 0.0 { (self.0[(i, j)] / norms).clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// All cosines, as a matrix with ones on the diagonal of tasks whose gradient is not zero.
    pub fn cosines(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.tasks(), self.tasks(), |i, j| self.cosine(i, j))
    }

    /// Σ ‖gᵢ‖².
    pub fn trace(&self) -> f64 {
        self.0.trace()
    }

    /// Largest over smallest eigenvalue; infinite where gradients are linearly dependent to rounding.
    pub fn condition_number(&self) -> f64 {
        let eigenvalues = self.0.symmetric_eigenvalues();
        let largest = eigenvalues.iter().copied().fold(0.0, f64::max);
        let smallest = eigenvalues.iter().copied().fold(largest, f64::min);
        let rounding = self.tasks() as f64 * f64::EPSILON * largest;
        if smallest > rounding { largest / smallest } else { f64::INFINITY }
    }

    /// Number of pairs of tasks whose gradients have a negative inner product.
    pub fn conflicts(&self) -> usize {
        (0..self.tasks()).map(|i| (0..i).filter(|&j| self.0[(i, j)] < 0.0).count()).sum()
    }

    /// ⟨gᵢ, Σ wⱼ gⱼ⟩ for every task: what an update along the weighted direction does to each loss, to first order.
    pub fn products_with(&self, weights: &[f64]) -> Vec<f64> {
        (0..self.tasks())
            .map(|i| weights.iter().enumerate().map(|(j, w)| self.0[(i, j)] * w).sum())
            .collect()
    }

    /// ‖Σ wᵢ gᵢ‖.
    pub fn norm_of(&self, weights: &[f64]) -> f64 {
        let products = self.products_with(weights);
        let squared: f64 = products.iter().zip(weights).map(|(p, w)| p * w).sum();
        squared.max(0.0).sqrt()
    }

    /// The Gramian of some of the tasks.
    pub(crate) fn of_tasks(&self, kept: &[usize]) -> Gramian {
        let entry = |i: usize, j: usize| self.0[(kept[i], kept[j])];
        Gramian(DMatrix::from_fn(kept.len(), kept.len(), entry))
    }

    /// The tasks whose gradient is not zero.
    pub(crate) fn not_at_rest(&self) -> Vec<usize> {
        (0..self.tasks()).filter(|&task| self.0[(task, task)] > 0.0).collect()
    }

    /// The Gramian of the gradients gᵢ sᵢ.
    pub(crate) fn scaled(&self, scales: &[f64]) -> Gramian {
        let entry = |i: usize, j: usize| self.0[(i, j)] * scales[i] * scales[j];
        Gramian(DMatrix::from_fn(self.tasks(), self.tasks(), entry))
    }

    /// The Gramian of the gradients gᵢ + s Σ mⱼ gⱼ.
    pub(crate) fn with_added(&self, m: &[f64], s: f64) -> Gramian {
        let tasks = self.tasks();
        let with_mean = self.products_with(m);
        let mean_squared: f64 = with_mean.iter().zip(m).map(|(product, m)| product * m).sum();
        let entry = |i: usize, j: usize| {
            self.0[(i, j)] + s * (with_mean[i] + with_mean[j]) + s * s * mean_squared
        };
        Gramian(DMatrix::from_fn(tasks, tasks, |i, j| {
            // Rounding must not leave a squared norm below zero.
            if i == j { entry(i, j).max(0.0) } else { entry(i, j) }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_two_gradients_are_those_of_geometry() {
        let gramian = Gramian::from_gradients(&[[3.0, 4.0], [-6.0, 8.0]]).unwrap();
        assert_eq!(gramian.norms(), [5.0, 10.0]);
        assert!((gramian.cosine(0, 1) - 14.0 / 50.0).abs() < 1e-15);
        assert_eq!(gramian.trace(), 125.0);
        assert_eq!(gramian.conflicts(), 0);
        assert_eq!(gramian.products_with(&[1.0, -1.0]), [11.0, -86.0]);
        assert!((gramian.norm_of(&[1.0, -1.0]) - 97.0_f64.sqrt()).abs() < 1e-12);
        let opposed = Gramian::from_gradients(&[[1.0, 0.0], [-1.0, 0.0]]).unwrap();
        assert_eq!((opposed.conflicts(), opposed.condition_number()), (1, f64::INFINITY));
        let scaled = Gramian::from_gradients(&[[2.0, 0.0], [0.0, 1.0]]).unwrap();
        assert!((scaled.condition_number() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_a_gramian_is_refused() {
        use WeightingError::*;
        let of = |rows: &[&[f64]]| Gramian::from_rows(rows).unwrap_err();
        assert_eq!(of(&[]), Empty);
        assert!(matches!(of(&[&[1.0, 0.0]]), NotSquare { row: 0, expected: 1, found: 2 }));
        assert!(matches!(of(&[&[f64::NAN]]), NotFinite { .. }));
        assert!(matches!(of(&[&[-1.0]]), NegativeNorm { task: 0, .. }));
        assert!(matches!(of(&[&[1.0, 0.5], &[0.6, 1.0]]), NotSymmetric { row: 1, .. }));
        assert!(matches!(Gramian::from_row_major(2, &[1.0; 3]), Err(NotSquare { .. })));
        assert!(Gramian::from_rows(&[[1.0, 0.5], [0.500001, 1.0]]).is_ok());
    }
}
