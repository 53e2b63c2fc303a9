//! Tasks weighed by a [`Weighting`]: a function of their losses and of the Gramian of their gradients in the trunk.
//!
//! A step has a part for each task, with a forward and a backward pass of its own. The trunk's gradient is Σ wᵢ gᵢ. A
//! head sees its own task alone: where weights are of losses it is weighed as the loss is, and where they are of
//! gradients, which are compared in the trunk only, by 1/T (LibMTL and TorchJD leave heads unweighted; with AdamW a
//! constant factor makes no difference but for clipping). Losses and inner products are read from the device once a
//! step, in one transfer.

use burn::{optim::GradientsParams, tensor::Tensor, train::TrainOutput};
use taskgraft_algebra::weighting::{Gramian, GramianNeed, Needs, StepInputs, Tracking, Weighting};

use super::{
    Combine, Combined, MethodState, add_scaled, inner_products, tracked::Tracked, weight_key,
};
use crate::{
    Error, Result,
    train::{MicroBatch, MultiTask, StepItem},
};

/// Weighs the tasks of a mixture of which every batch holds all.
pub struct Weighted {
    weighting: Box<dyn Weighting>,
    needs: Needs,
    tasks: usize,
    accumulation: usize,
    /// Steps of the whole training.
    total: u64,
    items: Vec<StepItem>,
    /// Mean loss of each part, `[1]`.
    losses: Vec<Tensor<1>>,
    gradients: Vec<GradientsParams>,
    /// This step's batches, where the weighting asks for losses after the update.
    batches: Vec<MicroBatch>,
    tracked: Option<Tracked>,
}

impl Weighted {
    /// For `tasks` tasks with `accumulation` parts each, over `total` steps.
    pub fn new(
        weighting: Box<dyn Weighting>,
        (tasks, accumulation): (usize, usize),
        total: u64,
    ) -> Self {
        let needs = weighting.needs();
        Self {
            weighting,
            needs,
            tasks,
            accumulation,
            total,
            items: vec![],
            losses: vec![],
            gradients: vec![],
            batches: vec![],
            tracked: needs.tracking.map(|_| Tracked::new(tasks)),
        }
    }

    /// Pairs of tasks whose inner products are needed.
    fn pairs(&self) -> Vec<(usize, usize)> {
        let all = 0..self.tasks;
        match (self.needs.gramian, self.needs.tracking) {
            (GramianNeed::None, None) => vec![],
            (GramianNeed::Norms | GramianNeed::None, _) => all.map(|i| (i, i)).collect(),
            (GramianNeed::Full, _) => {
                all.flat_map(|i| (i..self.tasks).map(move |j| (i, j))).collect()
            }
        }
    }

    /// Losses by task, and the sums over the trunk's parameters of the inner products of `pairs`.
    fn read(
        &self,
        model: &MultiTask,
        sets: &[GradientsParams],
        pairs: &[(usize, usize)],
        losses: &[Tensor<1>],
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut all: Vec<Tensor<1>> = losses.to_vec();
        if !pairs.is_empty() {
            let sets: Vec<&GradientsParams> = sets.iter().collect();
            all.extend(inner_products(&model.trunk, &sets, pairs).products);
        }
        let data = Tensor::cat(all, 0).try_into_data();
        let data =
            data.map_err(|e| Error::Training(format!("reading losses and gradients: {e}")))?;
        let values: Vec<f64> = data.iter::<f64>().collect();
        let (losses, products) = values.split_at(losses.len());
        let mut sums = vec![0.0; pairs.len()];
        for of_parameter in products.chunks_exact(pairs.len().max(1)) {
            sums.iter_mut().zip(of_parameter).for_each(|(sum, value)| *sum += value);
        }
        Ok((self.by_task(losses), sums))
    }

    fn by_task(&self, losses: &[f64]) -> Vec<f64> {
        let mean = |parts: &[f64]| parts.iter().sum::<f64>() / parts.len() as f64;
        losses.chunks_exact(self.accumulation).map(mean).collect()
    }

    fn gramian(&self, pairs: &[(usize, usize)], products: &[f64]) -> Result<Gramian> {
        let mut rows = vec![vec![0.0; self.tasks]; self.tasks];
        for (&(i, j), &product) in pairs.iter().zip(products) {
            (rows[i][j], rows[j][i]) = (product, product);
        }
        Gramian::from_rows(&rows).map_err(failed)
    }

