//! Tasks on the same texts: the trunk runs once, and so does its backward pass.
//!
//! The forward pass is cut at the trunk's output. Each head gives the gradient zᵢ of its task's loss there; the weights
//! come from the losses and the Gramian of the zᵢ; the trunk's backward pass then runs once, from Σ wᵢ zᵢ. Burn walks a
//! tape once only, so the cut makes each head's tape, and the trunk's, one of its own.
//!
//! For weightings of losses alone this is the same update as a pass for each task, up to rounding. Those that read the
//! Gramian see that of the representation in place of the parameters' (MGDA-UB of Sener and Koltun, 2018): their claims
//! hold for the zᵢ. Moving averages of gradients make no sense for representations of other texts at every step, and
//! are refused. The parts of an accumulated step are kept until its end, so that accumulation saves no memory.

use burn::{
    optim::GradientsParams,
    tensor::{Gradients, Tensor},
    train::TrainOutput,
};
use taskgraft_algebra::weighting::{GramianNeed, StepInputs, Weighting};
use taskgraft_models::{bert::EncoderOutput, kernels};

use super::{
    Combine, Combined, MethodState, add_scaled,
    gathered::{TaskParts, push_weights, read},
    products::Pairs,
    weighted::failed,
};
use crate::{Error, MicroBatch, MultiTask, Result, StepItem};

/// Weighs tasks that share their input.
pub struct SharedTrunk {
    weighting: Box<dyn Weighting>,
    parts: TaskParts,
    pairs: Pairs,
    total: u64,
    taken: Vec<Taken>,
    batches: Vec<MicroBatch>,
}

/// A part of a step, up to the trunk's backward pass.
struct Taken {
    /// Of the trunk, with its tape.
    output: EncoderOutput,
    /// By task.
    tasks: Vec<OfTask>,
    item: StepItem,
}

/// What a task's head gave.
struct OfTask {
    loss: Tensor<1>,
    hidden: Option<Tensor<3>>,
    pooled: Option<Tensor<2>>,
    head: GradientsParams,
}

impl SharedTrunk {
    /// For these tasks, over `total` steps.
    ///
    /// # Errors
    /// A weighting that keeps averages of gradients or asks for losses after the update.
    pub fn new(weighting: Box<dyn Weighting>, parts: TaskParts, total: u64) -> Result<Self> {
        let needs = weighting.needs();
        if needs.tracking.is_some() {
            return Err(Error::Usage(format!(
                "weighting `{}` averages gradients over steps, which representations of other texts don't allow; leave \
                 out `at=representation`",
                weighting.name()
            )));
        }
        let pairs = Pairs::of(&needs, parts.tasks());
        Ok(Self { weighting, parts, pairs, total, taken: vec![], batches: vec![] })
    }

    /// Losses of the tasks and inner products of their gradients in the representation, read in one transfer.
    fn read(&self, step: u64) -> Result<(Vec<f64>, Vec<f64>)> {
        let tasks = self.parts.tasks();
        let mut numbers: Vec<Tensor<1>> = vec![];
        for part in &self.taken {
            numbers.extend(part.tasks.iter().map(|task| task.loss.clone()));
        }
        for part in &self.taken {
            for &(i, j) in self.pairs.pairs() {
                let (a, b) = (&part.tasks[i], &part.tasks[j]);
                let hidden =
                    a.hidden.clone().zip(b.hidden.clone()).map(|(a, b)| kernels::dot(a, b));
                let pooled =
                    a.pooled.clone().zip(b.pooled.clone()).map(|(a, b)| kernels::dot(a, b));
                numbers.push(match (hidden, pooled) {
                    (Some(hidden), Some(pooled)) => hidden + pooled,
                    (Some(one), None) | (None, Some(one)) => one,
                    (None, None) => a.loss.zeros_like(),
                });
            }
        }
        let values = read(numbers)?;
        let count = self.taken.len();
        let (losses, products) = values.split_at(count * tasks);
        let mean = |task| losses.iter().skip(task).step_by(tasks).sum::<f64>() / count as f64;
        let losses: Vec<f64> = (0..tasks).map(mean).collect();
        if let Some(task) = losses.iter().position(|loss| !loss.is_finite()) {
            let (name, value) = (self.parts.names[task].clone(), losses[task]);
            return Err(Error::NotFinite { step: step + 1, task: name, value });
        }
        if products.iter().any(|product| !product.is_finite()) {
            let what = "a task in the shared representation".into();
            return Err(Error::GradientNotFinite { step: step + 1, what });
        }
        // The representation of a step is that of its parts side by side, with losses averaged over them.
        let scale = 1.0 / (count * count) as f64;
        let sums = self.pairs.sums(products).into_iter().map(|sum| sum * scale).collect();
        Ok((losses, sums))
    }
}

impl Combine<MultiTask> for SharedTrunk {
    fn parts(&self) -> usize {
        self.parts.accumulation
    }

