//! SDMGrad, direction-oriented multi-objective descent (Xiao, Ban and Ji, NeurIPS 2023).
//!
//! Weights (w + λ/T) / (1 + λ), with w on the simplex following ½ ‖g_w + λ g₀‖² by projected gradient steps with
//! momentum that start from the last step's w; g₀ is the mean gradient, or the combination that a preference gives.
//! As published, inner products are first divided by the square of the mean norm. The paper takes them between two
//! independent batches, and the update's gradients from a third, so that they are unbiased. A Gramian comes of one
//! batch: this is the one-sample form.

use nalgebra::DVector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::weighting::{
    LossScaling, Needs, Options, Properties, Result, StepInputs, Weighting,
    exact::{Floats, load, save},
    method::same_tasks,
    preference::{checked_preference, preference_or, with_preference},
    solvers::project_onto_simplex,
};

const NAME: &str = "sdmgrad";

/// Options of SDMGrad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SdmGradConfig {
    /// λ, the pull towards the mean gradient; default 0.3.
    #[schemars(range(min = 0.0))]
    pub lambda: f64,
    /// Steps on w at every training step; default 20.
    pub iterations: u64,
    /// Their learning rate; default none, which takes the reciprocal of the divided inner products' largest row sum, a
    /// rate at which the steps settle. The published code takes 5, at which they may not, and then amplify rounding.
    #[schemars(range(min = 0.0))]
    pub learning_rate: Option<f64>,
    /// Their momentum; default 0.5.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub momentum: f64,
    /// The combination g₀ that directions are pulled towards; default 1/T each.
    #[schemars(inner(range(min = 0.0)))]
    pub preference: Option<Vec<f64>>,
}

impl Default for SdmGradConfig {
    fn default() -> Self {
        Self { lambda: 0.3, iterations: 20, learning_rate: None, momentum: 0.5, preference: None }
    }
}

/// Weights that follow the least norm around the mean.
#[derive(Clone, Debug)]
pub struct SdmGrad {
    config: SdmGradConfig,
    simplex: Option<Floats>,
}

impl Options for SdmGradConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "SDMGrad; Xiao et al., NeurIPS 2023";
    type Weighting = SdmGrad;

    fn make(self) -> Result<SdmGrad> {
        checked_preference(NAME, &self.preference)?;
        Ok(SdmGrad { config: self, simplex: None })
    }
}

impl Weighting for SdmGrad {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        let claims = Properties {
            loss_scaling: LossScaling::Common,
            caveat: "its unbiasedness needs three batches a step; from one Gramian it is MGDA pulled towards the mean",
            ..Properties::CONVEX
        };
        with_preference(claims, &self.config.preference)
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let tasks = gramian.tasks();
        let share = 1.0 / tasks as f64;
        let preference = preference_or(NAME, &self.config.preference, share, tasks)?;
        let simplex = &mut self.simplex.get_or_insert_with(|| Floats(vec![share; tasks])).0;
        same_tasks(NAME, "past steps", simplex.len(), tasks)?;
        let SdmGradConfig { lambda, iterations, learning_rate, momentum, .. } = self.config;
        let mean_norm = gramian.norms().iter().sum::<f64>() * share;
        if mean_norm > 0.0 {
            let matrix = gramian.matrix() / (mean_norm * mean_norm);
            let row_sums = matrix.row_iter().map(|row| row.iter().map(|x| x.abs()).sum());
            // At least the largest eigenvalue, and not zero, as a norm is not.
            let bound = row_sums.fold(0.0, f64::max);
            let rate = learning_rate.unwrap_or(1.0 / bound);
            let mut velocity = DVector::zeros(tasks);
            for _ in 0..iterations {
                let shifted = DVector::from_fn(tasks, |i, _| simplex[i] + lambda * preference[i]);
                velocity = velocity * momentum + &matrix * shifted;
                let moved: Vec<f64> =
                    simplex.iter().zip(&velocity).map(|(w, v)| w - rate * v).collect();
                *simplex = project_onto_simplex(&moved);
            }
        }
        let pulled = simplex.iter().zip(&preference);
        Ok(pulled.map(|(w, p)| (w + lambda * p) / (1.0 + lambda)).collect())
    }

    fn state(&self) -> Value {
        save(&self.simplex)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.simplex = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weighting::{Gramian, solvers::min_norm_weights};

    #[test]
    fn many_small_steps_reach_the_least_norm_around_the_mean() {
        let rows = [[1.0, 2.0, 0.0], [-0.5, 0.4, 1.0], [0.3, -1.0, 0.7]];
        let gramian = Gramian::from_gradients(&rows).unwrap();
        let config =
            SdmGradConfig { iterations: 20_000, learning_rate: Some(0.05), ..Default::default() };
        let mut method = config.init().unwrap();
        let inputs =
            StepInputs { step: 0, progress: 0.0, losses: &[1.0; 3], gramian: Some(&gramian) };
        let weights = method.weights(&inputs).unwrap();
        let exact = min_norm_weights(gramian.with_added(&[1.0 / 3.0; 3], 0.3).matrix());
        for (weight, exact) in weights.iter().zip(exact) {
            assert!((weight - (exact + 0.1) / 1.3).abs() < 1e-9);
        }
    }
}
