//! GO4Align, group optimisation for multi-task alignment (Shen et al., NeurIPS 2024, arXiv 2404.06486, section 3.2).
//!
//! Every task has a share pᵢ ∝ pᵢ exp(−η Lᵢ) that gathers its risks of past steps, and a risk-guided indicator
//! γᵢ = pᵢ Σ L / Lᵢ. Indicators are clustered into groups by k-means, and every task weighs as the mean of its group.
//! On a line the best clusters are intervals, so they are found exactly, by dynamic programming, and not by a drawn
//! start as in the published code. Losses must not be negative; one of zero counts as 1e-8.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SMALLEST_LOSS;
use crate::weighting::{
    Needs, Options, Properties, Result, SingleTask, StepInputs, Weighting,
    exact::{Floats, load, save},
    method::same_tasks,
    solvers::{interval_clusters, softmax},
};

const NAME: &str = "go4align";

/// Options of GO4Align.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Go4AlignConfig {
    /// Groups of tasks, or as many as there are tasks; default 2.
    #[schemars(range(min = 1))]
    pub groups: usize,
    /// η, how fast the shares of tasks follow past losses; default 1e-4, as in the published code.
    #[schemars(range(min = 0.0))]
    pub step_size: f64,
}

impl Default for Go4AlignConfig {
    fn default() -> Self {
        Self { groups: 2, step_size: 1e-4 }
    }
}

/// Logarithms of the shares.
#[derive(Clone, Debug)]
pub struct Go4Align {
    config: Go4AlignConfig,
    log_shares: Option<Floats>,
}

impl Options for Go4AlignConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "GO4Align; Shen et al., NeurIPS 2024";
    type Weighting = Go4Align;

    fn make(self) -> Result<Go4Align> {
        Ok(Go4Align { config: self, log_shares: None })
    }
}

impl Weighting for Go4Align {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            non_negative: true,
            caveat: "groups of indicators change from step to step, and weights jump with them",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses: Vec<f64> =
            inputs.nonnegative_losses(NAME)?.iter().map(|loss| loss.max(SMALLEST_LOSS)).collect();
        let tasks = losses.len();
        let logs = &mut self.log_shares.get_or_insert_with(|| Floats(vec![0.0; tasks])).0;
        same_tasks(NAME, "past steps", logs.len(), tasks)?;
        logs.iter_mut().zip(&losses).for_each(|(log, loss)| *log -= self.config.step_size * loss);
        // A common factor of the shares is of no account; without it logarithms stay small.
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        logs.iter_mut().for_each(|log| *log -= largest);
        let sum: f64 = losses.iter().sum();
        let indicators: Vec<f64> =
            softmax(logs).iter().zip(&losses).map(|(p, loss)| p * sum / loss).collect();
        let mut weights = vec![0.0; tasks];
        for group in interval_clusters(&indicators, self.config.groups) {
            let mean = group.iter().map(|&i| indicators[i]).sum::<f64>() / group.len() as f64;
            group.iter().for_each(|&i| weights[i] = mean);
        }
        Ok(weights)
    }

    fn state(&self) -> Value {
        save(&self.log_shares)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.log_shares = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_one_group_share_the_mean_of_their_indicators() {
        let losses = [1.0, 2.0, 8.0];
        let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
        let mut method = Go4AlignConfig { groups: 2, step_size: 0.0 }.init().unwrap();
        // Shares of a third: indicators 11/3, 11/6 and 11/24; the last two are nearer.
        let weights = method.weights(&inputs).unwrap();
        let expected = [11.0 / 3.0, 55.0 / 48.0, 55.0 / 48.0];
        assert!(weights.iter().zip(expected).all(|(w, e)| (w - e).abs() < 1e-14), "{weights:?}");
    }

    #[test]
    fn shares_gather_the_risks_of_past_steps() {
        let losses = [1.0, 3.0];
        let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
        let mut method = Go4AlignConfig { groups: 2, step_size: 0.5 }.init().unwrap();
        method.weights(&inputs).unwrap();
        // After two steps the shares' ratio is exp(0.5 · 2 · 2).
        let weights = method.weights(&inputs).unwrap();
        let share = 1.0 / (1.0 + (-2.0_f64).exp());
        assert!((weights[0] - share * 4.0).abs() < 1e-14);
        assert!((weights[1] - (1.0 - share) * 4.0 / 3.0).abs() < 1e-14);
    }
}
