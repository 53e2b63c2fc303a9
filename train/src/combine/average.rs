//! The mean over a step's parts: gradient accumulation.

use burn::{
    module::Module,
    optim::{GradientsAccumulator, GradientsParams},
    train::TrainOutput,
};

use super::{Combine, Combined};
use crate::{MicroBatch, Result, StepItem};

/// Averages the parts of a batch.
pub struct Average<M> {
    parts: usize,
    items: Vec<StepItem>,
    only: Option<GradientsParams>,
    accumulated: GradientsAccumulator<M>,
}

impl<M> Average<M> {
    /// For steps of `parts` parts.
    pub fn of(parts: usize) -> Self {
        Self { parts, items: vec![], only: None, accumulated: GradientsAccumulator::new() }
    }
}

impl<M: Module + Send> Combine<M> for Average<M> {
    fn parts(&self) -> usize {
        self.parts
    }

    fn add(
        &mut self,
        _part: usize,
        _batch: &MicroBatch,
        output: TrainOutput<StepItem>,
        model: &M,
    ) -> Result<()> {
        self.items.push(output.item);
        match self.parts {
            1 => self.only = Some(output.grads),
            _ => self.accumulated.accumulate(model, output.grads),
        }
        Ok(())
    }

    fn finish(&mut self, _step: u64, _model: &M) -> Result<Combined> {
        let item = StepItem::average(std::mem::take(&mut self.items));
        let gradients = self.only.take().unwrap_or_else(|| self.accumulated.grads());
        Ok(Combined { gradients, factor: 1.0 / self.parts as f64, item })
    }

    fn abandon(&mut self) {
        *self = Self::of(self.parts);
    }
}
