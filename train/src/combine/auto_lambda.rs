//! Auto-λ (Liu et al., TMLR 2022): weights that descend on the primary tasks' loss after a look-ahead step.
//!
//! With gᵢ the tasks' gradients at θ, θ' = θ − α Σ λᵢ gᵢ and v the gradient of the primary tasks' loss at θ' on other
//! training examples, λᵢ ← λᵢ + β α ⟨gᵢ, v⟩. The gᵢ are at hand, so the inner products are computed as such, over trunk
//! and heads; the published code, which has only the gradient of the weighted sum, takes finite differences. The
//! look-ahead is plain gradient descent with a step length α of its own, because the optimiser's step is not linear in
//! the gradients. The step then takes the new weights. It costs a forward and a backward pass more for every primary
//! task.

use std::sync::Arc;

use burn::{
    module::{Module, ModuleMapper, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor},
    train::{TrainOutput, TrainStep},
};
use taskgraft_models::kernels::DropoutKey;
use taskgraft_tasks::mixture::{Draw, hash, permute};

use super::{
    Combine, Combined, MethodState, add_scaled,
    gathered::{Gathered, TaskParts, read},
    inner_products,
    sets::copy,
    weighted::{failed, push_weights},
    weighted_sum,
};
use crate::{
    Error, MicroBatch, MultiTask, Padding, Result, StepItem, TaskData, TextConfig,
    batch::BatchMaker, methods::AutoLambdaRule,
};

/// Training examples of the primary tasks, drawn apart from the mixture's.
#[derive(Clone)]
pub struct OtherBatches {
    pub tasks: Arc<Vec<TaskData>>,
    /// Examples of each task.
    pub size: usize,
    pub seed: u64,
    pub padding: Padding,
    /// With autodiff.
    pub device: Device,
}

impl OtherBatches {
    /// A slice of `parts` of the batch of `task` at `step`.
    ///
    /// # Errors
    /// If it can't be made.
    fn part(&self, task: usize, step: u64, (part, parts): (usize, usize)) -> Result<MicroBatch> {
        let count = self.tasks[task].train.len();
        let key = hash(&[self.seed, step, task as u64, 0x6f74_6872]);
        let size = self.size / parts;
        let draws: Vec<Draw> = (part * size..(part + 1) * size)
            .map(|i| Draw { task, example: permute(key, count, i % count), weight: 1.0 })
            .collect();
        let dropout = DropoutKey::new(key, part as u64);
        let maker = BatchMaker {
            tasks: &self.tasks,
            seed: self.seed,
            total: u64::MAX,
            padding: self.padding,
            text: &TextConfig::default(),
            device: &self.device,
        };
        Ok(maker.make(&draws, &draws, step, dropout)?)
    }
}

/// Learns the tasks' weights.
pub struct LookAhead {
    method: AutoLambdaRule,
    others: OtherBatches,
    gathered: Gathered,
}

impl LookAhead {
    /// # Errors
    /// A primary task that there is not.
    pub fn new(method: AutoLambdaRule, others: OtherBatches, parts: TaskParts) -> Result<Self> {
        let tasks = parts.tasks();
        if let Some(task) = method.primary.iter().find(|&&task| task >= tasks) {
            return Err(Error::Usage(format!(
                "options of weighting `auto-lambda`: `primary` names task {task}, but tasks are 0 to {}: {}",
                tasks - 1,
                parts.names.join(", ")
            )));
        }
        Ok(Self { method, others, gathered: Gathered::new(parts) })
    }

    /// The gradient of the primary tasks' summed losses after the look-ahead step.
    fn ahead(&self, step: u64, model: &MultiTask, sum: GradientsParams) -> Result<GradientsParams> {
        let mut moved = Moved { direction: sum, length: self.method.look_ahead };
        let ahead = model.clone().valid().map(&mut moved).train();
        let parts = self.gathered.parts.accumulation;
        let mut total = GradientsParams::new();
        for &task in &self.method.primary {
            for part in 0..parts {
                let batch = self.others.part(task, step, (part, parts))?;
                let mut gradients = TrainStep::step(&ahead, batch).grads;
                add_scaled(model, &mut total, &mut gradients, 1.0 / parts as f64);
            }
        }
        Ok(total)
    }

    /// ⟨gᵢ, v⟩ of every task.
    fn products(&self, model: &MultiTask, ahead: &GradientsParams) -> Result<Vec<f64>> {
        let tasks = self.gathered.parts.tasks();
        let sets: Vec<&GradientsParams> = self.gathered.sets().iter().chain([ahead]).collect();
        let pairs: Vec<(usize, usize)> = (0..tasks).map(|task| (task, tasks)).collect();
        let products = read(inner_products(model, &sets, &pairs).products.into_iter().collect())?;
        let mut sums = vec![0.0; tasks];
        for of_parameter in products.chunks_exact(tasks) {
            sums.iter_mut().zip(of_parameter).for_each(|(sum, value)| *sum += value);
        }
        Ok(sums)
    }
}

impl Combine<MultiTask> for LookAhead {
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
        self.gathered.read(step, None)?;
        let mut copies: Vec<GradientsParams> =
            self.gathered.sets().iter().map(|set| copy(model, set)).collect();
        let mut sum = GradientsParams::new();
        weighted_sum(model, &mut sum, &mut copies, self.method.rule.weights());
        let ahead = self.ahead(step, model, sum)?;
        let products = self.products(model, &ahead)?;
        self.gathered.check_products(step, model, &products)?;
        self.method.rule.update(&products, self.method.look_ahead).map_err(failed)?;

        let weights = self.method.rule.weights();
        let mut item = self.gathered.take_item();
        push_weights(&mut item, weights);
        let (mut sum, mut sets) = (GradientsParams::new(), self.gathered.take_sets());
        weighted_sum(model, &mut sum, &mut sets, weights);
        Ok(Combined { gradients: sum, factor: 1.0, item })
    }

    fn abandon(&mut self) {
        self.gathered.forget();
    }

    fn state(&self, _model: &MultiTask) -> MethodState {
        MethodState { values: self.method.rule.state(), tensors: vec![] }
    }

    fn restore(&mut self, state: MethodState, _model: &MultiTask) -> Result<()> {
        self.method.rule.restore(&state.values).map_err(failed)
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
