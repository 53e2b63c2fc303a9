//! COSMOS (Ruchte and Grabocka, ICDM 2021, arXiv 2103.13392, equation 4): a linear scalarisation that rewards losses in
//! the proportions of a preference.
//!
//! The objective is Σ rᵢ Lᵢ − λ cos(r, L), so wᵢ = rᵢ − λ ∂cos/∂Lᵢ. A task whose loss is far below its share may weigh
//! less than zero. The paper draws r anew for every batch and gives it to the network as an input, to learn the whole
//! front; here r is one preference, and the network does not see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    Needs, Options, Properties, Result, SingleTask, StepInputs, Weighting,
    preference::{checked_preference, preference_or, with_preference},
};

const NAME: &str = "cosmos";

/// Options of COSMOS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CosmosConfig {
    /// λ, the pull of losses towards the preference; default 1. The paper takes 0.01 to 8.
    #[schemars(range(min = 0.0))]
    pub lambda: f64,
    /// r, how much every task counts; default 1/T each.
    #[schemars(inner(range(min = 0.0)))]
    pub preference: Option<Vec<f64>>,
}

impl Default for CosmosConfig {
    fn default() -> Self {
        Self { lambda: 1.0, preference: None }
    }
}

/// The derivatives of a linear scalarisation and a cosine.
#[derive(Clone, Debug)]
pub struct Cosmos {
    config: CosmosConfig,
}

impl Options for CosmosConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "COSMOS; Ruchte and Grabocka, ICDM 2021";
    type Weighting = Cosmos;

    fn make(self) -> Result<Cosmos> {
        checked_preference(NAME, &self.preference)?;
        Ok(Cosmos { config: self })
    }
}

impl Weighting for Cosmos {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        let claims = Properties {
            single_task: SingleTask::Plain,
            serves_orthogonal: false,
            caveat: "a task whose loss is far below its share of the preference is driven up",
            ..Properties::NOTHING
        };
        with_preference(claims, &self.config.preference)
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.finite_losses(NAME)?;
        let tasks = losses.len();
        let r = preference_or(NAME, &self.config.preference, 1.0 / tasks as f64, tasks)?;
        let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let (of_losses, of_r) = (length(losses), length(&r));
        if of_losses == 0.0 {
            return Ok(r);
        }
        let unit = |v: &[f64], length: f64| -> Vec<f64> { v.iter().map(|x| x / length).collect() };
        let (at, towards) = (unit(losses, of_losses), unit(&r, of_r));
        let cosine: f64 = at.iter().zip(&towards).map(|(l, r)| l * r).sum();
        let slopes = at.iter().zip(&towards).map(|(l, r)| (r - cosine * l) / of_losses);
        Ok(r.iter().zip(slopes).map(|(r, slope)| r - self.config.lambda * slope).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_preference_less_the_slope_of_the_cosine() {
        // r = (½, ½), L = (3, 4): cos = 7/(5√2), slopes (1/√2)(1/5 − 7·3/125, 1/5 − 7·4/125) = (4, −3)/(125√2).
        let losses = [3.0, 4.0];
        let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
        let mut method = CosmosConfig { lambda: 10.0, preference: None }.init().unwrap();
        let weights = method.weights(&inputs).unwrap();
        let unit = 10.0 / (125.0 * 2.0_f64.sqrt());
        assert!((weights[0] - (0.5 - 4.0 * unit)).abs() < 1e-15);
        assert!((weights[1] - (0.5 + 3.0 * unit)).abs() < 1e-15);
    }
}