    /// Replaces the gradients by their moving averages; the products are then those of the averages.
    fn track(
        &mut self,
        tracking: Tracking,
        step: u64,
        model: &MultiTask,
        (losses, squares): (&[f64], &[f64]),
        pairs: &[(usize, usize)],
    ) -> Result<Vec<f64>> {
        let norms: Vec<f64> = (0..self.tasks)
            .map(|i| pairs.iter().position(|&p| p == (i, i)).map_or(0.0, |at| squares[at].sqrt()))
            .collect();
        let scales = tracking.scales(losses, &norms);
        let Some(tracked) = &mut self.tracked else { return Ok(squares.to_vec()) };
        tracked.update(&model.trunk, &mut self.gradients, tracking.rate(step), &scales);
        let averages = tracked.copies(&model.trunk);
        let (_, products) = self.read(model, &averages, pairs, &[])?;
        for (gradients, mut average) in self.gradients.iter_mut().zip(averages) {
            add_scaled(&model.trunk, gradients, &mut average, 1.0);
        }
        Ok(products)
    }
}

impl Combine<MultiTask> for Weighted {
    fn parts(&self) -> usize {
        self.tasks * self.accumulation
    }

    fn add(
        &mut self,
        part: usize,
        batch: &MicroBatch,
        mut output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        self.losses.push(output.item.loss());
        self.items.push(output.item);
        if part.is_multiple_of(self.accumulation) {
            self.gradients.push(GradientsParams::new());
        }
        if let Some(gradients) = self.gradients.last_mut() {
            add_scaled(model, gradients, &mut output.grads, 1.0 / self.accumulation as f64);
        }
        if self.needs.losses_after {
            self.batches.push(batch.clone());
        }
        Ok(())
    }

    fn finish(&mut self, step: u64, model: &MultiTask) -> Result<Combined> {
        let pairs = self.pairs();
        let losses = std::mem::take(&mut self.losses);
        let (losses, mut products) = self.read(model, &self.gradients, &pairs, &losses)?;
        if let Some(task) = losses.iter().position(|loss| !loss.is_finite()) {
            let value = losses[task];
            return Err(Error::NotFinite { step: step + 1, task: format!("number {task}"), value });
        }
        if let Some(tracking) = self.needs.tracking {
            products = self.track(tracking, step, model, (&losses, &products), &pairs)?;
        }
        let gramian = match self.needs.gramian {
            GramianNeed::None => None,
            _ => Some(self.gramian(&pairs, &products)?),
        };
        let progress = step as f64 / self.total.max(1) as f64;
        let inputs = StepInputs { step, progress, losses: &losses, gramian: gramian.as_ref() };
        let weights = self.weighting.weights(&inputs).map_err(failed)?;

        let mut item = StepItem::average(std::mem::take(&mut self.items));
        let mut sum = GradientsParams::new();
        let gradients = std::mem::take(&mut self.gradients);
        for ((task, weight), mut gradients) in weights.iter().enumerate().zip(gradients) {
            let of_head =
                if self.needs.task_gradients() { 1.0 / self.tasks as f64 } else { *weight };
            add_scaled(&model.trunk, &mut sum, &mut gradients, *weight);
            add_scaled(&model.heads, &mut sum, &mut gradients, of_head);
            item.push(&weight_key(task), *weight);
        }
        if let (Some(gramian), GramianNeed::Full) = (&gramian, self.needs.gramian) {
            item.push("conflicting pairs", gramian.conflicts() as f64);
        }
        Ok(Combined { gradients: sum, factor: 1.0, item })
    }

    fn after(&mut self, model: &MultiTask) -> Result<()> {
        if !self.needs.losses_after {
            return Ok(());
        }
        let batches = std::mem::take(&mut self.batches);
        let total = |batch: &MicroBatch| {
            let losses = model.losses(batch, Some(batch.dropout));
            Tensor::cat(losses, 0).sum().without_autodiff()
        };
        let losses: Vec<Tensor<1>> = batches.iter().map(total).collect();
        let (losses, _) = self.read(model, &[], &[], &losses)?;
        self.weighting.observe_losses_after(&losses).map_err(failed)
    }

    fn state(&self, model: &MultiTask) -> MethodState {
        let tracked = self.tracked.as_ref();
        let tensors = tracked.map_or_else(Vec::new, |tracked| tracked.tensors(&model.trunk));
        MethodState { values: self.weighting.state(), tensors }
    }

    fn restore(&mut self, state: MethodState, model: &MultiTask) -> Result<()> {
        self.weighting.restore(&state.values).map_err(failed)?;
        match &mut self.tracked {
            Some(tracked) => tracked.restore(state.tensors, &model.trunk),
            None => Ok(()),
        }
    }
}

fn failed(error: taskgraft_algebra::weighting::WeightingError) -> Error {
    Error::Training(error.to_string())
}
