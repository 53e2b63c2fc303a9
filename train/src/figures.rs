//! Numbers on their way from the training loop to the terminal and the logs.
//!
//! burn-train carries items of a type of ours to metrics of ours. A [`StepItem`] holds a step's losses, still on the
//! device: they are read on the event processor's thread, not in the loop. An [`EvalItem`] holds the outputs of one
//! evaluation batch, or the scores of a whole evaluation. A [`Figure`] is the metric that picks one number by name.

use std::sync::Arc;

use burn::{
    tensor::{ExecutionError, Tensor},
    train::{
        ItemLazy,
        metric::{
            Adaptor, Metric, MetricAttributes, MetricMetadata, MetricName, Numeric,
            NumericAttributes, NumericEntry, SerializedEntry,
        },
    },
};

use super::GradientNorm;

/// Named numbers.
pub type Figures = Arc<Vec<(String, f64)>>;

/// A task, the sum of its weights, and the weighted sum of its losses.
pub type TaskLoss = (usize, f64, f64);

/// What a training step yields beside gradients.
#[derive(Clone, Debug)]
pub struct StepItem {
    step: u64,
    /// (task, sum of its weights, weighted sum of its losses `[1]`) of every task in the batch.
    losses: Vec<(usize, f64, Tensor<1>)>,
    /// Of the gradients before clipping.
    gradient_norm: Option<GradientNorm>,
    /// What the gradients are still to be multiplied by.
    factor: f64,
    tokens: (u64, u64),
    gold_weight: f32,
    extra: Vec<(String, f64)>,
    figures: Figures,
}

impl StepItem {
    /// `losses`: (task, sum of its weights, weighted sum of its losses `[1]`); the last sum to the batch's loss.
    pub fn new(
        step: u64,
        losses: Vec<(usize, f64, Tensor<1>)>,
        tokens: (u64, u64),
        gold_weight: f32,
    ) -> Self {
        Self {
            step,
            losses,
            gradient_norm: None,
            factor: 1.0,
            tokens,
            gold_weight,
            extra: vec![],
            figures: Figures::default(),
        }
    }

    /// The item of a step that was left out, of which no number is worth keeping; `skipped` steps were so far.
    pub fn skipped(step: u64, skipped: u64) -> Self {
        let mut item = Self::new(step, vec![], (0, 0), 1.0);
        item.push("skipped steps", skipped as f64);
        item
    }

    /// The item of a step that was computed in parts (at least one): losses averaged, tokens added.
    pub fn average(mut parts: Vec<StepItem>) -> Self {
        let n = parts.len() as f64;
        let mut first = parts.swap_remove(0);
        if parts.is_empty() {
            return first;
        }
        for part in parts {
            first.tokens = (first.tokens.0 + part.tokens.0, first.tokens.1 + part.tokens.1);
            for (task, weight, loss) in part.losses {
                match first.losses.iter_mut().find(|(t, _, _)| *t == task) {
                    Some(known) => *known = (task, known.1 + weight, known.2.clone() + loss),
                    None => first.losses.push((task, weight, loss)),
                }
            }
        }
        for (_, weight, loss) in &mut first.losses {
            (*weight, *loss) = (*weight / n, loss.clone() / n);
        }
        first
    }

    /// The weighted loss of the whole item, `[1]`, still on the device.
    pub fn loss(&self) -> Tensor<1> {
        Tensor::cat(self.losses.iter().map(|(_, _, loss)| loss.clone()).collect(), 0).sum()
    }

    /// Notes the norm of the gradients, which are still to be multiplied by `factor`.
    pub fn set_gradient_norm(&mut self, norm: GradientNorm, factor: f64) {
        self.gradient_norm = Some(norm);
        self.factor = factor;
    }

    /// The tasks of the step.
    pub fn tasks(&self) -> impl Iterator<Item = usize> {
        self.losses.iter().map(|(task, _, _)| *task)
    }

    /// What the norm of the gradients is made of.
    pub fn gradient_norm(&self) -> Option<&GradientNorm> {
        self.gradient_norm.as_ref()
    }

    /// Real and computed tokens of the step.
    pub fn tokens(&self) -> (u64, u64) {
        self.tokens
    }

    /// Adds a number known to the loop.
    pub fn push(&mut self, name: &str, value: f64) {
        self.extra.push((name.into(), value));
    }

    /// (task, sum of its weights, weighted sum of its losses), and the norm of the gradients if there is one, in one
    /// transfer; waits for the device.
    ///
    /// # Errors
    /// If the device fails.
    pub fn read(&self) -> Result<(Vec<TaskLoss>, Option<f64>), ExecutionError> {
        let losses = self.losses.iter().map(|(_, _, loss)| loss.clone());
        let norm = self.gradient_norm.as_ref().map(|norm| norm.total() * self.factor);
        let all: Vec<Tensor<1>> = losses.chain(norm).collect();
        if all.is_empty() {
            return Ok((vec![], None));
        }
        let values: Vec<f64> = Tensor::cat(all, 0).try_into_data()?.iter::<f64>().collect();
        let read = self.losses.iter().zip(&values);
        let losses = read.map(|((task, weight, _), value)| (*task, *weight, *value)).collect();
        Ok((losses, values.get(self.losses.len()).copied()))
    }
}

