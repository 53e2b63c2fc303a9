//! Tasks weighed by a [`Weighting`]: a function of their losses and of the Gramian of their gradients in the trunk.
//!
//! A step has a part for each task, with a forward and a backward pass of its own. The trunk's gradient is Σ wᵢ gᵢ. A
//! head sees its own task alone: where weights are of losses it is weighed as the loss is, and where they are of
//! gradients, which are compared in the trunk only, by 1/T (LibMTL and TorchJD leave heads unweighted; with AdamW a
//! constant factor makes no difference but for clipping). Losses and inner products are read from the device once a
//! step, in one transfer. Weights that depend on nothing of the step are asked for before it: gradients are then added
//! as they come, and nothing is read.

use burn::{optim::GradientsParams, tensor::Tensor, train::TrainOutput};
use taskgraft_algebra::weighting::{GramianNeed, Needs, StepInputs, Tracking, Weighting};

use super::{
    Combine, Combined, MethodState, add_scaled,
    gathered::{Gathered, TaskParts, push_weights, read},
    products::Pairs,
    tracked::Tracked,
    weighted_sum,
};
use crate::{Error, MicroBatch, MultiTask, Result, StepItem};

/// Weighs the tasks of a mixture of which every batch holds all.
pub struct Weighted {
    weighting: Box<dyn Weighting>,
    needs: Needs,
    pairs: Pairs,
    /// Steps of the whole training.
    total: u64,
    gathered: Gathered,
    /// The weights of this step and the sum so far, where weights are known before the step.
    known: Option<(Vec<f64>, GradientsParams)>,
    /// This step's batches, where the weighting asks for losses after the update.
    batches: Vec<MicroBatch>,
    tracked: Option<Tracked>,
}

impl Weighted {
    /// For these tasks, over `total` steps.
    pub fn new(weighting: Box<dyn Weighting>, parts: TaskParts, total: u64) -> Self {
        let needs = weighting.needs();
        Self {
            pairs: Pairs::of(&needs, parts.tasks()),
            tracked: needs.tracking.map(|_| Tracked::new(parts.tasks())),
            gathered: Gathered::new(parts),
            weighting,
            needs,
            total,
            known: None,
            batches: vec![],
        }
    }

    fn tasks(&self) -> usize {
        self.gathered.parts.tasks()
    }

    /// Replaces the gradients by their moving averages; the sums are then those of the averages.
    fn track(
        &mut self,
        tracking: Tracking,
        step: u64,
        model: &MultiTask,
        (losses, sums): (&[f64], Vec<f64>),
        sets: &mut [GradientsParams],
    ) -> Result<Vec<f64>> {
        let Some(tracked) = &mut self.tracked else { return Ok(sums) };
        let scales = tracking.scales(losses, &self.pairs.norms(&sums));
        tracked.update(&model.trunk, sets, tracking.rate(step), &scales);
        let averages = tracked.copies(&model.trunk);
        let products = self.pairs.in_trunk(model, &averages);
        let sums = self.pairs.sums(&read(products.into_iter().collect())?);
        for (set, mut average) in sets.iter_mut().zip(averages) {
            add_scaled(&model.trunk, set, &mut average, 1.0);
        }
        Ok(sums)
    }

    fn weights(&mut self, step: u64, losses: &[f64], sums: Option<&[f64]>) -> Result<Decision> {
        let gramian = match (self.needs.gramian, sums) {
            (GramianNeed::None, _) | (_, None) => None,
            (_, Some(sums)) => Some(self.pairs.gramian(sums)?),
        };
        let progress = step as f64 / self.total.max(1) as f64;
        let inputs = StepInputs { step, progress, losses, gramian: gramian.as_ref() };
        let weights = self.weighting.weights(&inputs).map_err(failed)?;
        let full = self.needs.gramian == GramianNeed::Full;
        let conflicts = gramian.filter(|_| full).map(|gramian| gramian.conflicts());
        Ok(Decision { weights, conflicts })
    }
}

/// What a weighting answered.
struct Decision {
    weights: Vec<f64>,
    /// Pairs of tasks whose gradients conflict, where all were compared.
    conflicts: Option<usize>,
}

impl Combine<MultiTask> for Weighted {
    fn parts(&self) -> usize {
        self.gathered.parts.count()
    }

    fn begin(&mut self, step: u64, _model: &MultiTask) -> Result<()> {
        if self.needs.known_before {
            let zeros = vec![0.0; self.tasks()];
            let weights = self.weights(step, &zeros, None)?.weights;
            self.known = Some((weights, GradientsParams::new()));
        }
        Ok(())
    }

    fn add(
        &mut self,
        part: usize,
        batch: &MicroBatch,
        mut output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        let TaskParts { accumulation, .. } = self.gathered.parts;
        if let Some((weights, sum)) = &mut self.known {
            self.gathered.note(output.item);
            let weight = weights[part / accumulation] / accumulation as f64;
            add_scaled(model, sum, &mut output.grads, weight);
            return Ok(());
        }
        self.gathered.add(part, output, model);
        if self.needs.losses_after {
            self.batches.push(batch.clone());
        }
        Ok(())
    }

    fn finish(&mut self, step: u64, model: &MultiTask) -> Result<Combined> {
        if let Some((weights, sum)) = self.known.take() {
            let mut item = self.gathered.take_item();
            push_weights(&mut item, &weights);
            return Ok(Combined { gradients: sum, factor: 1.0, item });
        }
        let products = self.pairs.in_trunk(model, self.gathered.sets());
        let (losses, products) = self.gathered.read(step, products)?;
        self.gathered.check_products(step, model, &products)?;
        let mut sums = self.pairs.sums(&products);
        let mut sets = self.gathered.take_sets();
        if let Some(tracking) = self.needs.tracking {
            sums = self.track(tracking, step, model, (&losses, sums), &mut sets)?;
        }
        let Decision { weights, conflicts } = self.weights(step, &losses, Some(&sums))?;
        let mut item = self.gathered.take_item();
        push_weights(&mut item, &weights);
        if let Some(conflicts) = conflicts {
            item.push("conflicting pairs", conflicts as f64);
        }
        let of_heads = match self.needs.task_gradients() {
            true => vec![1.0 / weights.len() as f64; weights.len()],
            false => weights.clone(),
        };
        let mut sum = GradientsParams::new();
        weighted_sum(&model.trunk, &mut sum, &mut sets, &weights);
        weighted_sum(&model.heads, &mut sum, &mut sets, &of_heads);
        Ok(Combined { gradients: sum, factor: 1.0, item })
    }

    fn abandon(&mut self) {
        self.gathered.forget();
        self.batches.clear();
        self.known = None;
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
        let losses = read(batches.iter().map(total).collect())?;
        let losses = self.gathered.by_task(&losses);
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

pub(crate) fn failed(error: taskgraft_algebra::weighting::WeightingError) -> Error {
    Error::Training(error.to_string())
}
