//! One step, wherever it is made: forward and backward passes, the method, clipping by global norm, the optimiser.
//!
//! Training ([`StepStrategy`](super::StepStrategy)) takes [`gradients`] from here and leaves the optimiser to
//! burn-train's learner, which has the schedule. [`Steps`] are whole steps at a constant learning rate for
//! measurements, without burn-train's events, evaluation and checkpoints.

use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    tensor::Tensor,
    train::TrainStep,
};

use super::{
    Combine, Combined, GradientNorm, MicroBatch, MultiTask, StepItem, TrainConfig,
    combine::Average, optimiser, scale_gradients,
};
use crate::Result;

/// The gradients of step number `step` from its parts, clipped to the global norm `clip` (0 for none), and what the
/// step yields beside them.
///
/// # Errors
/// A part that can't be had, or those of the method.
pub(crate) fn gradients<M>(
    combine: &mut dyn Combine<M>,
    step: u64,
    parts: impl IntoIterator<Item = Result<MicroBatch>>,
    model: &M,
    clip: f64,
) -> Result<(GradientsParams, StepItem)>
where
    M: Module + TrainStep<Input = MicroBatch, Output = StepItem>,
{
    combine.begin(step, model)?;
    for (part, batch) in parts.into_iter().enumerate() {
        let batch = batch?;
        if !combine.make(&batch, model)? {
            let output = TrainStep::step(model, batch.clone());
            combine.add(part, &batch, output, model)?;
        }
    }
    let combined = combine.finish(step, model)?;
    Ok(clipped(combined, model, clip))
}

/// Applies the factor and clips by global norm, on the device.
fn clipped<M: Module>(combined: Combined, model: &M, clip: f64) -> (GradientsParams, StepItem) {
    let Combined { gradients, factor, mut item } = combined;
    let Some(norms) = GradientNorm::of(model, &gradients) else { return (gradients, item) };
    let norm = norms.total() * factor;
    item.set_gradient_norm(norms, factor);
    let gradients = if clip > 0.0 {
        let clipped = (norm + 1e-6).recip().mul_scalar(clip).clamp_max(1.0) * factor;
        scale_gradients(model, gradients, clipped)
    } else if factor != 1.0 {
        scale_gradients(model, gradients, norm.ones_like() * factor)
    } else {
        gradients
    };
    (gradients, item)
}

/// A network that takes whole steps, one at a time.
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

    /// A plain step; the loss of the batch before it, `[1]`, still on the device.
    ///
    /// # Errors
    /// If the device fails.
    pub fn step(&mut self, batch: MicroBatch) -> Result<Tensor<1>> {
        let step = batch.step;
        let item = self.step_of(&mut Average::of(1), step, [batch])?;
        Ok(item.loss())
    }

    /// Step number `step` of a method from its parts, and what it yields beside gradients.
    ///
    /// # Errors
    /// Those of the method.
    pub fn step_of(
        &mut self,
        combine: &mut dyn Combine<MultiTask>,
        step: u64,
        parts: impl IntoIterator<Item = MicroBatch>,
    ) -> Result<StepItem> {
        let parts = parts.into_iter().map(Ok);
        let (gradients, item) = gradients(combine, step, parts, &self.model, self.clip)?;
        self.model = self.optimiser.step(self.rate, self.model.clone(), gradients);
        combine.after(&self.model)?;
        Ok(item)
    }
}
