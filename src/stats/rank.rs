//! Exact rank tests: Mann–Whitney for independent samples, Wilcoxon's signed ranks for pairs.
//!
//! Both count every arrangement, so they hold at any sample size and need no normality; the price
//! is that few seeds cannot reach a small p (three against three: at best 0.1). Ties get midranks,
//! and the distribution is then the exact one given those midranks. Meant for seeds, not for
//! examples: above [`LARGEST_SAMPLE`] values they return `None`.

/// The largest total number of values the exact tests take.
pub const LARGEST_SAMPLE: usize = 200;

/// An exact rank test's statistic and two-sided p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankTest {
    /// Mann–Whitney: U of the first sample. Wilcoxon: the smaller of the two signed-rank sums.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// Exact Mann–Whitney U test of two independent samples.
///
/// `None` if a side is empty, the samples are too many, or a value is not finite.
pub fn mann_whitney_exact(a: &[f64], b: &[f64]) -> Option<RankTest> {
    let all: Vec<f64> = a.iter().chain(b).copied().collect();
    if a.is_empty() || b.is_empty() || !usable(&all) {
        return None;
    }
    let ranks = doubled_midranks(&all);
    let observed: usize = ranks[..a.len()].iter().sum();
    // ways[k][s]: number of ways to choose k values whose doubled ranks add up to s.
    let total: usize = ranks.iter().sum();
    let mut ways = vec![vec![0.0_f64; total + 1]; a.len() + 1];
    ways[0][0] = 1.0;
    for &rank in &ranks {
        for k in (1..=a.len()).rev() {
            for s in rank..=total {
                ways[k][s] += ways[k - 1][s - rank];
            }
        }
    }
    let expected = (a.len() * (all.len() + 1)) as f64;
    let n = a.len() as f64;
    Some(RankTest {
        statistic: observed as f64 / 2.0 - n * (n + 1.0) / 2.0,
        p: two_sided(&ways[a.len()], observed as f64, expected),
    })
}

/// Exact Wilcoxon signed-rank test of paired samples; pairs without a difference are dropped.
///
/// `None` if lengths differ, there are no pairs or too many, or a value is not finite. All pairs
/// equal gives p = 1.
pub fn wilcoxon_exact(a: &[f64], b: &[f64]) -> Option<RankTest> {
    if a.len() != b.len() || a.is_empty() {
        return None;
    }
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    if !usable(&difference) {
        return None;
    }
    let signed: Vec<f64> = difference.into_iter().filter(|d| *d != 0.0).collect();
    let magnitudes: Vec<f64> = signed.iter().map(|d| d.abs()).collect();
    let ranks = doubled_midranks(&magnitudes);
    let total: usize = ranks.iter().sum();
    let positive: usize =
        ranks.iter().zip(&signed).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
    let mut ways = vec![0.0_f64; total + 1];
    ways[0] = 1.0;
    for &rank in &ranks {
        for s in (rank..=total).rev() {
            ways[s] += ways[s - rank];
        }
    }
    Some(RankTest {
        statistic: positive.min(total - positive) as f64 / 2.0,
        p: two_sided(&ways, positive as f64, total as f64 / 2.0),
    })
}

fn usable(values: &[f64]) -> bool {
    values.len() <= LARGEST_SAMPLE && values.iter().all(|v| v.is_finite())
}

/// Share of the arrangements at least as far from the expected rank sum as the observed one.
fn two_sided(ways: &[f64], observed: f64, expected: f64) -> f64 {
    let distance = (observed - expected).abs();
    let extreme: f64 = ways
        .iter()
        .enumerate()
        .filter(|(sum, _)| (*sum as f64 - expected).abs() >= distance)
        .map(|(_, count)| count)
        .sum();
    extreme / ways.iter().sum::<f64>()
}

/// Twice the midrank of each value: whole numbers, ties share the middle of their ranks.
pub(super) fn doubled_midranks(values: &[f64]) -> Vec<usize> {
    values
        .iter()
        .map(|v| {
            let below = values.iter().filter(|w| *w < v).count();
            let equal = values.iter().filter(|w| *w == v).count();
            2 * below + equal + 1
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_against_three_cannot_go_below_one_tenth() {
        let test = mann_whitney_exact(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        assert_eq!(test.statistic, 0.0);
        assert!((test.p - 0.1).abs() < 1e-15);
    }

    #[test]
    fn identical_samples_give_p_one() {
        assert_eq!(mann_whitney_exact(&[1.0, 1.0], &[1.0, 1.0]).unwrap().p, 1.0);
        assert_eq!(wilcoxon_exact(&[1.0, 2.0], &[1.0, 2.0]).unwrap().p, 1.0);
    }

    #[test]
    fn ties_are_counted_over_the_midranks_they_share() {
        // Midranks 1.5, 1.5, 3, 4 and two of four chosen: 2 of 6 choices are as extreme as
        // {1.5, 1.5} and {3, 4}.
        let test = mann_whitney_exact(&[1.0, 1.0], &[2.0, 3.0]).unwrap();
        assert!((test.p - 2.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn empty_or_unaligned_samples_have_no_test() {
        assert_eq!(mann_whitney_exact(&[], &[1.0]), None);
        assert_eq!(wilcoxon_exact(&[1.0], &[1.0, 2.0]), None);
    }
}
