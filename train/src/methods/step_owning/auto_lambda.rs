//! Auto-λ (Liu et al., TMLR 2022): weights that descend on the primary tasks' loss after a look-ahead step.
//!
//! With gᵢ the tasks' gradients at θ, θ' = θ − α Σ λᵢ gᵢ and v the gradient of the primary tasks' loss at θ' on other
//! training examples, the hypergradient of λᵢ is −α ⟨gᵢ, v⟩. The gᵢ are at hand, so the inner products are computed as
//! such, over trunk and heads; the published code, which has only the gradient of the weighted sum, takes finite
//! differences. λ takes a step of Adam, whose length is about the learning rate whatever the hypergradient's size, as
//! in the published code, and stays nonnegative, which the published code does not see to. The look-ahead is plain
//! gradient descent with a step length α of its own, because the optimiser's step is not linear in the gradients. The
//! step then takes the new weights. It costs a forward and a backward pass more for every primary task.

use burn::{
    module::{Module, ModuleMapper, Param},
    optim::GradientsParams,
    tensor::Tensor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use taskgraft_algebra::weighting::{
    self, Adam,
    exact::{Floats, load, save},
    same_tasks,
};

use super::{StepOwning, other_batches::OtherBatches};
use crate::{
    MultiTask, Result,
    combine::{
        ByTask, Combine, Combined, Gathered, MethodState, TaskGradients, Weighing, copy, failed,
        inner_products, read, weighted_sum,
    },
    methods::Passes,
};

const NAME: &str = "auto-lambda";

/// Options of Auto-λ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AutoLambdaConfig {
    /// First value of every weight; default 0.1.
    #[schemars(range(min = 0.0))]
    pub initial: f64,
    /// Adam's learning rate for the weights, about how far a weight moves in a step; default 1e-4, as published.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// α, the length of the look-ahead step of plain gradient descent; default 0.1.
    #[schemars(range(min = 0.0))]
    pub look_ahead: f64,
    /// Tasks whose loss the weights descend on, by place from 0; default all.
    pub primary: Option<Vec<usize>>,
}

impl Default for AutoLambdaConfig {
    fn default() -> Self {
        Self { initial: 0.1, learning_rate: 1e-4, look_ahead: 0.1, primary: None }
    }
}

impl StepOwning for AutoLambdaConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "Auto-λ; Liu et al., TMLR 2022";
    /// With every task primary.
    const PASSES: Passes = Passes { forward: 2, backward: 2, shared: false };

    fn check(&self, tasks: usize) -> Result<(), String> {
        let Some(primary) = &self.primary else { return Ok(()) };
        if primary.is_empty() {
            return Err("`primary` names no task; leave it out for all".into());
        }
        match primary.iter().find(|&&task| task >= tasks) {
            Some(task) => Err(format!("`primary` names task {task}; tasks are 0 to {}", tasks - 1)),
            None => Ok(()),
        }
    }

    fn make(self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        let parts = training.parts();
        let rule = LookAhead {
            weights: Weights::of(&self, parts.tasks()),
            primary: self.primary.unwrap_or_else(|| (0..parts.tasks()).collect()),
            length: self.look_ahead,
            others: OtherBatches::of(training),
        };
        Ok(Box::new(ByTask::new(rule, parts)))
    }
}

/// Learned weights.
#[derive(Clone, Debug)]
struct Weights {
    learning_rate: f64,
    learned: Learned,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    lambda: Floats,
    adam: Adam,
}

impl Weights {
    fn of(config: &AutoLambdaConfig, tasks: usize) -> Self {
        let learned =
            Learned { lambda: Floats(vec![config.initial; tasks]), adam: Adam::of(tasks) };
        Self { learning_rate: config.learning_rate, learned }
    }

    /// Descends by the inner products ⟨gᵢ, v⟩, which are finite; `length` is the look-ahead's α.
    fn descend(&mut self, products: &[f64], length: f64) {
        let Learned { lambda, adam } = &mut self.learned;
        let hypergradients: Vec<f64> = products.iter().map(|product| -length * product).collect();
        adam.descend(&mut lambda.0, &hypergradients, self.learning_rate);
        lambda.0.iter_mut().for_each(|lambda| *lambda = lambda.max(0.0));
    }

    fn restore(&mut self, state: &Value) -> weighting::Result<()> {
        let learned: Learned = load(NAME, state)?;
        same_tasks(NAME, "the weights", self.learned.lambda.0.len(), learned.lambda.0.len())?;
        self.learned = learned;
        Ok(())
    }
}

