//! Welch's and the paired t-test, two-sided.
//!
//! Welch's test compares two methods whose seeds have nothing in common; the paired test, two
//! methods that share seeds (data order, initialisation), seed by seed. Where no variation was
//! observed the statistic does not exist: equal means then give p = 1, unequal means `None`,
//! because two or three identical scores are no evidence of zero variance.

use super::summary::{mean, t_quantile_975, variance};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A t statistic, its degrees of freedom and two-sided p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// The statistic; positive where the first sample's mean is larger.
    pub t: f64,
    /// Degrees of freedom (Welch–Satterthwaite for Welch's test).
    pub df: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// Welch's unequal-variance t-test of mean(a) = mean(b).
///
/// `None` with fewer than two values on a side, values that are not finite, or unequal means
/// without any variance.
pub fn welch_t(a: &[f64], b: &[f64]) -> Option<TTest> {
    let (standard_error, df) = welch_standard_error(a, b)?;
    t_test(mean(a) - mean(b), standard_error, df)
}

/// 95% interval of mean(a) − mean(b) by Welch's approximation; `None` as for [`welch_t`], and
/// where neither side varies.
pub fn welch_interval95(a: &[f64], b: &[f64]) -> Option<(f64, f64)> {
    let (standard_error, df) = welch_standard_error(a, b)?;
    if standard_error == 0.0 {
        return None;
    }
    let half = t_quantile_975(df)? * standard_error;
    let difference = mean(a) - mean(b);
    Some((difference - half, difference + half))
}

/// Paired t-test of mean(a − b) = 0, pair by pair.
///
/// `None` with fewer than two pairs, samples of unequal length, values that are not finite, or a
/// constant difference other than zero.
pub fn paired_t(a: &[f64], b: &[f64]) -> Option<TTest> {
    if a.len() != b.len() || a.len() < 2 || !all_finite(a) || !all_finite(b) {
        return None;
    }
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let n = difference.len() as f64;
    t_test(mean(&difference), (variance(&difference) / n).sqrt(), n - 1.0)
}

/// Standard error of the difference of means and Welch–Satterthwaite degrees of freedom.
fn welch_standard_error(a: &[f64], b: &[f64]) -> Option<(f64, f64)> {
    if a.len() < 2 || b.len() < 2 || !all_finite(a) || !all_finite(b) {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (va, vb) = (variance(a) / n, variance(b) / m);
    if va + vb == 0.0 {
        return Some((0.0, n + m - 2.0));
    }
    let df = (va + vb).powi(2) / (va.powi(2) / (n - 1.0) + vb.powi(2) / (m - 1.0));
    Some(((va + vb).sqrt(), df))
}

fn t_test(difference: f64, standard_error: f64, df: f64) -> Option<TTest> {
    if standard_error == 0.0 {
        // Rounding of the means must not turn equal scores into different ones.
        let equal = difference.abs() <= 1e-13;
        return equal.then_some(TTest { t: 0.0, df, p: 1.0 });
    }
    let t = difference / standard_error;
    let distribution = StudentsT::new(0.0, 1.0, df).ok()?;
    let p = (2.0 * distribution.cdf(-t.abs())).min(1.0);
    Some(TTest { t, df, p })
}

fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_no_p_value() {
        assert_eq!(welch_t(&[0.7], &[0.8, 0.9]), None);
        assert_eq!(paired_t(&[0.7], &[0.8]), None);
        assert_eq!(welch_interval95(&[0.7], &[0.8, 0.9]), None);
    }

    #[test]
    fn equal_constant_samples_give_p_one_and_unequal_ones_no_answer() {
        assert_eq!(welch_t(&[0.1, 0.1, 0.1], &[0.1, 0.1]).unwrap().p, 1.0);
        assert_eq!(welch_t(&[0.1, 0.1, 0.1], &[0.2, 0.2]), None);
        assert_eq!(paired_t(&[0.1, 0.4], &[0.1, 0.4]).unwrap().p, 1.0);
        assert_eq!(paired_t(&[1.5, 2.5], &[1.0, 2.0]), None);
    }

    #[test]
    fn the_welch_interval_excludes_zero_exactly_when_p_is_below_five_percent() {
        let a = [0.71, 0.72, 0.70];
        for b in [[0.69, 0.70, 0.68], [0.66, 0.67, 0.68], [0.70, 0.75, 0.65]] {
            let p = welch_t(&a, &b).unwrap().p;
            let (low, high) = welch_interval95(&a, &b).unwrap();
            assert_eq!(p < 0.05, low > 0.0 || high < 0.0, "p = {p}");
        }
    }
}
