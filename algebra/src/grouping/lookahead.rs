//! TAG's inter-task affinity: what one task's step does to another task's loss (Fifty et al. 2021,
//! section 4).
//!
//! From shared parameters θ, task i alone takes a step of the optimiser; task j's loss on the same
//! batch with the moved trunk and j's unchanged head gives Zᵢⱼ = 1 - Lⱼ(θ′) / Lⱼ(θ). Positive: i helps
//! j. Averages over steps are the affinity. The step itself and its undoing belong to training. The
//! released code also divides by the learning rate: pass the rate to have that, which makes steps of a
//! schedule comparable.

use serde::{Deserialize, Serialize};

use super::{Affinity, Error};

/// Losses up to this are too close to zero for a ratio.
const SMALLEST_LOSS: f64 = 1e-8;

/// 1 - after / before: the share of the receiver's loss that the source's step took away.
///
/// `None` where the ratio means nothing: the loss before is not above 1e-8, the loss after is
/// negative, or one is not finite.
pub fn lookahead_affinity(before: f64, after: f64) -> Option<f64> {
    let meaningful = before.is_finite() && after.is_finite() && before > SMALLEST_LOSS;
    (meaningful && after >= 0.0).then(|| 1.0 - after / before).filter(|z| z.is_finite())
}

/// Running averages of lookahead affinities for all ordered pairs; can be saved and resumed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct LookaheadMean {
    tasks: usize,
    /// By receiver, then source.
    means: Vec<f64>,
    counts: Vec<u64>,
    /// Measurements that had no meaning, by receiver, then source.
    skipped: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct Unchecked {
    tasks: usize,
    means: Vec<f64>,
    counts: Vec<u64>,
    skipped: Vec<u64>,
}

impl LookaheadMean {
    /// No measurement yet.
    pub fn new(tasks: usize) -> Self {
        let pairs = tasks * tasks;
        Self { tasks, means: vec![0.0; pairs], counts: vec![0; pairs], skipped: vec![0; pairs] }
    }

    /// Takes in one measured step of one source: every task's loss before and after that step.
    /// Measurements without a meaningful ratio are counted apart. With a learning rate, affinities
    /// are divided by it.
    ///
    /// # Shapes
    /// `before`, `after`: `[tasks]`.
    ///
    /// # Errors
    /// A number of losses or a source that does not fit the tasks.
    pub fn record(
        &mut self,
        source: usize,
        before: &[f64],
        after: &[f64],
        learning_rate: Option<f64>,
    ) -> Result<(), Error> {
        let tasks = self.tasks;
        for (what, losses) in [("losses before the step", before), ("losses after it", after)] {
            if losses.len() != tasks {
                return Err(Error::Size { what: what.into(), tasks, found: losses.len() });
            }
        }
        if source >= tasks {
            let known = format!("0 to {}", tasks.saturating_sub(1));
            return Err(Error::UnknownTask { name: source.to_string(), known });
        }
        for (receiver, (before, after)) in before.iter().zip(after).enumerate() {
            let pair = receiver * tasks + source;
            let affinity = lookahead_affinity(*before, *after)
                .map(|z| learning_rate.map_or(z, |rate| z / rate))
                .filter(|z| z.is_finite());
            match affinity {
                Some(z) => {
                    self.counts[pair] += 1;
                    self.means[pair] += (z - self.means[pair]) / self.counts[pair] as f64;
                }
                None => self.skipped[pair] += 1,
            }
        }
        Ok(())
    }

    /// The average affinity of a source for a receiver; `None` before the first measurement.
    ///
    /// # Panics
    /// If an index is not below the number of tasks.
    pub fn mean(&self, receiver: usize, source: usize) -> Option<f64> {
        assert!(receiver < self.tasks && source < self.tasks, "{receiver} {source}");
        let pair = receiver * self.tasks + source;
        (self.counts[pair] > 0).then_some(self.means[pair])
    }

    /// Measurements left out so far, because their ratio meant nothing.
    pub fn skipped(&self) -> u64 {
        self.skipped.iter().sum()
    }

