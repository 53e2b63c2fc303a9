//! Smooth Tchebycheff scalarisation (Lin et al., ICML 2024), in logarithms of losses as in its multi-task experiments.
//!
//! The objective is T μ log Σ exp(uᵢ / μ) with uᵢ = log(Lᵢ / rᵢ), so wᵢ = T softmax(u / μ)ᵢ / Lᵢ: small μ follows the
//! relatively worst task alone, large μ all alike. The reference r is the mean loss over the last steps of a warm-up,
//! during which the objective is Σ log L. Losses must not be negative; one of zero counts as 1e-8.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SMALLEST_LOSS;
use crate::weighting::{
    LossScaling, Needs, Options, Properties, Result, StepInputs, Weighting, WeightingError,
    exact::{Floats, load, save},
    method::same_tasks,
    solvers::softmax,
};

const NAME: &str = "stch";

/// Options of smooth Tchebycheff scalarisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StchConfig {
    /// μ, how smooth the largest loss is made; default 1.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub mu: f64,
    /// Steps of warm-up; default 200.
    pub warmup: u64,
    /// Steps at the end of the warm-up whose mean loss is the reference; default 100.
    #[schemars(range(min = 1))]
    pub reference: u64,
}

impl Default for StchConfig {
    fn default() -> Self {
        Self { mu: 1.0, warmup: 200, reference: 100 }
    }
}

/// Steps seen, and sums over those that make the reference.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct WarmUp {
    steps: u64,
    sums: Floats,
}

/// Weights that follow the relatively worst losses.
#[derive(Clone, Debug)]
pub struct Stch {
    config: StchConfig,
    warm_up: Option<WarmUp>,
}

impl Options for StchConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "Smooth Tchebycheff scalarisation; Lin et al., ICML 2024";
    type Weighting = Stch;

    fn make(self) -> Result<Stch> {
        let Self { warmup, reference, .. } = self;
        if reference <= warmup {
            return Ok(Stch { config: self, warm_up: None });
        }
        let problem = format!("`reference` must be at most `warmup`; got {reference} and {warmup}");
        Err(WeightingError::Options { method: NAME, problem })
    }
}

impl Weighting for Stch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties {
            loss_scaling: LossScaling::Invariant,
            non_negative: true,
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses: Vec<f64> =
            inputs.nonnegative_losses(NAME)?.iter().map(|loss| loss.max(SMALLEST_LOSS)).collect();
        let tasks = losses.len();
        let warm_up =
            self.warm_up.get_or_insert_with(|| WarmUp { steps: 0, sums: Floats(vec![0.0; tasks]) });
        same_tasks(NAME, "past steps", warm_up.sums.0.len(), tasks)?;
        let StchConfig { mu, warmup, reference } = self.config;
        if warm_up.steps < warmup {
            if warm_up.steps >= warmup - reference {
                warm_up.sums.0.iter_mut().zip(&losses).for_each(|(sum, loss)| *sum += loss);
            }
            warm_up.steps += 1;
            return Ok(losses.iter().map(|loss| 1.0 / loss).collect());
        }
        let logits: Vec<f64> = losses
            .iter()
            .zip(&warm_up.sums.0)
            .map(|(loss, sum)| (loss / (sum / reference as f64)).ln() / mu)
            .collect();
        let shares = softmax(&logits);
        Ok(shares.iter().zip(&losses).map(|(share, loss)| share * tasks as f64 / loss).collect())
    }

    fn state(&self) -> Value {
        save(&self.warm_up)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.warm_up = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_warm_up_the_relatively_worst_task_weighs_most() {
        let mut method = StchConfig { mu: 0.5, warmup: 2, reference: 1 }.init().unwrap();
        let mut weights = Vec::new();
        for losses in [[7.0, 7.0], [2.0, 4.0], [1.0, 4.0]] {
            let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
            weights = method.weights(&inputs).unwrap();
        }
        // u = (ln ½, 0), so exp(u / ½) = (¼, 1).
        assert!((weights[0] - 2.0 * 0.2 / 1.0).abs() < 1e-12);
        assert!((weights[1] - 2.0 * 0.8 / 4.0).abs() < 1e-12);
    }
}
