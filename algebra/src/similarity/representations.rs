//! The representations of n probe inputs: a checked matrix with one row per input.

use nalgebra::DMatrix;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::Error;

/// Finite values, one row per probe input and one column per feature; at least two rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Representations(DMatrix<f64>);

impl Representations {
    /// Takes the values row by row.
    ///
    /// # Shapes
    /// `values`: `[rows, features]`, row-major.
    ///
    /// # Errors
    /// The number of values is not `rows × features`, there are fewer than two rows or no features, or
    /// a value is not finite.
    pub fn new(rows: usize, features: usize, values: &[f64]) -> Result<Self, Error> {
        if rows.checked_mul(features) != Some(values.len()) {
            return Err(Error::Size { rows, features, values: values.len() });
        }
        if rows < 2 {
            return Err(Error::TooFewRows { what: "representations", needed: 2, rows });
        }
        if features == 0 {
            return Err(Error::NoFeatures);
        }
        match values.iter().position(|v| !v.is_finite()) {
            Some(at) => Err(Error::NotFinite {
                row: at / features,
                feature: at % features,
                value: values[at],
            }),
            None => Ok(Self(DMatrix::from_row_slice(rows, features, values))),
        }
    }

    /// Takes single-precision values, as networks give them.
    ///
    /// # Shapes
    /// `values`: `[rows, features]`, row-major.
    ///
    /// # Errors
    /// As for [`Representations::new`].
    pub fn from_f32(rows: usize, features: usize, values: &[f32]) -> Result<Self, Error> {
        let values: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
        Self::new(rows, features, &values)
    }

    /// Takes one vector per row.
    ///
    /// # Errors
    /// Rows of different lengths, and as for [`Representations::new`].
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, Error> {
        let features = rows.first().map_or(0, |row| row.as_ref().len());
        if let Some(row) = rows.iter().position(|row| row.as_ref().len() != features) {
            let found = rows[row].as_ref().len();
            return Err(Error::Ragged { row, expected: features, found });
        }
        let values: Vec<f64> = rows.iter().flat_map(|row| row.as_ref()).copied().collect();
        Self::new(rows.len(), features, &values)
    }

    /// Number of rows: probe inputs.
    pub fn rows(&self) -> usize {
        self.0.nrows()
    }

    /// Number of columns: features.
    pub fn features(&self) -> usize {
        self.0.ncols()
    }

    /// The features of one row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> Vec<f64> {
        self.0.row(row).iter().copied().collect()
    }

    /// The same rows in an order drawn from the seed: the null control, in which every index that
    /// compares inputs should fall to its floor. Shuffle one side only; one seed shuffles both alike.
    pub fn shuffled(&self, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..self.rows()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        Self(self.0.select_rows(&order))
    }

    pub(super) fn matrix(&self) -> &DMatrix<f64> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_do_not_fill_the_matrix_or_are_not_finite_are_refused() {
        let size = Representations::new(2, 3, &[0.0; 5]);
        assert_eq!(size, Err(Error::Size { rows: 2, features: 3, values: 5 }));
        let infinite = Representations::new(2, 2, &[0.0, 1.0, 2.0, f64::INFINITY]).unwrap_err();
        assert!(infinite.to_string().contains("row 1, feature 1 is inf"), "{infinite}");
        assert!(matches!(
            Representations::from_rows(&[vec![1.0, 2.0], vec![1.0]]),
            Err(Error::Ragged { row: 1, expected: 2, found: 1 })
        ));
        assert!(matches!(Representations::new(1, 1, &[1.0]), Err(Error::TooFewRows { .. })));
        assert_eq!(Representations::new(2, 0, &[]), Err(Error::NoFeatures));
        assert_eq!(Representations::from_rows::<Vec<f64>>(&[]), Representations::new(0, 0, &[]));
    }

    #[test]
    fn shuffling_keeps_the_rows_and_follows_the_seed() {
        let rows: Vec<[f64; 2]> = (0..50).map(|i| [f64::from(i), f64::from(-i)]).collect();
        let x = Representations::from_rows(&rows).unwrap();
        let shuffled = x.shuffled(3);
        assert_eq!(shuffled, x.shuffled(3));
        assert_ne!(shuffled, x.shuffled(4));
        assert_ne!(shuffled, x);
        assert_eq!(x.row(7), [7.0, -7.0]);
        let mut first: Vec<f64> = shuffled.matrix().column(0).iter().copied().collect();
        assert!(shuffled.matrix().row_iter().all(|row| row[0] == -row[1]));
        first.sort_by(f64::total_cmp);
        assert_eq!(first, x.matrix().column(0).iter().copied().collect::<Vec<_>>());
    }
}
