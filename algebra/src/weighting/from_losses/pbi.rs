//! PBI, penalty-based boundary intersection (Zhang and Li, MOEA/D, IEEE TEVC 2007, section III.A.3).
//!
//! With z the least possible losses and r̂ the unit preference, d₁ = ⟨L − z, r̂⟩ is how far losses are along the
//! preference and d₂ = ‖L − z − d₁ r̂‖ how far beside it. The objective d₁ + θ d₂ has wᵢ = r̂ᵢ + θ (L − z − d₁ r̂)ᵢ /
//! d₂. A task whose loss is below its share may weigh less than zero. Where d₂ is at rounding level the second term
//! is left out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    LossScaling, Needs, Options, Properties, Result, SingleTask, StepInputs, Weighting,
    method::same_tasks,
    preference::{checked_preference, preference_or, with_preference},
};

const NAME: &str = "pbi";

/// Options of PBI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PbiConfig {
    /// θ, the weight of the distance beside the preference; default 5, as in the paper.
    #[schemars(range(min = 0.0))]
    pub theta: f64,
    /// The direction of the preference; default all alike.
    #[schemars(inner(range(min = 0.0)))]
    pub preference: Option<Vec<f64>>,
    /// z, the least possible loss of every task; default 0 for all.
    pub least_losses: Vec<f64>,
}

impl Default for PbiConfig {
    fn default() -> Self {
        Self { theta: 5.0, preference: None, least_losses: Vec::new() }
    }
}

/// The derivatives of the distances along and beside a preference.
#[derive(Clone, Debug)]
pub struct Pbi {
    config: PbiConfig,
}

impl Options for PbiConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "PBI; Zhang and Li, IEEE TEVC 2007";
    type Weighting = Pbi;

    fn make(self) -> Result<Pbi> {
        checked_preference(NAME, &self.preference)?;
        Ok(Pbi { config: self })
    }
}

impl Weighting for Pbi {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        let claims = Properties {
            single_task: SingleTask::Plain,
            loss_scaling: LossScaling::Common,
            serves_orthogonal: false,
            caveat: "a task whose loss is below its share of the preference is driven up, whatever θ above 1",
            ..Properties::NOTHING
        };
        with_preference(claims, &self.config.preference)
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.finite_losses(NAME)?;
        let tasks = losses.len();
        let least = &self.config.least_losses;
        if !least.is_empty() {
            same_tasks(NAME, "the option `least_losses`", least.len(), tasks)?;
        }
        let above: Vec<f64> = losses
            .iter()
            .enumerate()
            .map(|(task, loss)| loss - least.get(task).copied().unwrap_or(0.0))
            .collect();
        let preference = preference_or(NAME, &self.config.preference, 1.0, tasks)?;
        let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let size = length(&preference);
        let along: Vec<f64> = preference.iter().map(|r| r / size).collect();
        let d1: f64 = above.iter().zip(&along).map(|(l, r)| l * r).sum();
        let beside: Vec<f64> = above.iter().zip(&along).map(|(l, r)| l - d1 * r).collect();
        let d2 = length(&beside);
        if d2 <= 8.0 * tasks as f64 * f64::EPSILON * length(&above) {
            return Ok(along);
        }
        let pairs = along.iter().zip(&beside);
        Ok(pairs.map(|(r, beside)| r + self.config.theta * beside / d2).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(losses: &[f64], config: PbiConfig) -> Vec<f64> {
        let inputs = StepInputs { step: 0, progress: 0.0, losses, gramian: None };
        config.init().unwrap().weights(&inputs).unwrap()
    }

    #[test]
    fn weights_are_the_derivatives_of_both_distances() {
        // r̂ = (3, 4)/5, L − z = (5, 0): d₁ = 3, beside = (5 − 9/5, −12/5) = (16, −12)/5 of length 4.
        let preference = Some(vec![3.0, 4.0]);
        let config = PbiConfig { theta: 2.0, preference, least_losses: vec![1.0, 2.0] };
        let found = weights(&[6.0, 2.0], config);
        let expected = [0.6 + 2.0 * 0.8, 0.8 - 2.0 * 0.6];
        assert!(found.iter().zip(expected).all(|(w, e)| (w - e).abs() < 1e-15), "{found:?}");
    }

    #[test]
    fn losses_in_the_preferences_proportions_are_weighed_by_it_alone() {
        let found = weights(&[0.1; 3], PbiConfig::default());
        assert!(found.iter().all(|w| (w - 1.0 / 3.0_f64.sqrt()).abs() < 1e-15));
    }
}
