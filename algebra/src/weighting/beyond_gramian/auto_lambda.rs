//! Auto-λ (Liu et al., TMLR 2022): task weights that descend on the validation loss of the primary tasks.
//!
//! After a look-ahead step θ' = θ − α ∇ Σ λᵢ Lᵢ(θ), the hypergradient of the primary tasks' loss at θ' is
//! −α ⟨∇Lᵢ(θ), v⟩ with v = ∇ L_primary(θ') from another batch. Either the inner products are given, or the training losses
//! at θ ± ε v, whose difference over 2ε is the inner product, as the published code has it. λ takes a step of Adam, whose
//! length is about the learning rate whatever the hypergradient's size, as in the published code, and stays nonnegative,
//! which the published code does not see to. The trunk's part (look-ahead and perturbation) is the learner's.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::weighting::{
    Result, WeightingError,
    adam::Adam,
    exact::{Floats, load, save},
    method::same_tasks,
};

const NAME: &str = "auto-lambda";

/// Options of Auto-λ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoLambdaConfig {
    /// First value of every weight; default 0.1.
    pub initial: f64,
    /// Adam's learning rate for the weights, about how far a weight moves in a step; default 1e-4, as published.
    pub learning_rate: f64,
    /// ε ‖v‖ of the finite difference; default 0.01.
    pub perturbation: f64,
}

impl Default for AutoLambdaConfig {
    fn default() -> Self {
        Self { initial: 0.1, learning_rate: 1e-4, perturbation: 0.01 }
    }
}

/// Learned weights.
#[derive(Clone, Debug)]
pub struct AutoLambda {
    config: AutoLambdaConfig,
    learned: Learned,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    lambda: Floats,
    adam: Adam,
}

impl AutoLambdaConfig {
    /// For `tasks` tasks.
    ///
    /// # Errors
    /// When an option is negative, or the perturbation is zero.
    pub fn init(self, tasks: usize) -> Result<AutoLambda> {
        if !(self.initial >= 0.0 && self.learning_rate >= 0.0 && self.perturbation > 0.0) {
            let problem = format!(
                "`initial` and `learning_rate` must not be negative and `perturbation` positive; got {}, {} and {}",
                self.initial, self.learning_rate, self.perturbation
            );
            return Err(WeightingError::Options { method: NAME, problem });
        }
        let learned = Learned { lambda: Floats(vec![self.initial; tasks]), adam: Adam::of(tasks) };
        Ok(AutoLambda { learned, config: self })
    }
}

impl AutoLambda {
    /// The weights as they are.
    pub fn weights(&self) -> &[f64] {
        &self.learned.lambda.0
    }

    /// ε for a v of the given norm.
    pub fn epsilon(&self, norm: f64) -> f64 {
        self.config.perturbation / norm.max(f64::MIN_POSITIVE)
    }

    /// Descends by the inner products ⟨∇Lᵢ(θ), v⟩; `step_length` is the look-ahead's α. Weights stay nonnegative.
    ///
    /// # Errors
    /// When there are not as many as tasks, or one is not finite.
    pub fn update(&mut self, inner_products: &[f64], step_length: f64) -> Result<()> {
        let Learned { lambda, adam } = &mut self.learned;
        same_tasks(NAME, "the weights", lambda.0.len(), inner_products.len())?;
        if let Some(task) = inner_products.iter().position(|x| !x.is_finite()) {
            let value = inner_products[task];
            let requirement = "finite: check the look-ahead's step length and perturbation";
            return Err(WeightingError::Loss { method: NAME, task, value, requirement });
        }
        let hypergradients: Vec<f64> =
            inner_products.iter().map(|inner| -step_length * inner).collect();
        adam.descend(&mut lambda.0, &hypergradients, self.config.learning_rate);
        lambda.0.iter_mut().for_each(|lambda| *lambda = lambda.max(0.0));
        Ok(())
    }

    /// Descends by the training losses at θ + ε v and at θ − ε v.
    ///
    /// # Errors
    /// As [`AutoLambda::update`].
    pub fn update_from_differences(
        &mut self,
        losses_ahead: &[f64],
        losses_behind: &[f64],
        epsilon: f64,
        step_length: f64,
    ) -> Result<()> {
        same_tasks(NAME, "the losses ahead", losses_ahead.len(), losses_behind.len())?;
        let inner_products: Vec<f64> = losses_ahead
            .iter()
            .zip(losses_behind)
            .map(|(ahead, behind)| (ahead - behind) / (2.0 * epsilon))
            .collect();
        self.update(&inner_products, step_length)
    }

    /// The weights and Adam's moments, exactly.
    pub fn state(&self) -> Value {
        save(&self.learned)
    }

    /// Goes on from a saved state, bit for bit.
    ///
    /// # Errors
    /// When the state is not of this method, or of another number of tasks.
    pub fn restore(&mut self, state: &Value) -> Result<()> {
        let learned: Learned = load(NAME, state)?;
        same_tasks(NAME, "the weights", self.learned.lambda.0.len(), learned.lambda.0.len())?;
        self.learned = learned;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_whose_gradient_helps_the_primary_one_gains_weight() {
        let config = AutoLambdaConfig { learning_rate: 0.06, ..Default::default() };
        let mut method = config.init(3).unwrap();
        // Adam's steps along gradients that stay have the length of the rate, and weights stop at zero.
        for expected in [[0.16, 0.04, 0.1], [0.22, 0.0, 0.1]] {
            method.update(&[2.0, -0.1, 0.0], 0.1).unwrap();
            let found = method.weights().iter().zip(expected);
            assert!(found.into_iter().all(|(w, e)| (w - e).abs() < 1e-6), "{:?}", method.weights());
        }
    }

    #[test]
    fn differences_of_quadratic_losses_give_their_inner_products() {
        // L(θ) = θ² and −3θ at θ = 2 with v = 5: ∇ᵀv = 20 and −15.
        let losses = |theta: f64| [theta * theta, -3.0 * theta];
        let config = AutoLambdaConfig { initial: 1.0, learning_rate: 0.1, ..Default::default() };
        let (mut by_difference, mut by_product) =
            (config.clone().init(2).unwrap(), config.init(2).unwrap());
        let epsilon = by_difference.epsilon(5.0);
        let (ahead, behind) = (losses(2.0 + epsilon * 5.0), losses(2.0 - epsilon * 5.0));
        by_difference.update_from_differences(&ahead, &behind, epsilon, 0.2).unwrap();
        by_product.update(&[20.0, -15.0], 0.2).unwrap();
        let pairs = by_difference.weights().iter().zip(by_product.weights());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-8));
        let saved = by_difference.state();
        by_product.restore(&saved).unwrap();
        assert_eq!(by_product.weights(), by_difference.weights());
        // Adam's moments are part of what is saved.
        by_product.update(&[1.0, 2.0], 0.2).unwrap();
        by_difference.update(&[1.0, 2.0], 0.2).unwrap();
        assert_eq!(by_product.weights(), by_difference.weights());
    }
}
