//! CAGrad, conflict-averse gradient descent (Liu et al., NeurIPS 2021, algorithm 1).
//!
//! Of all directions within c ‖g₀‖ of the mean gradient g₀, the one whose worst improvement over tasks is largest:
//! d = g₀ + c ‖g₀‖ g_w / ‖g_w‖ with w the minimiser over the simplex of ⟨g_w, g₀⟩ + c ‖g₀‖ ‖g_w‖. As √q is the least of
//! (q/τ + τ)/2, that minimiser is a point of least norm for a τ found by bisection. Where g_w vanishes no direction serves
//! all tasks, and the weights are zero.

use serde::{Deserialize, Serialize};

use crate::weighting::{
    Gramian, LossScaling, Needs, Properties, Result, StepInputs, Weighting, WeightingError,
    solvers::min_norm_weights,
};

const NAME: &str = "cagrad";
/// ‖g_w‖ counts as zero below this part of the root of the Gramian's trace.
const VANISHED: f64 = 1e-4;

/// Options of CAGrad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaGradConfig {
    /// Radius c of the ball around the mean gradient, in units of its norm; default 0.4.
    pub c: f64,
    /// Whether to divide by 1 + c², as the published code may; default false.
    pub rescale: bool,
}

impl Default for CaGradConfig {
    fn default() -> Self {
        Self { c: 0.4, rescale: false }
    }
}

/// The least conflicting direction around the mean.
#[derive(Clone, Debug)]
pub struct CaGrad {
    config: CaGradConfig,
}

impl CaGradConfig {
    /// # Errors
    /// When c is negative.
    pub fn init(self) -> Result<CaGrad> {
        if !self.c.is_finite() || self.c < 0.0 {
            let problem =
                format!("`c` must not be negative (below 1 for convergence); got {}", self.c);
            return Err(WeightingError::Options { method: NAME, problem });
        }
        Ok(CaGrad { config: self })
    }
}

impl Weighting for CaGrad {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            loss_scaling: LossScaling::Common,
            non_negative: true,
            caveat: "with c < 1 the ball may hold no direction that serves all tasks",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let tasks = gramian.tasks();
        let share = 1.0 / tasks as f64;
        let mean = vec![share; tasks];
        let radius = self.config.c * gramian.norm_of(&mean);
        if radius <= f64::EPSILON * gramian.trace().sqrt() {
            return Ok(mean);
        }
        let inner = minimiser(gramian, radius);
        let norm = gramian.norm_of(&inner);
        if norm < VANISHED * gramian.trace().sqrt() {
            return Ok(vec![0.0; tasks]);
        }
        let divisor = if self.config.rescale { 1.0 + self.config.c.powi(2) } else { 1.0 };
        Ok(inner.iter().map(|w| (share + radius / norm * w) / divisor).collect())
    }
}

/// The w on the simplex for which ⟨g_w, g₀⟩ + r ‖g_w‖ is least.
fn minimiser(gramian: &Gramian, radius: f64) -> Vec<f64> {
    // For fixed τ: least ½ ‖g_w + (τ/r) g₀‖², which is ‖Σ wᵢ (gᵢ + (τ/r) g₀)‖² as Σ w = 1.
    let at = |tau: f64| min_norm_weights(gramian.with_mean_added(tau / radius).matrix());
    let (mut below, mut above) = (0.0, gramian.norms().into_iter().fold(0.0, f64::max));
    // The best τ is ‖g_w‖ at its own w, and is below any τ that exceeds it.
    for _ in 0..200 {
        let middle = f64::midpoint(below, above);
        if middle <= below || middle >= above || above - below <= 1e-15 * above {
            break;
        }
        if gramian.norm_of(&at(middle)) > middle { below = middle } else { above = middle }
    }
    at(above)
}
