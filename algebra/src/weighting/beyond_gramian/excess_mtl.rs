//! ExcessMTL (He et al., ICML 2024, algorithm 1): weights that grow exponentially with the tasks' excess risks.
//!
//! The excess risk of task i is estimated by gᵢᵀ diag(h)⁻¹ gᵢ with h = √Σ gᵢ², the root of the squares summed over all
//! steps, per coordinate: the learner's part, see [`h_shift`](ExcessMtlConfig::h_shift). Here the risks are divided by
//! those of the first step, w ← w exp(η risk), and rescaled to sum to T.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::weighting::{
    Result, WeightingError,
    exact::{Floats, load, save},
    method::{nonnegative, same_tasks},
};

const NAME: &str = "excess-mtl";
/// Least share of a weight in the largest, so that none is lost for good to rounding.
const LEAST: f64 = 1e-12;

/// Options of ExcessMTL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExcessMtlConfig {
    /// η; default 0.01.
    pub step_size: f64,
    /// What the learner adds to the summed squares before the root; default 1e-7.
    pub h_shift: f64,
}

impl Default for ExcessMtlConfig {
    fn default() -> Self {
        Self { step_size: 0.01, h_shift: 1e-7 }
    }
}

/// Logarithms of the weights, and the first step's risks.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Risks {
    log_weights: Floats,
    first: Floats,
}

/// Weights from excess risks.
#[derive(Clone, Debug)]
pub struct ExcessMtl {
    config: ExcessMtlConfig,
    risks: Option<Risks>,
}

impl ExcessMtlConfig {
    /// # Errors
    /// When an option is negative.
    pub fn init(self) -> Result<ExcessMtl> {
        if !(self.step_size >= 0.0 && self.h_shift >= 0.0) {
            let problem = format!(
                "`step_size` and `h_shift` must not be negative; got {} and {}",
                self.step_size, self.h_shift
            );
            return Err(WeightingError::Options { method: NAME, problem });
        }
        Ok(ExcessMtl { config: self, risks: None })
    }
}

impl ExcessMtl {
    /// The weights of this step, from the estimated excess risk of every task; all 1 at the first.
    ///
    /// # Errors
    /// When a risk is negative or not finite, or the number of tasks changes.
    pub fn weights(&mut self, excess_risks: &[f64]) -> Result<Vec<f64>> {
        nonnegative(NAME, excess_risks)?;
        let tasks = excess_risks.len();
        let Some(risks) = &mut self.risks else {
            let first = excess_risks.iter().map(|risk| risk.max(f64::MIN_POSITIVE)).collect();
            self.risks =
                Some(Risks { log_weights: Floats(vec![0.0; tasks]), first: Floats(first) });
            return Ok(vec![1.0; tasks]);
        };
        same_tasks(NAME, "past steps", risks.first.0.len(), tasks)?;
        let pairs = excess_risks.iter().zip(&risks.first.0);
        for (log_weight, (risk, first)) in risks.log_weights.0.iter_mut().zip(pairs) {
            *log_weight += self.config.step_size * (risk / first).min(f64::MAX.sqrt());
        }
        let largest = risks.log_weights.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        risks.log_weights.0.iter_mut().for_each(|l| *l = (*l - largest).max(LEAST.ln()));
        let sum: f64 = risks.log_weights.0.iter().map(|l| l.exp()).sum();
        Ok(risks.log_weights.0.iter().map(|l| l.exp() * tasks as f64 / sum).collect())
    }

    /// Everything remembered of past steps.
    pub fn state(&self) -> Value {
        save(&self.risks)
    }

    /// Goes on from a saved state, bit for bit.
    ///
    /// # Errors
    /// When the state is not of this method.
    pub fn restore(&mut self, state: &Value) -> Result<()> {
        self.risks = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_grow_exponentially_with_risks_relative_to_the_first() {
        let config = ExcessMtlConfig { step_size: 0.5, ..Default::default() };
        let mut method = config.init().unwrap();
        assert_eq!(method.weights(&[2.0, 4.0]).unwrap(), [1.0, 1.0]);
        let saved = method.state();
        let weights = method.weights(&[1.0, 4.0]).unwrap();
        let (low, high) = (0.25_f64.exp(), 0.5_f64.exp());
        assert!((weights[0] - 2.0 * low / (low + high)).abs() < 1e-14);
        method.restore(&saved).unwrap();
        assert_eq!(method.weights(&[1.0, 4.0]).unwrap(), weights);
    }

    #[test]
    fn a_risk_that_was_zero_at_first_stays_finite() {
        let mut method = ExcessMtlConfig::default().init().unwrap();
        method.weights(&[0.0, 1.0]).unwrap();
        for _ in 0..3 {
            let weights = method.weights(&[1.0, 1.0]).unwrap();
            assert!(weights.iter().all(|w| w.is_finite() && *w > 0.0), "{weights:?}");
        }
    }
}
