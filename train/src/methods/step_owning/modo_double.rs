//! MoDo with double sampling (Chen, Fernando et al., JMLR 2024, algorithm 1): task weights whose steps are unbiased.
//!
//! At every step two batches of each task are drawn beside that of the mixture. With Fᵤ and Fᵥ the gradients of the
//! tasks on them, λ ← Π(λ − γ (Fᵤᵀ Fᵥ + ρ I) λ), Π being the projection onto the simplex; the trunk then moves along
//! Σ λᵢ gᵢ with gᵢ of the mixture's batch. The two batches are independent, so that the noise of gradients does not add
//! to the diagonal as it does in the Gramian of one batch, which the weighting `modo` takes. It costs two forward and
//! two backward passes more for every task. A head sees its task alone and is weighed by 1/T.

use burn::optim::GradientsParams;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taskgraft_algebra::weighting::{
    exact::{Floats, load, save},
    same_tasks,
    solvers::project_onto_simplex,
};

use super::{StepOwning, other_batches::OtherBatches};
use crate::{
    Error, MultiTask, Result,
    combine::{
        ByTask, Combine, Combined, Gathered, MethodState, TaskGradients, Weighing, failed,
        inner_products, push_weights, read, weighted_sum,
    },
    methods::Passes,
};

const NAME: &str = "modo-double";

/// Options of MoDo with double sampling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MoDoDoubleConfig {
    /// Learning rate γ of λ; default 0.1.
    #[schemars(range(min = 0.0))]
    pub gamma: f64,
    /// Regularisation ρ; default 0.1.
    #[schemars(range(min = 0.0))]
    pub rho: f64,
}

impl Default for MoDoDoubleConfig {
    fn default() -> Self {
        Self { gamma: 0.1, rho: 0.1 }
    }
}

impl StepOwning for MoDoDoubleConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "MoDo with double sampling; Chen et al., JMLR 2024";
    const PASSES: Passes = Passes { forward: 3, backward: 3, shared: false };

    fn make(self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        let parts = training.parts();
        let tasks = parts.tasks();
        let lambda = Floats(vec![1.0 / tasks as f64; tasks]);
        let rule = DoubleSampling { config: self, lambda, others: OtherBatches::of(training) };
        Ok(Box::new(ByTask::new(rule, parts)))
    }
}

struct DoubleSampling {
    config: MoDoDoubleConfig,
    lambda: Floats,
    others: OtherBatches,
}

impl DoubleSampling {
    /// ⟨fᵤᵢ, fᵥⱼ⟩ in the trunk for all pairs of tasks, row by row.
    fn products(&self, step: u64, model: &MultiTask) -> Result<Vec<f64>> {
        let tasks = self.lambda.0.len();
        let mut sets = vec![];
        for which in [1, 2] {
            for task in 0..tasks {
                let mut set = GradientsParams::new();
                self.others.add_gradient(model, (task, step, which), &mut set)?;
                sets.push(set);
            }
        }
        let sets: Vec<&GradientsParams> = sets.iter().collect();
        let pairs: Vec<(usize, usize)> =
            (0..tasks).flat_map(|i| (0..tasks).map(move |j| (i, tasks + j))).collect();
        let products = inner_products(&model.trunk, &sets, &pairs).products;
        let products = read(products.into_iter().collect())?;
        let mut sums = vec![0.0; pairs.len()];
        for of_parameter in products.chunks_exact(pairs.len()) {
            sums.iter_mut().zip(of_parameter).for_each(|(sum, value)| *sum += value);
        }
        if sums.iter().all(|sum| sum.is_finite()) {
            return Ok(sums);
        }
        let what = "a task, on the batches that its weight is learned from,".to_string();
        Err(Error::GradientNotFinite { step: step + 1, what })
    }
}

impl TaskGradients for DoubleSampling {
    fn combine(
        &mut self,
        step: u64,
        gathered: &mut Gathered,
        model: &MultiTask,
    ) -> Result<Combined> {
        gathered.read(step, None)?;
        let products = self.products(step, model)?;
        self.lambda.0 = moved(&self.config, &self.lambda.0, &products);
        let mut item = gathered.take_item();
        push_weights(&mut item, &self.lambda.0);
        let (mut gradients, mut sets) = (GradientsParams::new(), gathered.take_sets());
        let of_heads = vec![1.0 / sets.len() as f64; sets.len()];
        weighted_sum(&model.trunk, &mut gradients, &mut sets, &self.lambda.0);
        weighted_sum(&model.heads, &mut gradients, &mut sets, &of_heads);
        Ok(Combined { gradients, factor: 1.0, item })
    }

    fn state(&self, _model: &MultiTask) -> MethodState {
        MethodState { values: save(&self.lambda), tensors: vec![] }
    }

    fn restore(&mut self, state: MethodState, _model: &MultiTask) -> Result<()> {
        let lambda: Floats = load(NAME, &state.values).map_err(failed)?;
        same_tasks(NAME, "the weights", self.lambda.0.len(), lambda.0.len()).map_err(failed)?;
        self.lambda = lambda;
        Ok(())
    }
}

/// One step of λ along −(P + ρ I) λ, P given row by row, projected onto the simplex.
fn moved(config: &MoDoDoubleConfig, lambda: &[f64], products: &[f64]) -> Vec<f64> {
    let rows = products.chunks_exact(lambda.len());
    let slope = |row: &[f64]| row.iter().zip(lambda).map(|(p, l)| p * l).sum::<f64>();
    let steps =
        lambda.iter().zip(rows).map(|(l, row)| l - config.gamma * (slope(row) + config.rho * l));
    project_onto_simplex(&steps.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_the_papers_and_may_read_products_that_are_not_symmetric() {
        // ½ − 0.1 (½ · 1 + 0.05) and ½ − 0.1 (½ · 4 + 0.05), then 0.13 more for both to sum to one.
        let weights = moved(&MoDoDoubleConfig::default(), &[0.5, 0.5], &[1.0, 0.0, 0.0, 4.0]);
        assert!((weights[0] - 0.575).abs() < 1e-15 && (weights[1] - 0.425).abs() < 1e-15);
        // Slopes ½ (0 + 2) and 0: 0.395 and 0.495, then 0.055 more.
        let weights = moved(&MoDoDoubleConfig::default(), &[0.5, 0.5], &[0.0, 2.0, 0.0, 0.0]);
        assert!((weights[0] - 0.45).abs() < 1e-15 && (weights[1] - 0.55).abs() < 1e-15);
    }
}
