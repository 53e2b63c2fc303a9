//! CAGrad, conflict-averse gradient descent (Liu et al., NeurIPS 2021, algorithm 1).
//!
//! Of all directions within c ‖g₀‖ of the mean gradient g₀, the one whose worst improvement over tasks is largest:
//! d = g₀ + c ‖g₀‖ g_w / ‖g_w‖ with w the minimiser over the simplex of ⟨g_w, g₀⟩ + c ‖g₀‖ ‖g_w‖. As √q is the least of
//! (q/τ + τ)/2, that minimiser is a point of least norm for a τ found by false position. Tasks whose gradient is zero
//! are part of the mean and not of the simplex: a task at rest would otherwise stop all others. Where the gradients
//! of g_w cancel, the direction nearest to g₀ that conflicts with no task is taken, which then lies within the ball.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    Gramian, LossScaling, Needs, Options, Properties, Result, StepInputs, Weighting,
    solvers::{min_norm_weights, min_norm_weights_from, project_above},
};

const NAME: &str = "cagrad";
/// ‖g_w‖ counts as zero below this part of Σ wᵢ ‖gᵢ‖: the root of what a reduction in float32 leaves.
const VANISHED: f64 = 1e-4;

/// Options of CAGrad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CaGradConfig {
    /// Radius c of the ball around the mean gradient, in units of its norm; default 0.4.
    #[schemars(range(min = 0.0))]
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

impl Options for CaGradConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "CAGrad; Liu et al., NeurIPS 2021";
    type Weighting = CaGrad;

    fn make(self) -> Result<CaGrad> {
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
        let whole = inputs.gramian(NAME)?;
        let tasks = whole.tasks();
        let share = 1.0 / tasks as f64;
        let mut weights = vec![share; tasks];
        let moving = whole.not_at_rest();
        let gramian = whole.of_tasks(&moving);
        let mean = vec![share; moving.len()];
        let radius = self.config.c * gramian.norm_of(&mean);
        if radius <= f64::EPSILON * gramian.trace().sqrt() {
            return Ok(weights);
        }
        for (task, beyond) in moving.iter().zip(beyond_mean(&gramian, &mean, radius)) {
            weights[*task] += beyond;
        }
        let divisor = if self.config.rescale { 1.0 + self.config.c.powi(2) } else { 1.0 };
        Ok(weights.iter().map(|w| w / divisor).collect())
    }
}

/// The weights of d − g₀, a combination of norm r (or less, where gradients cancel).
fn beyond_mean(gramian: &Gramian, mean: &[f64], radius: f64) -> Vec<f64> {
    let inner = minimiser(gramian, mean, radius);
    let norm = gramian.norm_of(&inner);
    let sizes: f64 = inner.iter().zip(gramian.norms()).map(|(w, norm)| w * norm).sum();
    if norm >= VANISHED * sizes {
        return inner.iter().map(|w| radius / norm * w).collect();
    }
    let served = project_above(gramian.matrix(), mean);
    let beyond: Vec<f64> = served.iter().zip(mean).map(|(v, m)| v - m).collect();
    let length = gramian.norm_of(&beyond);
    let shortened = if length > radius { radius / length } else { 1.0 };
    beyond.iter().map(|b| b * shortened).collect()
}

/// The w on the simplex for which ⟨g_w, g₀⟩ + r ‖g_w‖ is least.
fn minimiser(gramian: &Gramian, mean: &[f64], radius: f64) -> Vec<f64> {
    // For fixed τ: least ½ ‖g_w + (τ/r) g₀‖², which is ‖Σ wᵢ (gᵢ + (τ/r) g₀)‖² as Σ w = 1.
    let with = |tau: f64| gramian.with_added(mean, tau / radius);
    let mut weights = min_norm_weights(with(0.0).matrix());
    // The best τ is ‖g_w‖ at its own w: ‖g_w‖ exceeds any smaller τ and is below any larger one.
    let excess = |tau: f64, weights: &[f64]| gramian.norm_of(weights) - tau;
    let mut below = (0.0, excess(0.0, &weights));
    let largest = gramian.norms().into_iter().fold(0.0, f64::max);
    weights = min_norm_weights_from(with(largest).matrix(), &weights);
    let mut above = (largest, excess(largest, &weights));
    // What rounding leaves of a norm.
    let noise = gramian.tasks() as f64 * f64::EPSILON;
    let mut last_side = 0;
    for _ in 0..200 {
        // False position; an end that stays counts half at the next secant (the Illinois rule), so that both move.
        let secant = (below.0 * above.1 - above.0 * below.1) / (above.1 - below.1);
        let inside = secant > below.0 && secant < above.0;
        let tau = if inside { secant } else { f64::midpoint(below.0, above.0) };
        if tau <= below.0 || tau >= above.0 || above.0 - below.0 <= noise * above.0 {
            break;
        }
        weights = min_norm_weights_from(with(tau).matrix(), &weights);
        let here = excess(tau, &weights);
        if here.abs() <= noise * tau {
            break;
        }
        let side = if here > 0.0 { 1 } else { -1 };
        let stale = if side == last_side { 0.5 } else { 1.0 };
        if here > 0.0 {
            (below, above.1) = ((tau, here), above.1 * stale);
        } else {
            (above, below.1) = ((tau, here), below.1 * stale);
        }
        last_side = side;
    }
    weights
}
