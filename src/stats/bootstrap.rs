//! The paired bootstrap over examples (Efron & Tibshirani 1993; Berg-Kirkpatrick et al. 2012).
//!
//! Two systems answered the same examples. Examples are drawn with replacement, both systems are
//! scored on the same draw, and the spread of the difference says whether another dev set of this
//! size could have turned the observed one. The two-sided p is the share of resamples whose
//! difference lies at least as far from the observed one as that lies from zero, (k + 1)/(B + 1).
//! It speaks of the sampling of examples only, not of seeds. Resample `b` has its own ChaCha stream
//! of the seed, so results do not depend on the number of threads.

use rand::SeedableRng;
use rand::distr::{Distribution, Uniform};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Settings of a paired bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedBootstrap {
    /// Number of resamples B.
    pub resamples: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for PairedBootstrap {
    fn default() -> Self {
        Self { resamples: 10_000, seed: 0 }
    }
}

/// What a paired bootstrap found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapResult {
    /// Score of the first system minus that of the second on the examples as they are.
    pub difference: f64,
    /// 95% percentile interval of the difference.
    pub interval95: (f64, f64),
    /// Two-sided p-value.
    pub p: f64,
    /// Resamples on which a score was not a number (a correlation over constant values, say);
    /// they count as extreme in `p` and are left out of the interval.
    pub undefined: usize,
}

/// Why a paired bootstrap could not run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BootstrapError {
    /// The two systems' example lists differ in length.
    #[error(
        "paired bootstrap: the first system has {first} examples, the second {second}; align both \
         by example id"
    )]
    Unaligned {
        /// Examples of the first system.
        first: usize,
        /// Examples of the second system.
        second: usize,
    },
    /// No examples, or no resamples asked for.
    #[error(
        "paired bootstrap: needs at least one example and one resample, got {examples} and {resamples}"
    )]
    Empty {
        /// Number of examples.
        examples: usize,
        /// Number of resamples.
        resamples: usize,
    },
    /// The difference on the examples themselves is not finite.
    #[error(
        "paired bootstrap: the difference on the full set of examples is {difference}; check the scores"
    )]
    UndefinedScore {
        /// The difference.
        difference: f64,
    },
}

impl PairedBootstrap {
    /// Compares metrics that are means over examples: `a[i]` and `b[i]` are the two systems'
    /// contributions (1 or 0 for accuracy) of example `i`.
    pub fn of_means(&self, a: &[f64], b: &[f64]) -> Result<BootstrapResult, BootstrapError> {
        if a.len() != b.len() {
            return Err(BootstrapError::Unaligned { first: a.len(), second: b.len() });
        }
        let gain: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        self.of_metric(gain.len(), |draw| {
            draw.iter().map(|&i| gain[i]).sum::<f64>() / draw.len() as f64
        })
    }

    /// Compares any metric of a set of examples: `difference` gives the first system's score minus
    /// the second's on the examples drawn (indices below `examples`, with repeats).
    pub fn of_metric<F>(
        &self,
        examples: usize,
        difference: F,
    ) -> Result<BootstrapResult, BootstrapError>
    where
        F: Fn(&[usize]) -> f64 + Sync,
    {
        let resampled = self.resample(examples, difference)?;
        summarise(resampled.observed, resampled.scores)
    }

    /// Scores one system on the examples as they are and on every resample, to be compared with
    /// others by [`of_resampled`](Self::of_resampled) without scoring it again for each.
    pub fn resample<F>(&self, examples: usize, score: F) -> Result<Resampled, BootstrapError>
    where
        F: Fn(&[usize]) -> f64 + Sync,
    {
        let (Ok(index), true) = (Uniform::new(0, examples), self.resamples > 0) else {
            return Err(BootstrapError::Empty { examples, resamples: self.resamples });
        };
        let all: Vec<usize> = (0..examples).collect();
        let scores = (0..self.resamples)
            .into_par_iter()
            .map_init(
                || vec![0; examples],
                |draw, resample| {
                    let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                    rng.set_stream(resample as u64);
                    draw.fill_with(|| index.sample(&mut rng));
                    score(draw)
                },
            )
            .collect();
        Ok(Resampled { observed: score(&all), scores })
    }

