//! Mean, spread and 95% interval of one method's scores over seeds.
//!
//! The standard deviation divides by n − 1; the interval is Student's t on the mean. Scores of a
//! few seeds are not normal, so read the interval as a rough guide: with three seeds it is
//! ±2.5 standard deviations wide.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// What a sample says about its mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Number of values.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (n − 1); `None` for one value.
    pub sd: Option<f64>,
    /// Median; the mean of the middle two for an even number of values.
    pub median: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// 95% t interval of the mean; `None` for one value.
    pub interval95: Option<(f64, f64)>,
}

impl Summary {
    /// Summarises a sample; `None` if it is empty or holds a value that is not finite.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() || values.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let n = values.len();
        let mean = mean(values);
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
        let sd = (n > 1).then(|| variance(values).sqrt());
        let interval95 = sd.and_then(|sd| {
            let half = t_quantile_975((n - 1) as f64)? * sd / (n as f64).sqrt();
            Some((mean - half, mean + half))
        });
        Some(Self { n, mean, sd, median, min: sorted[0], max: sorted[n - 1], interval95 })
    }
}

/// The mean; NaN for an empty sample.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample variance (n − 1). A spread within rounding error of the values counts as zero, so
/// that equal scores are seen as equal.
pub(super) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let sum: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let variance = sum / (values.len() as f64 - 1.0);
    let scale = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    if variance.sqrt() <= scale * 1e-13 { 0.0 } else { variance }
}

/// The 97.5% quantile of Student's t; `None` unless `df` is positive.
pub(super) fn t_quantile_975(df: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, df).ok().map(|t| t.inverse_cdf(0.975))
}

/// Lower quartile, median and upper quartile.
pub fn quartiles(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (sorted.len().max(1) - 1) as f64;
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        let value = |i: usize| sorted.get(i).copied().unwrap_or(f64::NAN);
        value(low) + (value(high) - value(low)) * place.fract()
    };
    [at(0.25), at(0.5), at(0.75)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_three_values_uses_two_degrees_of_freedom() {
        let s = Summary::of(&[1.0, 2.0, 6.0]).unwrap();
        assert_eq!((s.n, s.mean, s.median, s.min, s.max), (3, 3.0, 2.0, 1.0, 6.0));
        assert!((s.sd.unwrap() - 7.0_f64.sqrt()).abs() < 1e-12);
        let half = 4.302652729749464 * (7.0_f64 / 3.0).sqrt();
        let (low, high) = s.interval95.unwrap();
        assert!((low - (3.0 - half)).abs() < 1e-8 && (high - (3.0 + half)).abs() < 1e-8);
    }

    #[test]
    fn one_value_has_no_spread_and_none_has_no_summary() {
        let s = Summary::of(&[0.5]).unwrap();
        assert_eq!((s.mean, s.sd, s.interval95), (0.5, None, None));
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[1.0, f64::NAN]), None);
    }

    #[test]
    fn equal_values_have_exactly_zero_spread() {
        let s = Summary::of(&[0.1, 0.1, 0.1]).unwrap();
        assert_eq!(s.sd, Some(0.0));
    }
}
