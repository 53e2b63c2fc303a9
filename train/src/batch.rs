//! What goes into a step: tensors of one (micro-)batch, made from the plan alone.

use std::{borrow::Cow, sync::Arc};

use burn::tensor::{Device, Int, Tensor, TensorData};
use taskgraft_models::{bert::EncoderInput, kernels::DropoutKey};
use taskgraft_tasks::{
    Error, Result, TargetKind,
    mixture::{Draw, TokenBatch, collate},
    objectives::TextToText,
    text::Encoded,
};

use super::{
    TaskData, TextBatch, TextConfig, TextData,
    text::{DrawnTexts, text_batch},
};

/// What is to be learned from the rows of a part.
#[derive(Clone, Debug)]
pub enum Targets {
    /// `[n, outputs]` distributions over the labels.
    Distributions(Tensor<2>),
    /// `[n, 1]` scores in [0, 1].
    Scores(Tensor<2>),
    /// `[n]` ids of the hidden tokens.
    Tokens(Tensor<1, Int>),
}

/// The rows of a batch that belong to one task, and what is to be learned from them.
#[derive(Clone, Debug)]
pub struct TaskPart {
    /// Index of the task in the mixture.
    pub task: usize,
    /// `[n]` rows of the batch; for tagging and hidden tokens, positions in the batch's flattened `[rows * width]`
    /// tokens.
    pub rows: Tensor<1, Int>,
    pub targets: Targets,
    /// `[n]` factors on the losses; over all parts of a batch they sum to about one.
    pub weights: Tensor<1>,
    /// The sum of the weights, on the host.
    pub total_weight: f64,
    /// Whether the rows are the whole batch in order, so that nothing need be selected.
    pub whole_batch: bool,
}

/// One forward and backward pass of training.
#[derive(Clone, Debug)]
pub struct MicroBatch {
    pub step: u64,
    /// The rows of `parts`; where there are none, those of `text`.
    pub input: EncoderInput,
    pub dropout: DropoutKey,
    pub parts: Vec<TaskPart>,
    /// The examples whose targets are written.
    pub text: Option<TextBatch>,
    /// Real and computed tokens.
    pub tokens: (u64, u64),
    /// The weight of gold labels against the teacher at this step; 1 where there is no teacher.
    pub gold_weight: f32,
}

impl MicroBatch {
    /// Index and sum of weights of each task, as the losses of a batch are ordered.
    pub fn tasks(&self) -> impl Iterator<Item = (usize, f64)> {
        let texts = self.text.iter().flat_map(|text| &text.parts);
        let labelled = self.parts.iter().map(|part| (part.task, part.total_weight));
        labelled.chain(texts.map(|part| (part.task, part.total_weight)))
    }
}

/// One forward pass of evaluation, of one task.
#[derive(Clone, Debug)]
pub struct EvalBatch {
    pub task: usize,
    pub input: EncoderInput,
    /// Indices into the split's examples, row by row.
    pub examples: Vec<usize>,
    /// Predictions that each example has: 1, or for tagging one a word.
    pub rows: Vec<usize>,
    /// For tagging: positions of the words in the flattened `[rows * width]` tokens.
    pub words: Option<Tensor<1, Int>>,
    /// For text-to-text: how what is written is read.
    pub text: Option<Arc<TextData>>,
}

/// How texts of a batch are brought to one width.
#[derive(Clone, Copy, Debug)]
pub struct Padding {
    /// Its token id.
    pub id: u32,
    /// Widths are rounded up to a multiple of this.
    pub multiple: usize,
    /// Whether tokens attend to it, which only comparisons with code that passes no attention mask want.
    pub attended: bool,
}

impl Padding {
    pub(crate) fn collate(self, texts: &[&Encoded]) -> TokenBatch {
        collate(texts, self.id, self.multiple)
    }
}

/// Moves a collated batch to the device.
pub(crate) fn to_input(batch: &TokenBatch, padding: Padding, device: &Device) -> EncoderInput {
    let shape = [batch.rows, batch.width];
    let ints = |values: &[i32]| {
        Tensor::<2, Int>::from_data(TensorData::new(values.to_vec(), shape), device)
    };
    let seen = |length: u32| if padding.attended { batch.width } else { length as usize };
    let real = |&length: &u32| (0..batch.width).map(move |i| f32::from(i < seen(length)));
    let mask: Vec<f32> = batch.lengths.iter().flat_map(real).collect();
    EncoderInput {
        tokens: ints(&batch.tokens),
        segments: ints(&batch.segments),
        mask: Tensor::from_data(TensorData::new(mask, shape), device),
    }
}

