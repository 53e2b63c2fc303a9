//! What goes into a step: tensors of one (micro-)batch, made from the plan alone.

use std::borrow::Cow;

use burn::tensor::{Device, Int, Tensor, TensorData};
use taskgraft_models::{bert::EncoderInput, kernels::DropoutKey};
use taskgraft_tasks::{
    TargetKind,
    mixture::{Draw, TokenBatch, collate},
    text::Encoded,
};

use super::TaskData;

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
    pub input: EncoderInput,
    pub dropout: DropoutKey,
    pub parts: Vec<TaskPart>,
    /// Real and computed tokens.
    pub tokens: (u64, u64),
    /// The weight of gold labels against the teacher at this step; 1 where there is no teacher.
    pub gold_weight: f32,
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
}

/// Moves a collated batch to the device.
pub(crate) fn to_input(batch: &TokenBatch, device: &Device) -> EncoderInput {
    let shape = [batch.rows, batch.width];
    let ints = |values: &[i32]| {
        Tensor::<2, Int>::from_data(TensorData::new(values.to_vec(), shape), device)
    };
    let real = |&length: &u32| (0..batch.width).map(move |i| f32::from(i < length as usize));
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

/// Makes the batch for `draws` at `step` of `total`; tokens are hidden by `seed` and step.
pub(crate) fn micro_batch(
    tasks: &[TaskData],
    draws: &[Draw],
    (step, total): (u64, u64),
    (seed, dropout): (u64, DropoutKey),
    (pad, multiple): (u32, usize),
    device: &Device,
) -> MicroBatch {
    let drawn: Vec<Drawn> =
        draws.iter().map(|&draw| Drawn::new(draw, &tasks[draw.task], seed, step)).collect();
    let texts: Vec<&Encoded> = drawn.iter().map(|d| d.text.as_ref()).collect();
    let host = collate(&texts, pad, multiple);
    let parts = (0..tasks.len())
        .filter_map(|task| {
            let mine: Vec<(usize, &Drawn)> =
                drawn.iter().enumerate().filter(|(_, d)| d.draw.task == task).collect();
            match (&mine[..], &tasks[task].spec.kind) {
                ([], _) => None,
                (_, TargetKind::Tokens { .. }) => {
                    Some(token_part(task, &mine, draws.len(), host.width, device))
                }
                _ => Some(labelled_part(
                    task,
                    &tasks[task],
                    &mine,
                    (draws.len(), host.width),
                    (step, total),
                    device,
                )),
            }
        })
        .collect();
    let gold_weight = tasks.iter().find_map(|t| t.teacher.as_ref());
    MicroBatch {
        step,
        dropout,
        parts,
        tokens: (host.lengths.iter().map(|&l| u64::from(l)).sum(), (host.rows * host.width) as u64),
        gold_weight: gold_weight.map_or(1.0, |t| t.anneal.gold_weight(step, total)),
        input: to_input(&host, device),
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
    batch: usize,
    width: usize,
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
