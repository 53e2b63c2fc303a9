//! What the parts of a step gave, gathered by task: losses, and one set of gradients for each task.

use burn::{optim::GradientsParams, tensor::Tensor, train::TrainOutput};

use super::{Combined, add_scaled, weighted_sum};
use crate::{Error, MultiTask, Result, StepItem, clip::not_finite};

/// Tasks of a step, and the parts that each is computed in.
#[derive(Clone, Debug)]
pub struct TaskParts {
    /// Names of the tasks, in the mixture's order.
    pub names: Vec<String>,
    pub accumulation: usize,
}

impl TaskParts {
    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.names.len()
    }

    /// Parts of a step.
    pub fn count(&self) -> usize {
        self.tasks() * self.accumulation
    }

    /// The task of a part.
    pub fn task(&self, part: usize) -> usize {
        part / self.accumulation
    }
}

/// A step's parts so far.
pub struct Gathered {
    pub parts: TaskParts,
    items: Vec<StepItem>,
    /// Mean loss of each part, `[1]`.
    losses: Vec<Tensor<1>>,
    sets: Vec<GradientsParams>,
}

impl Gathered {
    /// Nothing yet, of these tasks.
    pub fn new(parts: TaskParts) -> Self {
        Self { parts, items: vec![], losses: vec![], sets: vec![] }
    }

    /// Notes a part's losses.
    pub fn note(&mut self, item: StepItem) {
        self.losses.push(item.loss());
        self.items.push(item);
    }

    /// Takes a part: its gradients are averaged with those of its task's other parts. Says which task is complete, if
    /// one is.
    pub fn add(
        &mut self,
        part: usize,
        mut output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Option<usize> {
        self.note(output.item);
        let accumulation = self.parts.accumulation;
        if part.is_multiple_of(accumulation) && accumulation > 1 {
            self.sets.push(GradientsParams::new());
        }
        match self.sets.last_mut().filter(|_| accumulation > 1) {
            Some(set) => add_scaled(model, set, &mut output.grads, 1.0 / accumulation as f64),
            None => self.sets.push(output.grads),
        }
        (part + 1).is_multiple_of(accumulation).then(|| self.parts.task(part))
    }

    /// The gradients of the tasks so far, taken out.
    pub fn take_sets(&mut self) -> Vec<GradientsParams> {
        std::mem::take(&mut self.sets)
    }

    /// The gradients of the tasks so far.
    pub fn sets(&self) -> &[GradientsParams] {
        &self.sets
    }

    /// Forgets the step's parts.
    pub fn forget(&mut self) {
        self.items.clear();
        self.losses.clear();
        self.sets.clear();
    }

    /// Refuses inner products that are not finite, and says whose gradient it is, and in which parameter.
    ///
    /// # Errors
    /// Exactly then, or if the device fails.
    pub fn check_products(&self, step: u64, model: &MultiTask, products: &[f64]) -> Result<()> {
        if products.iter().all(|product| product.is_finite()) {
            return Ok(());
        }
        let mut what = "a task in the trunk".to_string();
        for (set, name) in self.sets.iter().zip(&self.parts.names) {
            let found = not_finite(&model.trunk, set);
            if let Some(parameter) = found.map_err(|e| Error::Training(e.to_string()))? {
                what = format!("`trunk.{parameter}`, of task `{name}`,");
                break;
            }
        }
        Err(Error::GradientNotFinite { step: step + 1, what })
    }

    /// The step's item, for which the losses are forgotten.
    pub fn take_item(&mut self) -> StepItem {
        self.losses.clear();
        StepItem::average(std::mem::take(&mut self.items))
    }

    /// The step whose gradients are those of the tasks, weighed, in trunk and heads; the parts are forgotten.
    pub fn weighed(&mut self, model: &MultiTask, weights: &[f64]) -> Combined {
        let mut item = self.take_item();
        push_weights(&mut item, weights);
        let (mut gradients, mut sets) = (GradientsParams::new(), self.take_sets());
        weighted_sum(model, &mut gradients, &mut sets, weights);
        Combined { gradients, factor: 1.0, item }
    }

    /// The tasks' losses, and numbers that are still on the device, read in one transfer.
    ///
    /// # Errors
    /// If the device fails, or a loss is not finite.
    pub fn read(&self, step: u64, numbers: Option<Tensor<1>>) -> Result<(Vec<f64>, Vec<f64>)> {
        let losses = &self.losses;
        let values = read(losses.iter().cloned().chain(numbers).collect())?;
        let (of_parts, numbers) = values.split_at(losses.len());
        let losses = self.by_task(of_parts);
        match losses.iter().position(|loss| !loss.is_finite()) {
            None => Ok((losses, numbers.to_vec())),
            Some(task) => Err(Error::NotFinite {
                step: step + 1,
                task: self.parts.names[task].clone(),
                value: losses[task],
            }),
        }
    }

    /// Means over the parts of each task.
    pub fn by_task(&self, of_parts: &[f64]) -> Vec<f64> {
        let mean = |parts: &[f64]| parts.iter().sum::<f64>() / parts.len() as f64;
        of_parts.chunks_exact(self.parts.accumulation).map(mean).collect()
    }
}

/// Reads numbers from the device, in one transfer.
///
/// # Errors
/// If the device fails.
pub(crate) fn read(numbers: Vec<Tensor<1>>) -> Result<Vec<f64>> {
    if numbers.is_empty() {
        return Ok(vec![]);
    }
    let data = Tensor::cat(numbers, 0).try_into_data();
    let data = data.map_err(|e| Error::Training(format!("reading losses and gradients: {e}")))?;
    Ok(data.iter::<f64>().collect())
}

/// Notes the weights of a step.
pub fn push_weights(item: &mut StepItem, weights: &[f64]) {
    for (task, weight) in weights.iter().enumerate() {
        item.push(&weight_key(task), *weight);
    }
}

/// The figure that holds a task's weight.
pub fn weight_key(task: usize) -> String {
    format!("weight of task {task}")
}