/// Learns the tasks' weights.
struct LookAhead {
    weights: Weights,
    /// Tasks whose loss the weights descend on, by place.
    primary: Vec<usize>,
    /// α, the length of the look-ahead step.
    length: f64,
    others: OtherBatches,
}

impl LookAhead {
    /// The gradient of the primary tasks' summed losses after the look-ahead step.
    fn ahead(&self, step: u64, model: &MultiTask, sum: GradientsParams) -> Result<GradientsParams> {
        let mut moved = Moved { direction: sum, length: self.length };
        let ahead = model.clone().valid().map(&mut moved).train();
        let mut total = GradientsParams::new();
        for &task in &self.primary {
            self.others.add_gradient(&ahead, (task, step, 0), &mut total)?;
        }
        Ok(total)
    }

    /// ⟨gᵢ, v⟩ of every task.
    fn products(
        model: &MultiTask,
        of_tasks: &[GradientsParams],
        ahead: &GradientsParams,
    ) -> Result<Vec<f64>> {
        let tasks = of_tasks.len();
        let sets: Vec<&GradientsParams> = of_tasks.iter().chain([ahead]).collect();
        let pairs: Vec<(usize, usize)> = (0..tasks).map(|task| (task, tasks)).collect();
        let products = read(inner_products(model, &sets, &pairs).products.into_iter().collect())?;
        let mut sums = vec![0.0; tasks];
        for of_parameter in products.chunks_exact(tasks) {
            sums.iter_mut().zip(of_parameter).for_each(|(sum, value)| *sum += value);
        }
        Ok(sums)
    }
}

impl TaskGradients for LookAhead {
    fn combine(
        &mut self,
        step: u64,
        gathered: &mut Gathered,
        model: &MultiTask,
    ) -> Result<Combined> {
        gathered.read(step, None)?;
        let mut copies: Vec<GradientsParams> =
            gathered.sets().iter().map(|set| copy(model, set)).collect();
        let mut sum = GradientsParams::new();
        weighted_sum(model, &mut sum, &mut copies, &self.weights.learned.lambda.0);
        let ahead = self.ahead(step, model, sum)?;
        let products = Self::products(model, gathered.sets(), &ahead)?;
        gathered.check_products(step, model, &products)?;
        self.weights.descend(&products, self.length);

        Ok(gathered.weighed(model, &self.weights.learned.lambda.0))
    }

    fn state(&self, _model: &MultiTask) -> MethodState {
        MethodState { values: save(&self.weights.learned), tensors: vec![] }
    }

    fn restore(&mut self, state: MethodState, _model: &MultiTask) -> Result<()> {
        self.weights.restore(&state.values).map_err(failed)
    }
}

/// Moves parameters against a direction; on a module without autodiff.
struct Moved {
    direction: GradientsParams,
    length: f64,
}

impl ModuleMapper for Moved {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.direction.remove::<D>(param.id) {
            Some(direction) => param.map(|value| value - direction * self.length),
            None => param,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_whose_gradient_helps_the_primary_one_gains_weight() {
        let config = AutoLambdaConfig { learning_rate: 0.06, ..Default::default() };
        let mut weights = Weights::of(&config, 3);
        // Adam's steps along gradients that stay have the length of the rate, and weights stop at zero.
        for expected in [[0.16, 0.04, 0.1], [0.22, 0.0, 0.1]] {
            weights.descend(&[2.0, -0.1, 0.0], 0.1);
            let mut pairs = weights.learned.lambda.0.iter().zip(expected);
            assert!(pairs.all(|(w, e)| (w - e).abs() < 1e-6), "{:?}", weights.learned);
        }
    }

    #[test]
    fn moments_are_part_of_what_is_saved() {
        let mut weights = Weights::of(&AutoLambdaConfig::default(), 2);
        weights.descend(&[20.0, -15.0], 0.2);
        let mut again = Weights::of(&AutoLambdaConfig::default(), 2);
        again.restore(&save(&weights.learned)).unwrap();
        weights.descend(&[1.0, 2.0], 0.2);
        again.descend(&[1.0, 2.0], 0.2);
        assert_eq!(weights.learned.lambda, again.learned.lambda);
        assert!(
            Weights::of(&AutoLambdaConfig::default(), 3).restore(&save(&weights.learned)).is_err()
        );
    }
}