    /// The averages as affinities; an unmeasured diagonal is 0.
    ///
    /// # Errors
    /// A pair of different tasks without a measurement, or names that do not fit the tasks.
    pub fn affinity<N: Into<String>>(
        &self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Affinity, Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() != self.tasks {
            let (tasks, found) = (self.tasks, names.len());
            return Err(Error::Size { what: "the list of names".into(), tasks, found });
        }
        let entry = |receiver: usize, source: usize| match self.mean(receiver, source) {
            Some(mean) => Ok(mean),
            None if receiver == source => Ok(0.0),
            None => Err(Error::MissingPair {
                receiver: names[receiver].clone(),
                source_task: names[source].clone(),
            }),
        };
        let row = |receiver| (0..self.tasks).map(|source| entry(receiver, source)).collect();
        let values = (0..self.tasks).map(row).collect::<Result<_, _>>()?;
        Affinity::new(names, values)
    }
}

impl TryFrom<Unchecked> for LookaheadMean {
    type Error = Error;

    fn try_from(saved: Unchecked) -> Result<Self, Error> {
        let Unchecked { tasks, means, counts, skipped } = saved;
        let pairs = tasks.checked_mul(tasks);
        let damaged = |problem| Err(Error::DamagedState { tasks, problem });
        if [means.len(), counts.len(), skipped.len()].iter().any(|len| Some(*len) != pairs) {
            return damaged("expected one mean and two counts for every ordered pair");
        }
        if !means.iter().all(|mean| mean.is_finite()) {
            return damaged("a mean is not finite");
        }
        Ok(Self { tasks, means, counts, skipped })
    }
}

impl From<LookaheadMean> for Unchecked {
    fn from(mean: LookaheadMean) -> Self {
        let LookaheadMean { tasks, means, counts, skipped } = mean;
        Self { tasks, means, counts, skipped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affinity_is_the_share_of_the_loss_taken_away() {
        assert_eq!(lookahead_affinity(2.0, 1.5), Some(0.25));
        assert_eq!(lookahead_affinity(2.0, 3.0), Some(-0.5));
        assert_eq!(lookahead_affinity(2.0, 2.0), Some(0.0));
    }

    #[test]
    fn losses_without_a_meaningful_ratio_have_no_affinity() {
        let cases = [(0.0, 1.0), (1e-9, 1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, f64::NAN)];
        for (before, after) in cases.into_iter().chain([(f64::INFINITY, 1.0)]) {
            assert_eq!(lookahead_affinity(before, after), None, "{before} {after}");
        }
    }

    #[test]
    fn averages_go_to_receiver_by_source_and_leave_out_what_has_no_meaning() {
        let mut mean = LookaheadMean::new(2);
        mean.record(0, &[1.0, 2.0], &[0.5, 1.0], None).unwrap();
        mean.record(0, &[0.0, 2.0], &[0.5, 2.0], None).unwrap();
        assert_eq!((mean.mean(1, 0), mean.mean(0, 0)), (Some(0.25), Some(0.5)));
        assert_eq!((mean.mean(0, 1), mean.skipped()), (None, 1));
        let missing = mean.affinity(["a", "b"]).unwrap_err();
        assert!(missing.to_string().contains("of `b` for `a`"), "{missing}");
        mean.record(1, &[1.0, 0.0], &[1.5, 0.0], None).unwrap();
        let affinity = mean.affinity(["a", "b"]).unwrap();
        assert_eq!(affinity.values(), [[0.5, -0.5], [0.25, 0.0]]);
    }

    #[test]
    fn a_learning_rate_divides_and_wrong_lengths_are_refused() {
        let mut mean = LookaheadMean::new(1);
        mean.record(0, &[1.0], &[0.5], Some(0.1)).unwrap();
        assert_eq!(mean.mean(0, 0), Some(5.0));
        mean.record(0, &[1.0], &[0.5], Some(0.0)).unwrap();
        assert_eq!(mean.skipped(), 1);
        assert!(matches!(mean.record(0, &[1.0, 1.0], &[0.5], None), Err(Error::Size { .. })));
        assert!(matches!(mean.record(1, &[1.0], &[0.5], None), Err(Error::UnknownTask { .. })));
    }

    #[test]
    fn a_saved_average_resumes_exactly_and_a_damaged_one_is_refused() {
        let mut whole = LookaheadMean::new(2);
        whole.record(0, &[1.0, 3.0], &[0.9, 2.9], None).unwrap();
        let text = serde_json::to_string(&whole).unwrap();
        let mut resumed: LookaheadMean = serde_json::from_str(&text).unwrap();
        for mean in [&mut whole, &mut resumed] {
            mean.record(0, &[0.7, 2.0], &[0.6, 2.1], None).unwrap();
        }
        assert_eq!(whole, resumed);
        let damaged = text.replace("\"tasks\":2", "\"tasks\":3");
        assert!(serde_json::from_str::<LookaheadMean>(&damaged).is_err());
    }
}
