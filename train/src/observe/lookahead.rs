//! TAG's lookahead (Fifty et al. 2021, section 4): what one task's step of the trunk does to every task's loss.
//!
//! From the weights as they are, the trunk alone takes a step along one task's gradient; heads stay, and so does the
//! model, of which the step is taken in a copy. TAG's tasks share their inputs and its step is the optimiser's own,
//! with momentum. Here tasks have texts of their own, so losses are measured on batches that no gradient was taken of
//! (a task then helps itself no more than an equal task would), and the step is along the plain gradient.

use burn::{
    module::{Module, ModuleMapper, Param},
    optim::GradientsParams,
    tensor::Tensor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block::Scope;
use super::products::{BlockProducts, mean_loss};
use crate::{MicroBatch, MultiTask, Result};

/// How far the trunk is moved along a task's gradient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookaheadStep {
    /// This many times the gradient, as gradient descent would: tasks with large gradients move it further.
    Rate(f64),
    /// By this distance, whatever the gradient's norm: nearer to AdamW, whose steps hardly depend on it.
    Distance(f64),
}

/// The losses of all tasks after a step of each: `[source][receiver]`.
///
/// `sources` are the tasks' own gradients in the trunk; `receivers` each task's batches, without autodiff.
///
/// # Errors
/// If the device fails or gradients are not finite.
pub fn look_ahead(
    model: &MultiTask,
    sources: &[GradientsParams],
    receivers: &[Vec<MicroBatch>],
    step: LookaheadStep,
) -> Result<Vec<Vec<f64>>> {
    let still = model.valid();
    let after = |gradients: &GradientsParams| -> Result<Vec<f64>> {
        let factor = match step {
            LookaheadStep::Rate(rate) => rate,
            LookaheadStep::Distance(distance) => {
                let products = BlockProducts::of(&model.trunk, &[gradients])?;
                let norm = products.gramian(Scope::Whole)?.inner(0, 0).sqrt();
                if norm > 0.0 { distance / norm } else { 0.0 }
            }
        };
        let mut moved = still.clone();
        moved.trunk = moved.trunk.map(&mut Descend { gradients, factor });
        losses(&moved, receivers)
    };
    sources.iter().map(after).collect()
}

/// Each task's mean loss over its batches.
fn losses(model: &MultiTask, receivers: &[Vec<MicroBatch>]) -> Result<Vec<f64>> {
    let of = |batches: &Vec<MicroBatch>| {
        let losses = batches.iter().map(|batch| Tensor::cat(model.losses(batch, None), 0).sum());
        mean_loss(losses.collect())
    };
    receivers.iter().map(of).collect()
}

/// Subtracts a multiple of the gradients from a module's parameters.
struct Descend<'a> {
    gradients: &'a GradientsParams,
    factor: f64,
}

impl ModuleMapper for Descend<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.gradients.get::<D>(param.id) {
            Some(gradient) => param.map(|value| value - gradient.mul_scalar(self.factor)),
            None => param,
        }
    }
}
