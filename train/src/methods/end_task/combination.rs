//! End-task-aware training (Dery et al., 2022): the end-task and its auxiliary tasks in every step, under weights that
//! are fixed, drawn, or learned so that the end-task's dev loss falls (META-TARTAN).
//!
//! A step has a part for each task; its gradient is weighed and added as it comes, so that two sets of gradients are
//! held beside the one being made: the sum, and the dev gradient. The weights of a step are those learned before it.
//! The dev gradient comes from a head of its own ([`DevHead`]), fitted to dev examples on features of the trunk: the
//! end-task's head is fitted to training examples and would flatter them.

use burn::{
    optim::GradientsParams,
    tensor::{Device, Tensor},
    train::TrainOutput,
};

use super::{
    Agreement, LearnedWeights, TaskWeights,
    dev_head::{DevExamples, DevHead},
    softmax, uniform,
};
use crate::{
    Error, MicroBatch, MultiTask, Padding, Result, StepItem,
    combine::{Combine, Combined, MethodState, add_scaled, inner_products, push_weights},
};

/// Weighs the tasks of an end-task-aware training.
pub struct EndTaskAware {
    weights: TaskWeights,
    /// Makes the dev gradient, where weights are learned.
    dev_head: Option<DevHead>,
    /// Parts of a step for each task.
    accumulation: usize,
    tasks: usize,
    seed: u64,
    /// Logarithms of the weights up to a constant, where they are learned.
    logits: Vec<f64>,
    /// The weights of this step.
    current: Vec<f64>,
    dev_gradient: Option<GradientsParams>,
    sum: GradientsParams,
    items: Vec<StepItem>,
    /// Inner products with the dev gradient, part by part; still on the device.
    agreements: Vec<Tensor<1>>,
}

impl EndTaskAware {
    /// For `tasks` tasks in the mixture, the end-task first, on a device without autodiff.
    ///
    /// # Errors
    /// Weights that do not fit the tasks.
    pub fn new(
        weights: TaskWeights,
        tasks: usize,
        accumulation: usize,
        dev: Option<DevExamples>,
        (seed, padding): (u64, Padding),
        device: Device,
    ) -> Result<Self> {
        weights.check(tasks).map_err(Error::Usage)?;
        let dev_head = match &weights {
            TaskWeights::Learned(learned) => {
                let what = "learned weights need dev examples of the end-task";
                let dev = dev.ok_or_else(|| Error::Usage(what.into()))?;
                Some(DevHead::new(learned.dev.clone(), dev, (seed, padding), device)?)
            }
            _ => None,
        };
        Ok(Self {
            logits: match &weights {
                TaskWeights::Learned(learned) => learned.initial_logits(tasks),
                _ => vec![0.0; tasks],
            },
            current: vec![],
            weights,
            dev_head,
            accumulation,
            tasks,
            seed,
            dev_gradient: None,
            sum: GradientsParams::new(),
            items: vec![],
            agreements: vec![],
        })
    }

    fn weights_at(&self, step: u64) -> Vec<f64> {
        match &self.weights {
            TaskWeights::Equal => vec![1.0 / self.tasks as f64; self.tasks],
            TaskWeights::Fixed { weights } => weights.clone(),
            TaskWeights::Random => {
                let draw = |task| uniform(&[self.seed, 0x7765_6967, step, task]);
                softmax(&(0..self.tasks as u64).map(draw).collect::<Vec<_>>())
            }
            TaskWeights::Learned(learned) => learned.weights(&self.logits),
        }
    }

    /// Notes how a task's gradient agrees with the dev gradient.
    fn compare(&mut self, gradients: &GradientsParams, model: &MultiTask) {
        let (Some(dev), TaskWeights::Learned(learned)) = (&self.dev_gradient, &self.weights) else {
            return;
        };
        let sets = [dev, gradients];
        let total = |products: Tensor<1>| products.reshape([-1, 3]).sum_dim(0).reshape([3]);
        let of_trunk = inner_products(&model.trunk, &sets, &[(0, 0), (0, 1), (1, 1)]).products;
        let mut agreement = of_trunk.map(total);
        if learned.whole_head {
            // The released code's body holds the language model's head; only masked tasks have a gradient there.
            let heads: Vec<_> = model.heads.iter().filter(|head| head.is_of_tokens()).collect();
            for head in heads {
                let of_head = inner_products(head, &sets, &[(0, 0), (0, 1), (1, 1)]).products;
                agreement = match (agreement, of_head.map(total)) {
                    (Some(trunk), Some(head)) => Some(trunk + head),
                    (trunk, _) => trunk,
                };
            }
        }
        self.agreements.extend(agreement);
    }