impl ItemLazy for StepItem {
    fn sync(mut self) -> Result<Self, ExecutionError> {
        let (losses, norm) = self.read()?;
        let mut figures = vec![("step".to_string(), (self.step + 1) as f64)];
        if !losses.is_empty() {
            let padding = 1.0 - self.tokens.0 as f64 / self.tokens.1.max(1) as f64;
            figures.push(("loss".to_string(), losses.iter().map(|(_, _, loss)| loss).sum()));
            figures.push(("gold weight".to_string(), f64::from(self.gold_weight)));
            figures.push(("padding".to_string(), padding));
        }
        figures.extend(losses.iter().map(|(task, w, loss)| (task_loss_key(*task), loss / w)));
        figures.extend(norm.map(|norm| ("gradient norm".to_string(), norm)));
        figures.append(&mut self.extra);
        self.figures = Arc::new(figures);
        Ok(self)
    }
}

fn task_loss_key(task: usize) -> String {
    format!("loss of task {task}")
}

impl Adaptor<Figures> for StepItem {
    fn adapt(&self) -> Figures {
        self.figures.clone()
    }
}

/// What evaluation yields: a batch's outputs for the scorer, or the scores for the logs.
#[derive(Clone, Debug, Default)]
pub struct EvalItem {
    pub task: usize,
    pub examples: Vec<usize>,
    /// Rows of `outputs` that belong to each of `examples`: 1, or a tagging example's words.
    pub rows: Vec<usize>,
    /// `[n, outputs]` logits or scores in [0, 1].
    pub outputs: Option<Tensor<2>>,
    /// What was written, or what went wrong with it.
    pub written: Option<Result<Written, String>>,
    pub figures: Figures,
}

/// What an encoder-decoder says of each example of a batch.
#[derive(Clone, Debug)]
pub enum Written {
    /// The text that it wrote.
    Texts(Vec<String>),
    /// The log-probability of each label's text.
    Ranked(Vec<Vec<f32>>),
}

impl EvalItem {
    /// The outputs of a batch.
    pub fn outputs(
        task: usize,
        examples: Vec<usize>,
        rows: Vec<usize>,
        outputs: Tensor<2>,
    ) -> Self {
        Self { task, examples, rows, outputs: Some(outputs), ..Self::default() }
    }

    /// What was written for a batch.
    pub fn written(task: usize, examples: Vec<usize>, written: Result<Written, String>) -> Self {
        let rows = vec![1; examples.len()];
        Self { task, examples, rows, written: Some(written), ..Self::default() }
    }

    /// The figures of an evaluation.
    pub fn figures(figures: Vec<(String, f64)>) -> Self {
        Self { figures: Arc::new(figures), ..Self::default() }
    }
}

impl ItemLazy for EvalItem {
    fn sync(self) -> Result<Self, ExecutionError> {
        Ok(self)
    }
}

impl Adaptor<Figures> for EvalItem {
    fn adapt(&self) -> Figures {
        self.figures.clone()
    }
}

/// The number of a given name in every item that has one.
#[derive(Clone)]
pub struct Figure {
    name: MetricName,
    /// The name in items.
    key: String,
    higher_is_better: bool,
    last: Option<f64>,
    sum: f64,
    count: usize,
}

impl Figure {
    /// A figure where more is better (a score), or less (a loss).
    pub fn new(name: &str, higher_is_better: bool) -> Self {
        let (key, name) = (name.to_string(), Arc::new(name.into()));
        Self { name, key, higher_is_better, last: None, sum: 0.0, count: 0 }
    }

    /// A figure with a name of its own on screen, where items call it `key`; less counts as better.
    pub fn named(name: &str, key: &str) -> Self {
        Self { key: key.into(), ..Self::new(name, false) }
    }

    /// The mean loss of the task with this index, called by its name; items know indices only.
    pub fn task_loss(index: usize, task: &str) -> Self {
        Self { key: task_loss_key(index), ..Self::new(&format!("{task}/loss"), false) }
    }

    fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }

    fn entry(&self, value: Option<f64>) -> SerializedEntry {
        match value {
            Some(v) => SerializedEntry::new(
                format!("mean {:.4} - now {v:.4}", self.mean()),
                NumericEntry::Value(v).serialize(),
            ),
            None => SerializedEntry::not_available(None),
        }
    }
}

impl Metric for Figure {
    type Input = Figures;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes { unit: None, higher_is_better: self.higher_is_better }.into()
    }

    fn update(
        &mut self,
        figures: &Figures,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, burn::tensor::TensorReadError> {
        self.last = figures.iter().find(|(name, _)| *name == self.key).map(|(_, value)| *value);
        if let Some(value) = self.last {
            self.sum += value;
            self.count += 1;
        }
        Ok(self.entry(self.last))
    }

    fn compute(&mut self) -> Result<SerializedEntry, burn::tensor::TensorReadError> {
        Ok(self.entry((self.count > 0).then(|| self.mean())))
    }

    fn clear(&mut self) {
        (self.last, self.sum, self.count) = (None, 0.0, 0);
    }
}

impl Numeric for Figure {
    fn value(&self) -> Option<NumericEntry> {
        self.last.map(NumericEntry::Value)
    }

    fn running_value(&self) -> Option<NumericEntry> {
        (self.count > 0).then(|| NumericEntry::Value(self.mean()))
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.mean())
    }
}
