//! Dynamic weight average (Liu, Johns and Davison, CVPR 2019, equation 7).
//!
//! wᵢ = T softmax(rᵢ / τ) with rᵢ the ratio of task i's mean losses over the last two finished periods: a task whose
//! loss falls slowly weighs more. Until two periods are over all weights are 1. The paper's period is an epoch; here
//! it is a number of steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SMALLEST_LOSS;
use crate::weighting::{
    LossScaling, Needs, Options, Properties, Result, SingleTask, StepInputs, Total, Weighting,
    exact::{Floats, load, save},
    method::same_tasks,
    solvers::softmax,
};

const NAME: &str = "dwa";

/// Options of dynamic weight average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DwaConfig {
    /// Temperature τ of the softmax; default 2.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub temperature: f64,
    /// Steps over which losses are averaged; default 100.
    #[schemars(range(min = 1))]
    pub period: u64,
}

impl Default for DwaConfig {
    fn default() -> Self {
        Self { temperature: 2.0, period: 100 }
    }
}

/// Sums of the running period, and means of the two before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct History {
    steps: u64,
    sums: Floats,
    last: Option<Floats>,
    before_last: Option<Floats>,
}

/// Weights from ratios of past losses.
#[derive(Clone, Debug)]
pub struct Dwa {
    config: DwaConfig,
    history: Option<History>,
}

impl Options for DwaConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "Dynamic weight average; Liu et al., CVPR 2019";
    type Weighting = Dwa;

    fn make(self) -> Result<Dwa> {
        Ok(Dwa { config: self, history: None })
    }
}

impl Weighting for Dwa {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            loss_scaling: LossScaling::Linear,
            non_negative: true,
            total: Total::Tasks,
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.nonnegative_losses(NAME)?;
        let tasks = losses.len();
        let history = self.history.get_or_insert_with(|| History {
            sums: Floats(vec![0.0; tasks]),
            ..Default::default()
        });
        same_tasks(NAME, "past steps", history.sums.0.len(), tasks)?;
        if history.steps == self.config.period {
            let mean = history.sums.0.iter().map(|sum| sum / history.steps as f64).collect();
            history.before_last = history.last.replace(Floats(mean));
            history.sums.0.fill(0.0);
            history.steps = 0;
        }
        history.steps += 1;
        history.sums.0.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        let (Some(last), Some(before)) = (&history.last, &history.before_last) else {
            return Ok(vec![1.0; tasks]);
        };
        let logits: Vec<f64> = last
            .0
            .iter()
            .zip(&before.0)
            .map(|(last, before)| {
                last.max(SMALLEST_LOSS) / before.max(SMALLEST_LOSS) / self.config.temperature
            })
            .collect();
        Ok(softmax(&logits).into_iter().map(|share| share * tasks as f64).collect())
    }

    fn state(&self) -> Value {
        save(&self.history)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.history = load(NAME, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_follow_the_ratio_of_the_last_two_periods() {
        let mut method = DwaConfig { temperature: 2.0, period: 2 }.init().unwrap();
        let mut weights = Vec::new();
        // Means 2 and 4, then 1 and 4.
        for losses in [[1.0, 3.0], [3.0, 5.0], [0.5, 4.0], [1.5, 4.0], [9.0, 9.0]] {
            let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
            weights = method.weights(&inputs).unwrap();
        }
        let (slow, fast) = (0.5_f64.exp(), 0.25_f64.exp());
        assert!((weights[0] - 2.0 * fast / (slow + fast)).abs() < 1e-12);
        assert!((weights[1] - 2.0 * slow / (slow + fast)).abs() < 1e-12);
    }
}