    /// Moves the logits by the mean over the parts of each task.
    fn learn(&mut self, step: u64) -> Result<Vec<f64>> {
        let TaskWeights::Learned(LearnedWeights { rule, hold, floor, .. }) = &self.weights else {
            return Ok(vec![]);
        };
        let agreements = std::mem::take(&mut self.agreements);
        if agreements.len() != self.tasks * self.accumulation {
            return Err(Error::Training("a task has no gradient in the trunk".into()));
        }
        let failed = |e: String| Error::Training(format!("reading the gradients' products: {e}"));
        let data = Tensor::cat(agreements, 0).try_into_data().map_err(|e| failed(e.to_string()))?;
        let values: Vec<f64> = data.iter::<f64>().collect();
        let all: Vec<Agreement> = values
            .chunks_exact(3)
            .map(|v| Agreement { dev: v[0], with_task: v[1], task: v[2] })
            .collect();
        let cosines = |parts: &[Agreement]| {
            parts.iter().map(|a| a.cosine()).sum::<f64>() / parts.len() as f64
        };
        let by_task = all.chunks_exact(self.accumulation);
        if values.iter().any(|v| !v.is_finite()) {
            let task = by_task.clone().position(|parts| {
                parts.iter().any(|a| !(a.with_task.is_finite() && a.task.is_finite()))
            });
            let what = task.map_or("the dev head".to_string(), |task| format!("task {task}"));
            return Err(Error::GradientNotFinite { step: step + 1, what });
        }
        let mut moved = vec![0.0; self.tasks];
        for part in 0..self.accumulation {
            let mut logits = self.logits.clone();
            let agreements: Vec<Agreement> = by_task.clone().map(|parts| parts[part]).collect();
            rule.update(&mut logits, &agreements);
            if rule.jacobian {
                // Of the softmax's weights, all but the floor's share arrives.
                for (logit, old) in logits.iter_mut().zip(&self.logits) {
                    *logit = old + (1.0 - floor) * (*logit - old);
                }
            }
            for ((moved, logit), old) in moved.iter_mut().zip(logits).zip(&self.logits) {
                *moved += (logit - old) / self.accumulation as f64;
            }
        }
        let figures = by_task.map(cosines).collect();
        if step >= *hold {
            self.logits.iter_mut().zip(moved).for_each(|(logit, moved)| *logit += moved);
        }
        Ok(figures)
    }
}

impl Combine<MultiTask> for EndTaskAware {
    fn parts(&self) -> usize {
        self.tasks * self.accumulation
    }

    fn begin(&mut self, step: u64, model: &MultiTask) -> Result<()> {
        self.current = self.weights_at(step);
        if let Some(head) = &mut self.dev_head {
            self.dev_gradient = Some(head.gradient(step, model)?);
        }
        Ok(())
    }

    fn add(
        &mut self,
        part: usize,
        _batch: &MicroBatch,
        output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        let mut gradients = output.grads;
        self.compare(&gradients, model);
        let factor = self.current[part / self.accumulation] / self.accumulation as f64;
        add_scaled(model, &mut self.sum, &mut gradients, factor);
        self.items.push(output.item);
        Ok(())
    }

    fn finish(&mut self, step: u64, _model: &MultiTask) -> Result<Combined> {
        let mut item = StepItem::average(std::mem::take(&mut self.items));
        push_weights(&mut item, &self.current);
        for (task, cosine) in self.learn(step)?.into_iter().enumerate() {
            item.push(&cosine_key(task), cosine);
        }
        self.dev_gradient = None;
        let gradients = std::mem::take(&mut self.sum);
        Ok(Combined { gradients, factor: 1.0, item })
    }

    fn abandon(&mut self) {
        self.items.clear();
        self.agreements.clear();
        self.dev_gradient = None;
        self.sum = GradientsParams::new();
    }

    fn state(&self, _model: &MultiTask) -> MethodState {
        let head = self.dev_head.as_ref().map(DevHead::state);
        let logits: Vec<u64> = self.logits.iter().map(|l| l.to_bits()).collect();
        let values = serde_json::json!({ "logits": logits, "dev_head": head });
        MethodState { values, tensors: vec![] }
    }

    fn restore(&mut self, state: MethodState, model: &MultiTask) -> Result<()> {
        let state = state.values;
        if state.is_null() {
            return Ok(());
        }
        let wrong = || Error::Training("the checkpoint holds the state of another method".into());
        let logits: Vec<u64> =
            serde_json::from_value(state["logits"].clone()).map_err(|_| wrong())?;
        if logits.len() != self.tasks {
            return Err(wrong());
        }
        self.logits = logits.into_iter().map(f64::from_bits).collect();
        match &mut self.dev_head {
            Some(head) => head.restore(&state["dev_head"], model),
            None => Ok(()),
        }
    }
}

/// The figure that holds the cosine of a task's gradient and the dev gradient.
pub fn cosine_key(task: usize) -> String {
    format!("dev cosine of task {task}")
}
