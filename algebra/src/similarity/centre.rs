//! Centring of features, at a scale where squares neither overflow nor vanish.
//!
//! Every index that centres is unchanged when a whole representation is multiplied by a number, so
//! the result is scaled to a largest magnitude of one.

use nalgebra::DMatrix;

/// Spread of a feature, relative to its magnitude, up to which it is a constant and rounding.
const CONSTANT: f64 = 4.0 * f64::EPSILON;

/// The features minus their means, scaled to a largest magnitude of 1; constant features become exact
/// zeros. `None` if no feature varies.
///
/// # Shapes
/// `[rows, features]` in and out.
pub(super) fn centred(values: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let largest = values.amax();
    if largest == 0.0 {
        return None;
    }
    let mut centred = values.map(|v| v / largest);
    for mut feature in centred.column_iter_mut() {
        if feature.max() - feature.min() <= CONSTANT * feature.amax() {
            feature.fill(0.0);
        } else {
            let mean = feature.mean();
            feature.add_scalar_mut(-mean);
        }
    }
    let largest = centred.amax();
    (largest > 0.0).then(|| centred.map(|v| v / largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_feature_becomes_zero_whatever_its_mean_rounds_to() {
        let values = DMatrix::from_fn(7, 2, |i, j| if j == 0 { 0.1 } else { i as f64 });
        let centred = centred(&values).unwrap();
        assert!(centred.column(0).iter().all(|v| *v == 0.0));
        let expected = DMatrix::from_fn(7, 1, |i, _| i as f64 / 3.0 - 1.0);
        assert!((centred.columns(1, 1) - expected).amax() < 1e-15);
    }

    #[test]
    fn extreme_scales_stay_finite() {
        let shape = |scale: f64| DMatrix::from_fn(4, 1, |i, _| scale * (i as f64 - 1.0));
        for scale in [1e-310, 1e300] {
            let centred = centred(&shape(scale)).unwrap();
            assert!((centred[0] + 1.0).abs() < 1e-9, "{centred}");
        }
        assert_eq!(centred(&DMatrix::from_element(3, 2, 5.0)), None);
        assert_eq!(centred(&DMatrix::zeros(3, 2)), None);
    }
}
