//! MoDo, multi-objective gradients with double sampling (Chen, Fernando et al., JMLR 2024, algorithm 1).
//!
//! λ takes one step a training step along −(G + ρ I) λ, projected onto the simplex, and weighs the tasks. In the
//! paper G holds inner products of gradients of two independent batches, and the update's gradients are of a third or
//! of both, so that λ's steps are unbiased. A Gramian comes of one batch: this is the one-sample form, in which the
//! noise of the gradients adds to G's diagonal.

use nalgebra::DVector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::weighting::{
    Needs, Options, Properties, Result, SingleTask, StepInputs, Weighting,
    exact::{Floats, load, save},
    method::same_tasks,
    solvers::project_onto_simplex,
};

const NAME: &str = "modo";

/// Options of MoDo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MoDoConfig {
    /// Learning rate γ of λ; default 0.1.
    #[schemars(range(min = 0.0))]
    pub gamma: f64,
    /// Regularisation ρ; default 0.1.
    #[schemars(range(min = 0.0))]
    pub rho: f64,
}

impl Default for MoDoConfig {
    fn default() -> Self {
        Self { gamma: 0.1, rho: 0.1 }
    }
}

/// Weights that descend on the norm of the combined gradient.
#[derive(Clone, Debug)]
pub struct MoDo {
    config: MoDoConfig,
    lambda: Option<Floats>,
}

impl Options for MoDoConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "MoDo; Chen et al., JMLR 2024";
    type Weighting = MoDo;

    fn make(self) -> Result<MoDo> {
        Ok(MoDo { config: self, lambda: None })
    }
}

impl Weighting for MoDo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            caveat: "its unbiasedness needs two batches a step; λ's steps grow with the squares of the gradients' norms",
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
        let slopes = gramian.matrix() * DVector::from_column_slice(lambda);
        let MoDoConfig { gamma, rho } = self.config;
        let moved: Vec<f64> =
            lambda.iter().zip(&slopes).map(|(l, slope)| l - gamma * (slope + rho * l)).collect();
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
    use crate::weighting::Gramian;

    #[test]
    fn a_step_is_the_papers() {
        let gramian = Gramian::from_gradients(&[[1.0, 0.0], [0.0, 2.0]]).unwrap();
        let mut method = MoDoConfig::default().init().unwrap();
        let inputs =
            StepInputs { step: 0, progress: 0.0, losses: &[1.0, 1.0], gramian: Some(&gramian) };
        // ½ − 0.1 (½ · 1 + 0.05) and ½ − 0.1 (½ · 4 + 0.05), then 0.13 more for both to sum to one.
        let weights = method.weights(&inputs).unwrap();
        assert!((weights[0] - 0.575).abs() < 1e-15 && (weights[1] - 0.425).abs() < 1e-15);
    }
}