    /// Compares two systems that were scored on the same resamples of the same examples.
    pub fn of_resampled(a: &Resampled, b: &Resampled) -> Result<BootstrapResult, BootstrapError> {
        if a.scores.len() != b.scores.len() {
            let (first, second) = (a.scores.len(), b.scores.len());
            return Err(BootstrapError::Unaligned { first, second });
        }
        let differences = a.scores.iter().zip(&b.scores).map(|(a, b)| a - b).collect();
        summarise(a.observed - b.observed, differences)
    }
}

/// One system's score on the examples as they are, and on every resample.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    observed: f64,
    scores: Vec<f64>,
}

fn summarise(observed: f64, mut resampled: Vec<f64>) -> Result<BootstrapResult, BootstrapError> {
    if !observed.is_finite() {
        return Err(BootstrapError::UndefinedScore { difference: observed });
    }
    let resamples = resampled.len();
    // A difference that is exactly as far away in theory may fall short by rounding.
    let reach = observed.abs() * (1.0 - 1e-12);
    let extreme =
        resampled.iter().filter(|d| !d.is_finite() || (*d - observed).abs() >= reach).count();
    resampled.retain(|d| d.is_finite());
    resampled.sort_by(f64::total_cmp);
    Ok(BootstrapResult {
        difference: observed,
        interval95: (
            quantile(&resampled, 0.025).unwrap_or(observed),
            quantile(&resampled, 0.975).unwrap_or(observed),
        ),
        p: (extreme + 1) as f64 / (resamples + 1) as f64,
        undefined: resamples - resampled.len(),
    })
}

/// Linear-interpolation quantile of sorted values; `None` if there are none.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let position = q * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    Some(sorted[low] + (sorted[high] - sorted[low]) * (position - low as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn systems() -> (Vec<f64>, Vec<f64>) {
        let a = (0..200).map(|i| f64::from(i % 5 != 0)).collect();
        let b = (0..200).map(|i| f64::from(i % 3 != 0)).collect();
        (a, b)
    }

    #[test]
    fn a_clear_difference_has_a_small_p_and_none_has_p_one() {
        let (a, b) = systems();
        let clear = PairedBootstrap::default().of_means(&a, &b).unwrap();
        assert!((clear.difference - 0.135).abs() < 1e-12);
        assert!(clear.p < 0.01 && clear.interval95.0 > 0.0, "{clear:?}");
        let none = PairedBootstrap::default().of_means(&a, &a).unwrap();
        assert_eq!((none.p, none.difference), (1.0, 0.0));
    }

    #[test]
    fn the_p_value_agrees_with_the_normal_approximation() {
        // 60 wins, 40 losses and 100 ties: z = 20 / sqrt(100 - 400 / 200) = 2.020, p = 0.0434.
        let a: Vec<f64> = (0..200).map(|i| f64::from(i < 60)).collect();
        let b: Vec<f64> = (0..200).map(|i| f64::from((60..100).contains(&i))).collect();
        let result = PairedBootstrap::default().of_means(&a, &b).unwrap();
        assert!((result.p - 0.0434).abs() < 0.01, "{result:?}");
    }

    #[test]
    fn the_result_is_the_same_with_any_number_of_threads() {
        let (a, b) = systems();
        let run = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
                .install(|| PairedBootstrap { resamples: 500, seed: 7 }.of_means(&a, &b))
        };
        assert_eq!(run(1), run(8));
    }

    #[test]
    fn undefined_resamples_are_counted_as_extreme() {
        let bootstrap = PairedBootstrap { resamples: 100, seed: 1 };
        let result =
            bootstrap.of_metric(2, |draw| if draw[0] == draw[1] { f64::NAN } else { 0.5 }).unwrap();
        assert!(result.undefined > 0);
        assert!(result.p * 101.0 >= result.undefined as f64);
        assert_eq!(result.interval95, (0.5, 0.5));
    }

    #[test]
    fn unaligned_or_empty_input_is_an_error() {
        let bootstrap = PairedBootstrap::default();
        let unaligned = bootstrap.of_means(&[1.0], &[]).unwrap_err();
        assert!(unaligned.to_string().contains("align"));
        assert!(bootstrap.of_means(&[], &[]).is_err());
        assert!(bootstrap.of_metric(3, |_| f64::NAN).is_err());
    }
}
