//! ExcessMTL (He et al., ICML 2024): weights that grow with the tasks' excess risks, estimated as gᵢᵀ diag(hᵢ)⁻¹ gᵢ.
//!
//! hᵢ is the root of task i's squared gradients summed over all steps, coordinate by coordinate, in the trunk: one more
//! set of tensors for each task, which is saved with checkpoints. Weights are of losses, heads' included; they are
//! divided by T, so that the first step is that of equal weights.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
    train::TrainOutput,
};
use taskgraft_algebra::weighting::beyond_gramian::ExcessMtl;
use taskgraft_models::{Trunk, kernels};

use super::{
    Combine, Combined, MethodState,
    gathered::{Gathered, TaskParts},
    sets::TaskSets,
    weighted::{failed, push_weights},
    weighted_sum,
};
use crate::{MicroBatch, MultiTask, Result, StepItem};

/// Weighs tasks by excess risks.
pub struct ExcessRisks {
    rule: ExcessMtl,
    /// Added to the summed squares before the root.
    shift: f64,
    gathered: Gathered,
    squares: TaskSets,
}

impl ExcessRisks {
    pub fn new(rule: ExcessMtl, shift: f64, parts: TaskParts) -> Self {
        let squares = TaskSets::new(parts.tasks());
        Self { rule, shift, gathered: Gathered::new(parts), squares }
    }

    /// Adds the squares of this step and estimates every task's risk; still on the device, by task and parameter.
    fn risks(&mut self, trunk: &Trunk) -> Vec<Vec<Tensor<1>>> {
        let shift = self.shift;
        let pairs = self.squares.sets.iter_mut().zip(self.gathered.sets());
        pairs
            .map(|(squares, gradients)| {
                let mut risk = Risk { squares, gradients, shift, parts: vec![] };
                trunk.visit(&mut risk);
                risk.parts
            })
            .collect()
    }
}

impl Combine<MultiTask> for ExcessRisks {
    fn parts(&self) -> usize {
        self.gathered.parts.count()
    }

    fn add(
        &mut self,
        part: usize,
        _batch: &MicroBatch,
        output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        self.gathered.add(part, output, model);
        Ok(())
    }

    fn finish(&mut self, step: u64, model: &MultiTask) -> Result<Combined> {
        let risks = self.risks(&model.trunk);
        let counts: Vec<usize> = risks.iter().map(Vec::len).collect();
        let all: Vec<Tensor<1>> = risks.into_iter().flatten().collect();
        let all = (!all.is_empty()).then(|| Tensor::cat(all, 0));
        let (_, values) = self.gathered.read(step, all)?;
        let mut rest = &values[..];
        let risks: Vec<f64> = counts
            .into_iter()
            .map(|count| {
                let (of_task, others) = rest.split_at(count);
                rest = others;
                of_task.iter().sum()
            })
            .collect();
        self.gathered.check_products(step, model, &risks)?;
        let tasks = risks.len() as f64;
        let weights = self.rule.weights(&risks).map_err(failed)?;
        let weights: Vec<f64> = weights.into_iter().map(|weight| weight / tasks).collect();
        let mut item = self.gathered.take_item();
        push_weights(&mut item, &weights);
        let (mut sum, mut sets) = (GradientsParams::new(), self.gathered.take_sets());
        weighted_sum(model, &mut sum, &mut sets, &weights);
        Ok(Combined { gradients: sum, factor: 1.0, item })
    }

    fn abandon(&mut self) {
        self.gathered.forget();
    }

    fn state(&self, model: &MultiTask) -> MethodState {
        MethodState { values: self.rule.state(), tensors: self.squares.tensors(&model.trunk) }
    }

    fn restore(&mut self, state: MethodState, model: &MultiTask) -> Result<()> {
        self.rule.restore(&state.values).map_err(failed)?;
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
