//! Krum and Multi-Krum (Blanchard et al., NeurIPS 2017, section 4): the gradients nearest to their neighbours.
//!
//! A task's score is the sum of its squared distances to the T − f − 2 gradients nearest to it, f being how many may be
//! arbitrary; the m tasks of least score are averaged. At least one neighbour counts, so that f = 0 is defined for any
//! number of tasks: two are averaged. Tasks that tie for the last place share it. TorchJD sums distances, not squares.
//! Made against broken workers; for tasks, it leaves out those that are unlike the others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    LossScaling, Needs, Options, Properties, Result, StepInputs, Weighting, WeightingError,
};

const NAME: &str = "krum";

/// Options of Krum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KrumConfig {
    /// f, how many gradients may be arbitrary; default 0. Needs f + 3 tasks where above 0.
    pub byzantine: usize,
    /// m, how many tasks are averaged; default 1.
    #[schemars(range(min = 1))]
    pub selected: usize,
}

impl Default for KrumConfig {
    fn default() -> Self {
        Self { byzantine: 0, selected: 1 }
    }
}

/// The mean of the selected gradients.
#[derive(Clone, Debug)]
pub struct Krum {
    config: KrumConfig,
}

impl Options for KrumConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "Krum; Blanchard et al., NeurIPS 2017";
    type Weighting = Krum;

    fn make(self) -> Result<Krum> {
        Ok(Krum { config: self })
    }
}

impl Weighting for Krum {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            loss_scaling: LossScaling::Common,
            caveat: "tasks that are not selected are not trained at that step",
            ..Properties::CONVEX
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let tasks = gramian.tasks();
        let KrumConfig { byzantine, selected } = self.config;
        if byzantine > 0 && tasks < byzantine + 3 {
            return Err(WeightingError::Tasks {
                method: NAME,
                expected: byzantine + 3,
                source_of_expected: "at least, by the option `byzantine`",
                found: tasks,
            });
        }
        let neighbours = tasks.saturating_sub(byzantine + 2).max(1);
        let distance = |i: usize, j: usize| {
            // Halves first: the sum of two squared norms may be too large for a float.
            let (a, b) = (gramian.inner(i, i), gramian.inner(j, j));
            (a / 2.0 + b / 2.0 - gramian.inner(i, j)).max(0.0)
        };
        let scores: Vec<f64> = (0..tasks)
            .map(|task| {
                let mut distances: Vec<f64> =
                    (0..tasks).filter(|&j| j != task).map(|j| distance(task, j)).collect();
                distances.sort_by(f64::total_cmp);
                distances.iter().take(neighbours).sum()
            })
            .collect();
        Ok(least(&scores, selected.min(tasks)))
    }
}

/// 1/m for the m least scores; those that tie for the last places share them.
fn least(scores: &[f64], m: usize) -> Vec<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted[m - 1];
    let below = scores.iter().filter(|score| **score < last).count();
    let tied = scores.iter().filter(|score| **score == last).count();
    let share = (m - below) as f64 / tied as f64;
    let part = |score: f64| {
        if score < last {
            1.0
        } else if score == last {
            share
        } else {
            0.0
        }
    };
    scores.iter().map(|score| part(*score) / m as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weighting::Gramian;

    fn weights(rows: &[[f64; 1]], config: KrumConfig) -> Vec<f64> {
        let gramian = Gramian::from_gradients(rows).unwrap();
        let losses = vec![1.0; rows.len()];
        let inputs =
            StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
        config.init().unwrap().weights(&inputs).unwrap()
    }

    #[test]
    fn the_gradients_nearest_to_their_neighbours_are_averaged() {
        // With f = 1, two neighbours each: squared distances 1 + 9, 1 + 4, 4 + 9, 49 + 64 (of 0, 1, 3 and 10: 49 + 81).
        let rows = [[0.0], [1.0], [3.0], [10.0], [11.0]];
        let config = KrumConfig { byzantine: 1, selected: 1 };
        assert_eq!(weights(&rows, config.clone()), [0.0, 1.0, 0.0, 0.0, 0.0]);
        let two = KrumConfig { selected: 2, ..config };
        assert_eq!(weights(&rows, two), [0.5, 0.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn ties_are_shared_and_two_tasks_averaged() {
        assert_eq!(weights(&[[1.0], [5.0]], KrumConfig::default()), [0.5, 0.5]);
        let apart = weights(&[[0.0], [1.0], [8.0]], KrumConfig::default());
        assert_eq!(apart, [0.5, 0.5, 0.0]);
    }

    #[test]
    fn too_few_tasks_for_the_arbitrary_ones_are_refused() {
        let gramian = Gramian::from_gradients(&[[1.0], [2.0], [3.0]]).unwrap();
        let inputs =
            StepInputs { step: 0, progress: 0.0, losses: &[1.0; 3], gramian: Some(&gramian) };
        let mut method = KrumConfig { byzantine: 1, selected: 1 }.init().unwrap();
        let error = method.weights(&inputs).unwrap_err().to_string();
        assert!(error.contains("expected 4 tasks") && error.contains("byzantine"), "{error}");
    }
}
