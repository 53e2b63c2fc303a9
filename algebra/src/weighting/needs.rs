//! What a weighting asks of the learner beside the losses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a learner must supply to a weighting at every step, beside the losses.
///
/// ```
/// use taskgraft_algebra::weighting::Needs;
///
/// // Losses and inner products of gradients, and once more the losses after the update.
/// let needs = Needs { losses_after: true, ..Needs::GRAMIAN };
/// assert!(needs.task_gradients());
/// assert!(!Needs::LOSSES.task_gradients()); // one backward pass, over the weighted sum
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needs {
    /// How much of the Gramian.
    pub gramian: GramianNeed,
    /// Whether the losses of the same batch after the update are to be given to
    /// [`observe_losses_after`](super::Weighting::observe_losses_after).
    pub losses_after: bool,
    /// Whether the weights are the same whatever the losses, so that a learner may ask for them before it has any, with
    /// zeros in their place.
    pub known_before: bool,
    /// Where set, moving averages of the gradients take the place of the gradients.
    pub tracking: Option<Tracking>,
}

/// How much of the Gramian a weighting reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GramianNeed {
    /// Losses are enough: one backward pass over the weighted sum.
    None,
    /// The norms on the diagonal.
    Norms,
    /// All of it.
    Full,
}

/// Moving averages yᵢ that a learner keeps in place of gradients, starting from zero.
///
/// At every step yᵢ ← yᵢ + rate · (sᵢ gᵢ − yᵢ), with [`rate`](Tracking::rate) and [`scales`](Tracking::scales) from
/// here. The Gramian given to the weighting is that of the yᵢ after this, and the update is along Σ wᵢ yᵢ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracking {
    /// What is averaged.
    pub scale: TrackingScale,
    /// Rate at the first step, b in the papers' b k^−s.
    pub beta: f64,
    /// Decay s of the rate with the step k, counted from 1.
    pub decay: f64,
    /// Whether b k^−s is what is kept of the average, rather than what is taken of the new gradient.
    pub beta_is_kept: bool,
}

/// What of a task's gradient enters its moving average.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrackingScale {
    /// The gradient.
    Raw,
    /// The gradient of the logarithm of the loss: g / L.
    LogLoss,
    /// The unit gradient times the loss: g L / ‖g‖.
    UnitTimesLoss,
}

/// Keeps a division by a loss or a norm of zero finite.
const TINY: f64 = 1e-8;

impl Needs {
    /// The losses of the step.
    pub const LOSSES: Needs = Needs {
        gramian: GramianNeed::None,
        losses_after: false,
        known_before: false,
        tracking: None,
    };
    /// Nothing: weights that do not depend on the losses.
    pub const NOTHING: Needs = Needs { known_before: true, ..Needs::LOSSES };
    /// The losses and the norms of the gradients.
    pub const NORMS: Needs = Needs { gramian: GramianNeed::Norms, ..Needs::LOSSES };
    /// The losses and the Gramian.
    pub const GRAMIAN: Needs = Needs { gramian: GramianNeed::Full, ..Needs::LOSSES };

    /// Whether every task's gradient is to be computed by itself, rather than that of the weighted sum of losses.
    pub fn task_gradients(&self) -> bool {
        self.gramian != GramianNeed::None || self.tracking.is_some()
    }
}

impl Tracking {
    /// Share of the new gradient that enters the average at `step`, counted from 0.
    pub fn rate(&self, step: u64) -> f64 {
        let decayed = self.beta / ((step + 1) as f64).powf(self.decay);
        if self.beta_is_kept { 1.0 - decayed } else { decayed }
    }

    /// Factors sᵢ of the raw gradients, from the step's losses and the raw gradients' norms.
    pub fn scales(&self, losses: &[f64], norms: &[f64]) -> Vec<f64> {
        let pairs = losses.iter().zip(norms);
        pairs
            .map(|(loss, norm)| match self.scale {
                TrackingScale::Raw => 1.0,
                TrackingScale::LogLoss => 1.0 / (loss + TINY),
                TrackingScale::UnitTimesLoss => loss / (norm + TINY),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_losses_alone_needs_no_gradient_per_task() {
        assert!(!Needs { losses_after: true, ..Needs::LOSSES }.task_gradients());
        assert!(Needs::NORMS.task_gradients() && Needs::GRAMIAN.task_gradients());
    }

    #[test]
    fn rates_decay_with_the_step_and_may_be_what_is_kept() {
        let taken =
            Tracking { scale: TrackingScale::Raw, beta: 0.5, decay: 0.5, beta_is_kept: false };
        assert_eq!((taken.rate(0), taken.rate(3)), (0.5, 0.25));
        let kept = Tracking { beta: 0.9, decay: 0.0, beta_is_kept: true, ..taken };
        assert!((kept.rate(0) - 0.1).abs() < 1e-15 && kept.rate(0) == kept.rate(9));
    }

    #[test]
    fn scales_are_of_the_loss_the_norm_or_neither() {
        let of = |scale| Tracking { scale, beta: 0.5, decay: 0.0, beta_is_kept: false };
        let scales = |scale| of(scale).scales(&[4.0], &[2.0])[0];
        assert_eq!(scales(TrackingScale::Raw), 1.0);
        assert!((scales(TrackingScale::LogLoss) - 0.25).abs() < 1e-8);
        assert!((scales(TrackingScale::UnitTimesLoss) - 2.0).abs() < 1e-7);
    }
}