/// One drawn example as the network sees it.
struct Drawn<'a> {
    draw: Draw,
    text: Cow<'a, Encoded>,
    /// Where tokens are hidden, and which.
    hidden: Vec<(u32, u32)>,
}

impl<'a> Drawn<'a> {
    fn new(draw: Draw, task: &'a TaskData, seed: u64, step: u64) -> Self {
        let text = &task.train[draw.example];
        let Some(masked) = task.hide(draw.example, seed, step) else {
            return Self { draw, text: Cow::Borrowed(text), hidden: vec![] };
        };
        let hidden = masked.positions.into_iter().zip(masked.labels).collect();
        let text = Encoded { tokens: masked.tokens, ..text.clone() };
        Self { draw, text: Cow::Owned(text), hidden }
    }
}

/// What batches of a run are made from.
#[derive(Clone, Copy)]
pub(crate) struct BatchMaker<'a> {
    pub tasks: &'a [TaskData],
    /// Of hidden tokens.
    pub seed: u64,
    /// Steps of the whole training.
    pub total: u64,
    pub padding: Padding,
    pub text: &'a TextConfig,
    pub device: &'a Device,
}

impl BatchMaker<'_> {
    /// Makes one part, `draws`, of the batch whose draws are `batch`.
    ///
    /// # Errors
    /// A text that can't be made or laid out.
    pub fn make(
        &self,
        draws: &[Draw],
        batch: &[Draw],
        step: u64,
        dropout: DropoutKey,
    ) -> Result<MicroBatch> {
        let tasks = self.tasks;
        let labelled = draws.iter().filter(|draw| tasks[draw.task].text.is_none());
        let drawn: Vec<Drawn> =
            labelled.map(|&draw| Drawn::new(draw, &tasks[draw.task], self.seed, step)).collect();
        let (text, mut tokens) = match self.texts(draws, step)? {
            examples if examples.is_empty() => (None, (0, 0)),
            examples => {
                let of_batch = self.target_tokens(batch, step)?;
                let sizes = (draws.len(), batch.len());
                let drawn = DrawnTexts { examples, of_batch, sizes };
                let made =
                    text_batch(tasks, &drawn, step, self.text, self.padding.id, self.device)?;
                (Some(made.0), made.1)
            }
        };
        let (mut parts, mut input) = (vec![], None);
        if !drawn.is_empty() {
            let texts: Vec<&Encoded> = drawn.iter().map(|d| d.text.as_ref()).collect();
            let host = self.padding.collate(&texts);
            parts = self.parts(&drawn, (draws.len(), host.width), step);
            tokens.0 += host.lengths.iter().map(|&l| u64::from(l)).sum::<u64>();
            tokens.1 += (host.rows * host.width) as u64;
            input = Some(to_input(&host, self.padding, self.device));
        }
        let input = input.or_else(|| text.as_ref().map(TextBatch::encoder_input));
        let Some(input) = input else {
            return Err(Error::Invalid(format!("the batch of step {step} has no examples")));
        };
        let teacher = tasks.iter().find_map(|t| t.teacher.as_ref());
        let gold_weight = teacher.map_or(1.0, |t| t.anneal.gold_weight(step, self.total));
        Ok(MicroBatch { step, input, dropout, parts, text, tokens, gold_weight })
    }

    /// Makes a batch of draws of the first task for all tasks, which have the same texts; no token is hidden in them.
    ///
    /// # Errors
    /// A text that can't be laid out.
    pub fn shared(&self, draws: &[Draw], step: u64, dropout: DropoutKey) -> Result<MicroBatch> {
        let first = Self { tasks: self.tasks.split_at(1).0, ..*self };
        let mut batch = first.make(draws, draws, step, dropout)?;
        let size = (draws.len(), batch.input.tokens.dims()[1]);
        let part = |(task, data): (usize, &TaskData)| {
            let of_task = |&draw| Drawn::new(Draw { task, ..draw }, data, self.seed, step);
            let drawn: Vec<Drawn> = draws.iter().map(of_task).collect();
            let mine: Vec<(usize, &Drawn)> = drawn.iter().enumerate().collect();
            labelled_part(task, data, &mine, size, (step, self.total), self.device)
        };
        batch.parts = self.tasks.iter().enumerate().map(part).collect();
        Ok(batch)
    }

    /// The text-to-text examples among the draws.
    fn texts(&self, draws: &[Draw], step: u64) -> Result<Vec<(Draw, TextToText)>> {
        let mut texts = Vec::new();
        for &draw in draws {
            let task = &self.tasks[draw.task];
            if let Some(text) = &task.text {
                let key = task.draw_key(draw.example as u64, self.seed, step);
                let mut example = text.source.example(draw.example, key)?;
                if let Some(taught) = task.taught_target(draw.example, key, (step, self.total)) {
                    example.targets.clone_from(taught);
                }
                texts.push((draw, example));
            }
        }
        Ok(texts)
    }

    /// How many of the draws are text-to-text examples, and how many target tokens these have.
    fn target_tokens(&self, draws: &[Draw], step: u64) -> Result<(usize, usize)> {
        let (mut count, mut tokens) = (0, 0);
        for draw in draws {
            let task = &self.tasks[draw.task];
            if let Some(text) = &task.text {
                let key = task.draw_key(draw.example as u64, self.seed, step);
                let taught = task.taught_target(draw.example, key, (step, self.total));
                count += 1;
                tokens += match taught {
                    Some(targets) => targets.len(),
                    None => text.source.target_length(draw.example, key)?,
                };
            }
        }
        Ok((count, tokens))
    }

    fn parts(&self, drawn: &[Drawn], size: (usize, usize), step: u64) -> Vec<TaskPart> {
        let part = |task: usize| {
            let data = &self.tasks[task];
            let mine: Vec<(usize, &Drawn)> =
                drawn.iter().enumerate().filter(|(_, d)| d.draw.task == task).collect();
            match (&mine[..], &data.spec.kind) {
                ([], _) => None,
                (_, TargetKind::Tokens { .. }) => Some(token_part(task, &mine, size, self.device)),
                _ => Some(labelled_part(task, data, &mine, size, (step, self.total), self.device)),
            }
        };
        (0..self.tasks.len()).filter_map(part).collect()
    }
}