    fn make(&mut self, batch: &MicroBatch, model: &MultiTask) -> Result<bool> {
        let output = model.trunk.encode(&batch.input, Some(batch.dropout));
        let leaf = EncoderOutput {
            hidden: output.hidden.clone().detach().require_grad(),
            pooled: output.pooled.clone().map(|pooled| pooled.detach().require_grad()),
            layers: vec![],
        };
        let tasks: Vec<OfTask> = batch
            .parts
            .iter()
            .map(|part| {
                let loss = MultiTask::loss(model.predict(&leaf, part, Some(batch.dropout)), part);
                let mut gradients: Gradients = loss.backward();
                OfTask {
                    hidden: leaf.hidden.grad_remove(&mut gradients),
                    pooled: leaf.pooled.as_ref().and_then(|p| p.grad_remove(&mut gradients)),
                    loss: loss.without_autodiff(),
                    head: GradientsParams::from_grads(gradients, &model.heads),
                }
            })
            .collect();
        let by_task = tasks.iter().zip(&batch.parts);
        let losses = by_task.map(|(t, part)| (part.task, part.total_weight, t.loss.clone()));
        let (tokens, gold) = (batch.tokens, batch.gold_weight);
        let item = StepItem::new(batch.step, losses.collect(), tokens, gold);
        self.taken.push(Taken { output, tasks, item });
        if self.weighting.needs().losses_after {
            self.batches.push(batch.clone());
        }
        Ok(true)
    }

    fn add(
        &mut self,
        _part: usize,
        batch: &MicroBatch,
        _output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        self.make(batch, model).map(drop)
    }

    fn finish(&mut self, step: u64, model: &MultiTask) -> Result<Combined> {
        let (losses, sums) = self.read(step)?;
        let needs = self.weighting.needs();
        let gramian = match needs.gramian {
            GramianNeed::None => None,
            _ => Some(self.pairs.gramian(&sums)?),
        };
        let progress = step as f64 / self.total.max(1) as f64;
        let inputs = StepInputs { step, progress, losses: &losses, gramian: gramian.as_ref() };
        let weights = self.weighting.weights(&inputs).map_err(failed)?;
        let (count, tasks) = (self.taken.len() as f64, weights.len() as f64);

        let mut sum = GradientsParams::new();
        let mut items = Vec::new();
        for Taken { output, tasks: of_tasks, item } in std::mem::take(&mut self.taken) {
            items.push(item);
            let (mut hidden, mut pooled) = (None, None);
            for (mut task, weight) in of_tasks.into_iter().zip(&weights) {
                let of_head = if needs.task_gradients() { 1.0 / tasks } else { *weight };
                add_scaled(&model.heads, &mut sum, &mut task.head, of_head / count);
                add(&mut hidden, task.hidden, weight / count);
                add(&mut pooled, task.pooled, weight / count);
            }
            // The gradient of ⟨output, constant⟩ is the backward pass from the constant.
            let hidden = hidden.map(|z| (output.hidden * z.autodiff()).sum());
            let pooled = pooled.zip(output.pooled).map(|(z, pooled)| (pooled * z.autodiff()).sum());
            let along = match (hidden, pooled) {
                (Some(hidden), Some(pooled)) => hidden + pooled,
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => continue,
            };
            let mut of_trunk = GradientsParams::from_grads(along.backward(), &model.trunk);
            add_scaled(&model.trunk, &mut sum, &mut of_trunk, 1.0);
        }
        let mut item = StepItem::average(items);
        push_weights(&mut item, &weights);
        Ok(Combined { gradients: sum, factor: 1.0, item })
    }

    fn abandon(&mut self) {
        self.taken.clear();
        self.batches.clear();
    }

    fn after(&mut self, model: &MultiTask) -> Result<()> {
        let batches = std::mem::take(&mut self.batches);
        if batches.is_empty() {
            return Ok(());
        }
        let losses = batches.iter().flat_map(|b| model.losses(b, Some(b.dropout)));
        let losses = read(losses.map(Tensor::without_autodiff).collect())?;
        let (tasks, count) = (self.parts.tasks(), batches.len() as f64);
        let mean = |task| losses.iter().skip(task).step_by(tasks).sum::<f64>() / count;
        let losses: Vec<f64> = (0..tasks).map(mean).collect();
        self.weighting.observe_losses_after(&losses).map_err(failed)
    }

    fn state(&self, _model: &MultiTask) -> MethodState {
        MethodState { values: self.weighting.state(), tensors: vec![] }
    }

    fn restore(&mut self, state: MethodState, _model: &MultiTask) -> Result<()> {
        self.weighting.restore(&state.values).map_err(failed)
    }
}

/// Adds `weight` times a tensor to a sum.
fn add<const D: usize>(sum: &mut Option<Tensor<D>>, tensor: Option<Tensor<D>>, weight: f64) {
    let Some(scaled) = tensor.map(|tensor| tensor * weight) else { return };
    *sum = Some(match sum.take() {
        Some(sum) => sum + scaled,
        None => scaled,
    });
}
