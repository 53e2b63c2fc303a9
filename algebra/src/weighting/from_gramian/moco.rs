//! MoCo, momentum-corrected multi-objective gradients (Fernando et al., ICLR 2023, algorithm 1).
//!
//! Moving averages y of the gradients take their place, so that noise does not bias the weights; λ descends on
//! ½ ‖Σ λᵢ yᵢ‖² + ½ ρ ‖λ‖² by one step a training step, projected onto the simplex as in the paper (its published code
//! takes a softmax instead). The learner keeps the averages, at the rate of [`Tracking`].

use nalgebra::DVector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::weighting::{
    Needs, Options, Properties, Result, SingleTask, StepInputs, Tracking, TrackingScale, Weighting,
    exact::{Floats, load, save},
    method::same_tasks,
    solvers::project_onto_simplex,
};

const NAME: &str = "moco";

/// Options of MoCo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MoCoConfig {
    /// Rate β of the averages at the first step; default 0.5.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub beta: f64,
    /// Decay of β with the step; default 0.5.
    #[schemars(range(min = 0.0))]
    pub beta_decay: f64,
    /// Learning rate γ of λ at the first step; default 0.1.
    #[schemars(range(min = 0.0))]
    pub gamma: f64,
    /// Decay of γ with the step; default 0.5.
    #[schemars(range(min = 0.0))]
    pub gamma_decay: f64,
    /// Regularisation ρ of λ; default 0.
    #[schemars(range(min = 0.0))]
    pub rho: f64,
    /// What is averaged; default the raw gradients. The published code takes unit gradients times losses.
    pub scale: TrackingScale,
}

impl Default for MoCoConfig {
    fn default() -> Self {
        Self {
            beta: 0.5,
            beta_decay: 0.5,
            gamma: 0.1,
            gamma_decay: 0.5,
            rho: 0.0,
            scale: TrackingScale::Raw,
        }
    }
}

/// Weights that descend on the norm of the combined averages.
#[derive(Clone, Debug)]
pub struct MoCo {
    config: MoCoConfig,
    lambda: Option<Floats>,
}

impl Options for MoCoConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "MoCo; Fernando et al., ICLR 2023";
    type Weighting = MoCo;

    fn make(self) -> Result<MoCo> {
        Ok(MoCo { config: self, lambda: None })
    }
}

impl Weighting for MoCo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        let tracking = Tracking {
            scale: self.config.scale,
            beta: self.config.beta,
            decay: self.config.beta_decay,
            beta_is_kept: false,
        };
        Needs { tracking: Some(tracking), ..Needs::GRAMIAN }
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::PositiveMultiple,
            caveat: "λ's steps grow with the squares of the gradients' norms; what holds in the limit of many steps does \
                     not hold at one",
            ..Properties::CONVEX
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let tasks = gramian.tasks();
        let lambda =
            &mut self.lambda.get_or_insert_with(|| Floats(vec![1.0 / tasks as f64; tasks])).0;
        same_tasks(NAME, "past steps", lambda.len(), tasks)?;
        let rate = self.config.gamma / ((inputs.step + 1) as f64).powf(self.config.gamma_decay);
        let slopes = gramian.matrix() * DVector::from_column_slice(lambda);
        let moved: Vec<f64> = lambda
            .iter()
            .zip(&slopes)
            .map(|(l, slope)| l - rate * (slope + self.config.rho * l))
            .collect();
        *lambda = project_onto_simplex(&moved);
        Ok(lambda.clone())
    }

    fn state(&self) -> Value {
        save(&self.lambda)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.lambda = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weighting::{Gramian, solvers::min_norm_weights};

    #[test]
    fn on_gradients_that_stay_lambda_comes_to_the_least_norm() {
        let gramian = Gramian::from_gradients(&[[1.0, 0.5], [-0.5, 1.5]]).unwrap();
        let mut method = MoCoConfig { gamma_decay: 0.0, ..Default::default() }.init().unwrap();
        let mut weights = Vec::new();
        for step in 0..2000 {
            let inputs =
                StepInputs { step, progress: 0.0, losses: &[1.0, 1.0], gramian: Some(&gramian) };
            weights = method.weights(&inputs).unwrap();
        }
        let exact = min_norm_weights(gramian.matrix());
        assert!(weights.iter().zip(exact).all(|(w, e)| (w - e).abs() < 1e-12));
    }
}