/// The rows of a task whose examples have labels; their losses are averaged over the batch.
fn labelled_part(
    task: usize,
    data: &TaskData,
    mine: &[(usize, &Drawn)],
    (batch, width): (usize, usize),
    progress: (u64, u64),
    device: &Device,
) -> TaskPart {
    let (mut rows, mut targets, mut weights) = (vec![], vec![], vec![]);
    for (row, Drawn { draw, text, .. }) in mine {
        data.push_target(text, progress, &mut targets);
        let weight = draw.weight / batch as f32;
        if let TargetKind::Tags { .. } = data.spec.kind {
            let words = text.word_starts.len().max(1) as f32;
            rows.extend(text.word_starts.iter().map(|&at| (row * width) as i32 + at as i32));
            weights.extend(text.word_starts.iter().map(|_| weight / words));
        } else {
            rows.push(*row as i32);
            weights.push(weight);
        }
    }
    let (n, outputs) = (rows.len(), data.spec.kind.outputs());
    let is_tags = matches!(data.spec.kind, TargetKind::Tags { .. });
    let targets = Tensor::from_data(TensorData::new(targets, [n, outputs]), device);
    TaskPart {
        task,
        whole_batch: !is_tags && n == batch,
        rows: Tensor::from_data(TensorData::new(rows, [n]), device),
        targets: match data.spec.kind {
            TargetKind::Score { .. } => Targets::Scores(targets),
            _ => Targets::Distributions(targets),
        },
        total_weight: weights.iter().map(|&w| f64::from(w)).sum(),
        weights: Tensor::from_data(TensorData::new(weights, [n]), device),
    }
}

/// The hidden tokens of a task's rows; their losses are averaged over all of them, so that long texts count for more.
fn token_part(
    task: usize,
    mine: &[(usize, &Drawn)],
    (batch, width): (usize, usize),
    device: &Device,
) -> TaskPart {
    let (mut rows, mut labels) = (vec![], vec![]);
    for (row, drawn) in mine {
        rows.extend(drawn.hidden.iter().map(|&(at, _)| (row * width) as i32 + at as i32));
        labels.extend(drawn.hidden.iter().map(|&(_, label)| label as i32));
    }
    let n = rows.len();
    let total: f32 = mine.iter().map(|(_, d)| d.draw.weight / batch as f32).sum();
    let weights = vec![total / n as f32; n];
    TaskPart {
        task,
        whole_batch: false,
        rows: Tensor::from_data(TensorData::new(rows, [n]), device),
        targets: Targets::Tokens(Tensor::from_data(TensorData::new(labels, [n]), device)),
        total_weight: f64::from(total),
        weights: Tensor::from_data(TensorData::new(weights, [n]), device),
    }
}
