//! The mean over inputs of the cosine between the two networks' vectors for that input.
//!
//! It compares feature by feature and does not centre, so it means something only between networks
//! that started from the same weights, whose features still correspond.

use nalgebra::DMatrix;

use super::Error;

/// Mean cosine of corresponding rows, in [-1, 1].
///
/// # Shapes
/// Both `[rows, features]`, rows of length 1 as [`unit_rows`] makes them.
pub(super) fn mean_cosine(first: &DMatrix<f64>, second: &DMatrix<f64>) -> f64 {
    (first.dot(second) / first.nrows() as f64).clamp(-1.0, 1.0)
}

/// Rows scaled to length 1.
///
/// # Errors
/// A row is all zeros.
pub(super) fn unit_rows(values: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
    let mut unit = values.clone();
    for (index, mut row) in unit.row_iter_mut().enumerate() {
        let largest = row.amax();
        if largest == 0.0 {
            return Err(Error::ZeroRow { index: "cosine", row: index });
        }
        // Twice, so that squares neither overflow nor vanish.
        row.iter_mut().for_each(|v| *v /= largest);
        let length = row.norm();
        row.unscale_mut(length);
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_mean_of_the_rows_cosines_at_any_scale() {
        let first = DMatrix::from_row_slice(2, 2, &[1e200, 0.0, 0.0, 1e-200]);
        let second = DMatrix::from_row_slice(2, 2, &[3.0, 4.0, 0.0, -7.0]);
        let cosine = mean_cosine(&unit_rows(&first).unwrap(), &unit_rows(&second).unwrap());
        assert!((cosine - (0.6 - 1.0) / 2.0).abs() < 1e-15, "{cosine}");
        let zero = unit_rows(&DMatrix::from_row_slice(2, 1, &[1.0, 0.0]));
        assert_eq!(zero, Err(Error::ZeroRow { index: "cosine", row: 1 }));
    }
}
