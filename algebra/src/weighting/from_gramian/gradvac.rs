//! GradVac, the gradient vaccine (Wang et al., ICLR 2021, algorithm 1).
//!
//! For each pair of tasks a target cosine is kept, an exponential moving average of the cosines seen (from 0). Where a
//! task's gradient falls short of the target with another, that one's original gradient is added until the target is
//! met; the update is the sum. With targets of zero this is PCGrad. Cosines are of the whole trunk, not per layer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::projection::{Combination, ProjectionOrder};
use crate::weighting::{
    LossScaling, Needs, Options, Ordering, Properties, Result, SingleTask, StepInputs, Weighting,
    WeightingError,
    exact::{Floats, load, save},
    method::same_tasks,
};

const NAME: &str = "gradvac";
/// Targets are kept this far from ±1, where no finite multiple would meet them.
const MARGIN: f64 = 1e-6;

/// Options of GradVac.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GradVacConfig {
    /// Rate β of the targets' moving average; default 0.01.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub beta: f64,
    /// The order of pairs; default random.
    pub order: ProjectionOrder,
    /// Seed of the random order; default 0.
    pub seed: u64,
}

impl Default for GradVacConfig {
    fn default() -> Self {
        Self { beta: 0.01, order: ProjectionOrder::Random, seed: 0 }
    }
}

/// The target cosines, row by row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Targets {
    tasks: usize,
    cosines: Floats,
}

/// The sum of gradients brought to their target cosines.
#[derive(Clone, Debug)]
pub struct GradVac {
    config: GradVacConfig,
    targets: Option<Targets>,
}

impl Options for GradVacConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "GradVac; Wang et al., ICLR 2021";
    type Weighting = GradVac;

    fn make(self) -> Result<GradVac> {
        Ok(GradVac { config: self, targets: None })
    }
}

impl Weighting for GradVac {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            single_task: SingleTask::Plain,
            loss_scaling: LossScaling::Linear,
            ordering: Ordering::Drawn,
            caveat: "conflicts remain wherever conflicts are what is usual between two tasks",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let (tasks, norms) = (gramian.tasks(), gramian.norms());
        let targets = self
            .targets
            .get_or_insert_with(|| Targets { tasks, cosines: Floats(vec![0.0; tasks * tasks]) });
        same_tasks(NAME, "past steps", targets.tasks, tasks)?;
        let mut weights = vec![0.0; tasks];
        for task in 0..tasks {
            let mut gradient = Combination::of(gramian, task);
            for other in self.config.order.others(self.config.seed, inputs.step, task, tasks) {
                let norm = gradient.norm();
                if norm == 0.0 || norms[other] == 0.0 {
                    continue;
                }
                let cosine = (gradient.inner(other) / norm / norms[other]).clamp(-1.0, 1.0);
                let kept = &mut targets.cosines.0[task * tasks + other];
                let target = kept.clamp(MARGIN - 1.0, 1.0 - MARGIN);
                if cosine < target {
                    let (sine, target_sine) =
                        ((1.0 - cosine * cosine).sqrt(), (1.0 - target * target).sqrt());
                    gradient.coefficients[other] +=
                        norm / norms[other] * (target * sine - cosine * target_sine) / target_sine;
                }
                *kept += self.config.beta * (cosine - *kept);
            }
            weights.iter_mut().zip(&gradient.coefficients).for_each(|(w, c)| *w += c);
        }
        Ok(weights)
    }

    fn state(&self) -> Value {
        save(&self.targets)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        let targets: Option<Targets> = load(NAME, state)?;
        if targets.as_ref().is_some_and(|t| t.cosines.0.len() != t.tasks * t.tasks) {
            let problem = "as many target cosines as pairs of tasks expected".to_owned();
            return Err(WeightingError::State { method: NAME, problem });
        }
        self.targets = targets;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weighting::Gramian;

    #[test]
    fn a_gradient_that_falls_short_is_brought_to_its_target_cosine() {
        let gramian = Gramian::from_gradients(&[[3.0, 0.0], [-1.0, 2.0]]).unwrap();
        let mut method = GradVacConfig { beta: 0.0, ..Default::default() }.init().unwrap();
        let target = 0.4;
        method.targets = Some(Targets { tasks: 2, cosines: Floats(vec![0.0, target, -1.0, 0.0]) });
        let inputs =
            StepInputs { step: 0, progress: 0.0, losses: &[1.0, 1.0], gramian: Some(&gramian) };
        let weights = method.weights(&inputs).unwrap();
        // Task 1 has its own gradient; what is left of the sum is task 0's, changed.
        let changed = [weights[0], weights[1] - 1.0];
        let cosine =
            gramian.products_with(&changed)[1] / gramian.norm_of(&changed) / gramian.norms()[1];
        assert!((cosine - target).abs() < 1e-12, "{cosine}");
    }
}
