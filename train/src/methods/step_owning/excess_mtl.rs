//! ExcessMTL (He et al., ICML 2024, algorithm 1): weights that grow exponentially with the tasks' excess risks.
//!
//! The excess risk of task i is estimated by gᵢᵀ diag(hᵢ)⁻¹ gᵢ with hᵢ the root of task i's squared gradients summed
//! over all steps, coordinate by coordinate, in the trunk: one more set of tensors for each task, which is saved with
//! checkpoints. Risks are divided by those of the first step, w ← w exp(η risk), and w is rescaled to sum to 1, so that
//! the first step is that of equal weights. Weights are of losses, heads' included.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use taskgraft_algebra::weighting::{
    self,
    exact::{Floats, load, save},
    nonnegative, same_tasks,
};
use taskgraft_models::{Trunk, kernels};

use super::StepOwning;
use crate::{
    MultiTask, Result,
    combine::{
        ByTask, Combine, Combined, Gathered, MethodState, TaskGradients, TaskSets, Weighing, failed,
    },
    methods::Passes,
};

const NAME: &str = "excess-mtl";
/// Least share of a weight in the largest, so that none is lost for good to rounding.
const LEAST: f64 = 1e-12;

/// Options of ExcessMTL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExcessMtlConfig {
    /// η, how fast weights follow the risks; default 0.01.
    #[schemars(range(min = 0.0))]
    pub step_size: f64,
    /// What is added to the summed squares before the root; default 1e-7.
    #[schemars(range(min = 0.0))]
    pub h_shift: f64,
}

impl Default for ExcessMtlConfig {
    fn default() -> Self {
        Self { step_size: 0.01, h_shift: 1e-7 }
    }
}

/// Logarithms of the weights, and the first step's risks.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Risks {
    log_weights: Floats,
    first: Floats,
}

/// Weights from excess risks.
#[derive(Clone, Debug)]
struct ExcessMtl {
    config: ExcessMtlConfig,
    risks: Option<Risks>,
}

impl StepOwning for ExcessMtlConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "ExcessMTL; He et al., ICML 2024";
    const PASSES: Passes = Passes { forward: 1, backward: 1, shared: false };

    fn make(self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        let parts = training.parts();
        let squares = TaskSets::new(parts.tasks());
        let rule = ExcessRisks { shift: self.h_shift, weights: ExcessMtl::new(self), squares };
        Ok(Box::new(ByTask::new(rule, parts)))
    }
}

impl ExcessMtl {
    fn new(config: ExcessMtlConfig) -> Self {
        Self { config, risks: None }
    }

    /// The weights of this step, from the estimated excess risk of every task; all 1 at the first.
    ///
    /// # Errors
    /// When a risk is negative or not finite, or the number of tasks changes.
    fn weights(&mut self, excess_risks: &[f64]) -> weighting::Result<Vec<f64>> {
        nonnegative(NAME, excess_risks)?;
        let tasks = excess_risks.len();
        let Some(risks) = &mut self.risks else {
            let first = excess_risks.iter().map(|risk| risk.max(f64::MIN_POSITIVE)).collect();
            self.risks =
                Some(Risks { log_weights: Floats(vec![0.0; tasks]), first: Floats(first) });
            return Ok(vec![1.0; tasks]);
        };
        same_tasks(NAME, "past steps", risks.first.0.len(), tasks)?;
        let pairs = excess_risks.iter().zip(&risks.first.0);
        for (log_weight, (risk, first)) in risks.log_weights.0.iter_mut().zip(pairs) {
            *log_weight += self.config.step_size * (risk / first).min(f64::MAX.sqrt());
        }
        let largest = risks.log_weights.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        risks.log_weights.0.iter_mut().for_each(|l| *l = (*l - largest).max(LEAST.ln()));
        let sum: f64 = risks.log_weights.0.iter().map(|l| l.exp()).sum();
        Ok(risks.log_weights.0.iter().map(|l| l.exp() * tasks as f64 / sum).collect())
    }

    /// Everything remembered of past steps.
    fn state(&self) -> Value {
        save(&self.risks)
    }

