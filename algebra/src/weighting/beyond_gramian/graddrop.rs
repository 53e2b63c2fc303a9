//! GradDrop, gradient sign dropout (Chen et al., NeurIPS 2020, algorithm 1).
//!
//! At every coordinate the purity P = ½ (1 + Σ g / Σ |g|) says how much of the gradients' size is positive. With
//! probability P only positive gradients are kept there, else only negative ones, and the kept ones are summed. A leak
//! lets a part of what is dropped through. Sums, draws and masks over coordinates are the learner's; this is the rule for
//! one of them.

use serde::{Deserialize, Serialize};

use crate::weighting::{Result, WeightingError};

/// Options of GradDrop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GradDropConfig {
    /// Part of what is dropped that is let through, in [0, 1], the same for all tasks; default 0.
    pub leak: f64,
    /// Seed of the draws; default 0.
    pub seed: u64,
}

impl GradDropConfig {
    /// The config, if it makes sense.
    ///
    /// # Errors
    /// When the leak is not in [0, 1].
    pub fn checked(self) -> Result<Self> {
        if (0.0..=1.0).contains(&self.leak) {
            return Ok(self);
        }
        let problem = format!("`leak` must be in [0, 1]; got {}", self.leak);
        Err(WeightingError::Options { method: "graddrop", problem })
    }
}

/// The probability that positive gradients are kept, from Σ g and Σ |g| at one coordinate; ½ where all are zero.
pub fn positive_purity(sum: f64, sum_of_sizes: f64) -> f64 {
    if sum_of_sizes > 0.0 { (0.5 * (1.0 + sum / sum_of_sizes)).clamp(0.0, 1.0) } else { 0.5 }
}

/// Whether a gradient is kept at a coordinate of the given purity, for a draw from [0, 1) that all tasks share.
pub fn keeps(gradient: f64, purity: f64, draw: f64) -> bool {
    if draw < purity { gradient > 0.0 } else { gradient < 0.0 }
}

/// What of a gradient goes into the sum: all of it where kept, else the task's `leak` in [0, 1].
pub fn share_kept(gradient: f64, purity: f64, draw: f64, leak: f64) -> f64 {
    if keeps(gradient, purity, draw) { 1.0 } else { leak }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_of_one_sign_are_always_kept() {
        for draw in [0.0, 0.3, 0.999] {
            assert!(keeps(2.0, positive_purity(3.0, 3.0), draw));
            assert!(keeps(-2.0, positive_purity(-3.0, 3.0), draw));
        }
    }

    #[test]
    fn the_expected_sum_has_the_sign_of_the_mean_gradient() {
        let gradients = [3.0, -1.0];
        let purity = positive_purity(2.0, 4.0);
        assert_eq!(purity, 0.75);
        let draws = 1000;
        let total: f64 = (0..draws)
            .flat_map(|d| {
                gradients.map(|g| g * share_kept(g, purity, f64::from(d) / f64::from(draws), 0.0))
            })
            .sum();
        assert!((total / f64::from(draws) - (0.75 * 3.0 - 0.25)).abs() < 1e-12);
    }

    #[test]
    fn zero_gradients_have_no_preferred_sign_and_a_leak_lets_through() {
        assert_eq!(positive_purity(0.0, 0.0), 0.5);
        assert_eq!(share_kept(-1.0, 1.0, 0.5, 0.25), 0.25);
    }
}
