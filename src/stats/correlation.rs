//! How strongly two measurements go together, with intervals.
//!
//! Pearson's and Spearman's correlation of paired values, each with two 95% intervals: Fisher's z (for ranks with the
//! variance of Bonett & Wright, 2000), which assumes independent pairs, and a percentile bootstrap over the pairs. With
//! few pairs both are rough: ten pairs leave an interval of about ±0.6 around zero, and below about eight the bootstrap
//! is too narrow. Values that belong to pairs of tasks are not independent, since every task is in several of them:
//! read their intervals as optimistic, and ask [`mantel`](super::mantel) for a p-value.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{rank::doubled_midranks, summary::mean};

/// The 97.5% quantile of the normal distribution.
const Z_975: f64 = 1.959_963_984_540_054;

/// Resamples of the bootstrap.
const RESAMPLES: usize = 5000;

/// What is correlated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrelationKind {
    /// The values.
    Pearson,
    /// Their ranks; ties share the middle of theirs.
    Spearman,
}

/// A correlation and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    pub kind: CorrelationKind,
    /// Number of pairs of values.
    pub n: usize,
    /// In [-1, 1].
    pub r: f64,
    /// 95% interval by Fisher's z; `None` below four pairs, or where the correlation is perfect.
    pub fisher95: Option<(f64, f64)>,
    /// 95% percentile interval of the bootstrap; `None` below four pairs.
    pub bootstrap95: Option<(f64, f64)>,
}

impl CorrelationKind {
    /// The correlation; `None` if lengths differ, a side does not vary, or a value is not finite.
    pub fn of(self, a: &[f64], b: &[f64]) -> Option<f64> {
        if a.len() != b.len() || a.iter().chain(b).any(|v| !v.is_finite()) {
            return None;
        }
        match self {
            Self::Pearson => product_moment(a, b),
            Self::Spearman => {
                let ranks = |values| -> Vec<f64> {
                    doubled_midranks(values).into_iter().map(|r| r as f64).collect()
                };
                product_moment(&ranks(a), &ranks(b))
            }
        }
    }

    /// The correlation with its intervals; resamples are drawn by the seed. `None` as for [`CorrelationKind::of`].
    pub fn with_intervals(self, a: &[f64], b: &[f64], seed: u64) -> Option<Correlation> {
        let r = self.of(a, b)?;
        let n = a.len();
        let bootstrap95 = (n >= 4).then(|| self.bootstrap(a, b, seed)).flatten();
        Some(Correlation { kind: self, n, r, fisher95: self.fisher(r, n), bootstrap95 })
    }

    fn fisher(self, r: f64, n: usize) -> Option<(f64, f64)> {
        if n < 4 || 1.0 - r.abs() < 1e-12 {
            return None;
        }
        let scale = match self {
            Self::Pearson => 1.0,
            Self::Spearman => (1.0 + r * r / 2.0).sqrt(),
        };
        let half = Z_975 * scale / (n as f64 - 3.0).sqrt();
        Some(((r.atanh() - half).tanh(), (r.atanh() + half).tanh()))
    }

    /// Resamples in which a side does not vary are left out.
    fn bootstrap(self, a: &[f64], b: &[f64], seed: u64) -> Option<(f64, f64)> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut drawn = Vec::with_capacity(RESAMPLES);
        for _ in 0..RESAMPLES {
            let draw: Vec<usize> = (0..a.len()).map(|_| rng.random_range(0..a.len())).collect();
            let of = |values: &[f64]| draw.iter().map(|&i| values[i]).collect::<Vec<_>>();
            drawn.extend(self.of(&of(a), &of(b)));
        }
        drawn.sort_by(f64::total_cmp);
        let at = |share: f64| drawn.get((share * drawn.len() as f64) as usize).copied();
        Some((at(0.025)?, at(0.975)?))
    }
}

fn product_moment(a: &[f64], b: &[f64]) -> Option<f64> {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.iter().zip(b).map(|(x, y)| of(x - mean_a, y - mean_b)).sum()
    };
    let (along_a, along_b) = (sum(&|x, _| x * x), sum(&|_, y| y * y));
    let scale = |values: &[f64]| values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let varies = |square: f64, values: &[f64]| {
        (square / values.len().max(1) as f64).sqrt() > 1e-13 * scale(values)
    };
    if !(varies(along_a, a) && varies(along_b, b)) {
        return None;
    }
    Some((sum(&|x, y| x * y) / (along_a.sqrt() * along_b.sqrt())).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anscombe_s_first_set_has_the_published_correlation_and_its_textbook_interval() {
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        let pearson = CorrelationKind::Pearson.with_intervals(&x, &y, 0).unwrap();
        assert!((pearson.r - 0.816_42).abs() < 1e-5, "{pearson:?}");
        // tanh(atanh(0.81642) ± 1.95996 / √8)
        let (low, high) = pearson.fisher95.unwrap();
        assert!((low - 0.424_39).abs() < 1e-4 && (high - 0.950_69).abs() < 1e-4, "{low} {high}");
        let (low, high) = pearson.bootstrap95.unwrap();
        assert!(low < 0.816 && 0.816 < high && low > 0.2, "{low} {high}");
        let spearman = CorrelationKind::Spearman.of(&x, &y).unwrap();
        assert!((spearman - 0.818_18).abs() < 1e-5, "{spearman}");
    }

    #[test]
    fn ranks_see_any_rising_curve_as_perfect_and_ties_share_their_rank() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        let y = [1.0, 10.0, 100.0, 1e4, 1e9];
        let perfect = CorrelationKind::Spearman.with_intervals(&x, &y, 0).unwrap();
        assert!((perfect.r - 1.0).abs() < 1e-12);
        assert_eq!(perfect.fisher95, None);
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / √(4.5 · 5).
        let tied = CorrelationKind::Spearman.of(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]);
        assert!((tied.unwrap() - 4.5 / 22.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_vary_or_does_not_match_has_no_correlation() {
        let kind = CorrelationKind::Pearson;
        assert_eq!(kind.of(&[0.1, 0.1, 0.1], &[1.0, 2.0, 3.0]), None);
        assert_eq!(kind.of(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(kind.of(&[], &[]), None);
        assert_eq!(kind.of(&[1.0, f64::NAN], &[1.0, 2.0]), None);
        let three = kind.with_intervals(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0], 0).unwrap();
        assert_eq!((three.fisher95, three.bootstrap95), (None, None));
    }
}
