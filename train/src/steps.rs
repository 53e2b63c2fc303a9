//! Whole training steps, one at a time, for measurements: what [`StepStrategy`](super::StepStrategy) does between two
//! batches (forward and backward pass, clipping by global norm, the optimiser's update) at a constant learning rate,
//! without burn-train's events, evaluation and checkpoints.

use burn::{
    module::Module,
    optim::ModuleOptimizer,
    tensor::Tensor,
    train::{TrainOutput, TrainStep},
};

use super::{MicroBatch, MultiTask, TrainConfig, global_norm, optimiser, scale_gradients};

/// A network in training.
pub struct Steps {
    model: MultiTask,
    optimiser: ModuleOptimizer,
    rate: f64,
    /// Largest global norm; 0 for none.
    clip: f64,
}

impl Steps {
    /// Trains `model` with the precision, the optimiser, the rate and the clipping of a config.
    pub fn new(mut model: MultiTask, config: &TrainConfig) -> Self {
        model.trunk = model.trunk.with_precision(config.precision);
        let model = model.train();
        let optimiser = optimiser(config, &model);
        Self { model, optimiser, rate: config.lr, clip: config.clip }
    }

    /// Number of the network's parameters.
    pub fn parameters(&self) -> usize {
        self.model.num_params()
    }

    /// One step; the loss of the batch before it, `[1]`, still on the device.
    pub fn step(&mut self, batch: MicroBatch) -> Tensor<1> {
        let TrainOutput { grads, item } = TrainStep::step(&self.model, batch);
        let gradients = match global_norm(&self.model, &grads) {
            Some(norm) if self.clip > 0.0 => {
                let factor = (norm + 1e-6).recip().mul_scalar(self.clip).clamp_max(1.0);
                scale_gradients(&self.model, grads, factor)
            }
            _ => grads,
        };
        self.model = self.optimiser.step(self.rate, self.model.clone(), gradients);
        item.loss()
    }
}