    /// Goes on from a saved state, bit for bit.
    ///
    /// # Errors
    /// When the state is not of this method.
    fn restore(&mut self, state: &Value) -> weighting::Result<()> {
        self.risks = load(NAME, state)?;
        Ok(())
    }
}

/// Weighs tasks by excess risks.
struct ExcessRisks {
    weights: ExcessMtl,
    /// Added to the summed squares before the root.
    shift: f64,
    squares: TaskSets,
}

impl ExcessRisks {
    /// Adds the squares of this step and estimates every task's risk; still on the device, by task and parameter.
    fn risks(&mut self, gathered: &Gathered, trunk: &Trunk) -> Vec<Vec<Tensor<1>>> {
        let shift = self.shift;
        let pairs = self.squares.sets.iter_mut().zip(gathered.sets());
        pairs
            .map(|(squares, gradients)| {
                let mut risk = Risk { squares, gradients, shift, parts: vec![] };
                trunk.visit(&mut risk);
                risk.parts
            })
            .collect()
    }
}

impl TaskGradients for ExcessRisks {
    fn combine(
        &mut self,
        step: u64,
        gathered: &mut Gathered,
        model: &MultiTask,
    ) -> Result<Combined> {
        let risks = self.risks(gathered, &model.trunk);
        let counts: Vec<usize> = risks.iter().map(Vec::len).collect();
        let all: Vec<Tensor<1>> = risks.into_iter().flatten().collect();
        let all = (!all.is_empty()).then(|| Tensor::cat(all, 0));
        let (_, values) = gathered.read(step, all)?;
        let mut rest = &values[..];
        let risks: Vec<f64> = counts
            .into_iter()
            .map(|count| {
                let (of_task, others) = rest.split_at(count);
                rest = others;
                of_task.iter().sum()
            })
            .collect();
        gathered.check_products(step, model, &risks)?;
        let tasks = risks.len() as f64;
        let weights = self.weights.weights(&risks).map_err(failed)?;
        let weights: Vec<f64> = weights.into_iter().map(|weight| weight / tasks).collect();
        Ok(gathered.weighed(model, &weights))
    }

    fn state(&self, model: &MultiTask) -> MethodState {
        MethodState { values: self.weights.state(), tensors: self.squares.tensors(&model.trunk) }
    }

    fn restore(&mut self, state: MethodState, model: &MultiTask) -> Result<()> {
        self.weights.restore(&state.values).map_err(failed)?;
        self.squares.restore(state.tensors, &model.trunk)
    }
}

/// One task's risk, parameter by parameter.
struct Risk<'a> {
    squares: &'a mut GradientsParams,
    gradients: &'a GradientsParams,
    shift: f64,
    parts: Vec<Tensor<1>>,
}

impl ModuleVisitor for Risk<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        let square = gradient.clone() * gradient;
        let summed = match self.squares.remove::<D>(param.id) {
            Some(summed) => summed + square.clone(),
            None => square.clone(),
        };
        let inverse = (summed.clone() + self.shift).sqrt().recip();
        self.parts.push(kernels::dot(square, inverse));
        self.squares.register(param.id, summed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_grow_exponentially_with_risks_relative_to_the_first() {
        let config = ExcessMtlConfig { step_size: 0.5, ..Default::default() };
        let mut method = ExcessMtl::new(config);
        assert_eq!(method.weights(&[2.0, 4.0]).unwrap(), [1.0, 1.0]);
        let saved = method.state();
        let weights = method.weights(&[1.0, 4.0]).unwrap();
        let (low, high) = (0.25_f64.exp(), 0.5_f64.exp());
        assert!((weights[0] - 2.0 * low / (low + high)).abs() < 1e-14);
        method.restore(&saved).unwrap();
        assert_eq!(method.weights(&[1.0, 4.0]).unwrap(), weights);
    }

    #[test]
    fn a_risk_that_was_zero_at_first_stays_finite() {
        let mut method = ExcessMtl::new(ExcessMtlConfig::default());
        method.weights(&[0.0, 1.0]).unwrap();
        for _ in 0..3 {
            let weights = method.weights(&[1.0, 1.0]).unwrap();
            assert!(weights.iter().all(|w| w.is_finite() && *w > 0.0), "{weights:?}");
        }
    }
}
