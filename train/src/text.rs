//! Text-to-text training: how target tokens are weighed, laid out and read back, and batches of them on the device.
//!
//! T5 sums the loss over all target tokens of a batch and leaves its scale to Adafactor, which does not see it. Here
//! the default is the mean over the target tokens of the whole batch, its parts together, so that any optimiser and
//! clipping by norm go with it, and so that padding, packing and accumulation change nothing.

use burn::tensor::{Device, Int, Tensor, TensorData};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taskgraft_models::{
    bert::EncoderInput,
    t5::{TextToTextInput, TokenBatch},
};
use taskgraft_tasks::{
    Result,
    mixture::{Draw, LayoutConfig, NO_TARGET, TextToTextBatch, TokenRows},
    objectives::TextToText,
};

use super::TaskData;

/// How the losses of target tokens become the loss of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetMean {
    /// All target tokens of the batch count the same.
    #[default]
    Tokens,
    /// All examples count the same, each by the mean over its tokens.
    Examples,
    /// Tokens are summed (T5); for optimisers that do not see the scale of gradients, without clipping.
    Sum,
}

/// Settings of text-to-text training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextConfig {
    /// What losses of target tokens are averaged over.
    pub mean: TargetMean,
    /// Weight of the square of the logits' log-partition (T5: 1e-4).
    #[schemars(range(min = 0.0))]
    pub z_loss: f64,
    /// Widths of rows, and whether examples share them.
    pub layout: LayoutConfig,
}

impl Default for TextConfig {
    fn default() -> Self {
        let layout = LayoutConfig { packing: false, ..LayoutConfig::default() };
        Self { mean: TargetMean::Tokens, z_loss: 1e-4, layout }
    }
}

/// The target tokens of one task in a batch.
#[derive(Clone, Debug)]
pub struct TextPart {
    /// Index of the task in the mixture.
    pub task: usize,
    /// `[k]` indices into the batch's target tokens.
    pub tokens: Tensor<1, Int>,
    /// `[k]` factors on their losses.
    pub weights: Tensor<1>,
    /// The sum of the weights, on the host.
    pub total_weight: f64,
}

/// The text-to-text examples of a batch.
#[derive(Clone, Debug)]
pub struct TextBatch {
    pub input: TextToTextInput,
    pub z_loss: f64,
    pub parts: Vec<TextPart>,
}

/// Text-to-text examples that were drawn for a part of a batch.
pub(super) struct DrawnTexts {
    pub examples: Vec<(Draw, TextToText)>,
    /// Text-to-text examples of the whole batch, and their target tokens.
    pub of_batch: (usize, usize),
    /// Examples of this part and of the whole batch, texts or not.
    pub sizes: (usize, usize),
}

impl DrawnTexts {
    /// The factor on the losses of an example's tokens, but for the example's own weight.
    fn weights(&self, mean: TargetMean) -> impl Fn(&TextToText) -> f64 {
        let (part, batch) = (self.sizes.0 as f64, self.sizes.1 as f64);
        let (count, tokens) = self.of_batch;
        let parts = batch / part;
        let share = count as f64 / batch;
        move |example| match mean {
            TargetMean::Tokens => share * parts / tokens as f64,
            TargetMean::Examples => 1.0 / (part * example.targets.len() as f64),
            TargetMean::Sum => parts,
        }
    }
}

/// Lays out drawn texts; also says how many tokens are real and how many are computed.
///
/// # Errors
/// Those of [`TextToTextBatch::new`].
pub(super) fn text_batch(
    tasks: &[TaskData],
    drawn: &DrawnTexts,
    step: u64,
    config: &TextConfig,
    pad: u32,
    device: &Device,
) -> Result<(TextBatch, (u64, u64))> {
    let host = TextToTextBatch::new(step, &drawn.examples, &config.layout, pad)?;
    let width = host.targets.width;
    let places: Vec<usize> =
        (0..host.targets.tokens.len()).filter(|&at| host.targets.tokens[at] != NO_TARGET).collect();
    let weight = drawn.weights(config.mean);
    let mut by_task: Vec<(Vec<i32>, Vec<f32>)> = vec![Default::default(); tasks.len()];
    for placed in &host.examples {
        let factor = weight(&host.example(placed)) * f64::from(placed.draw.weight);
        let (tokens, weights) = &mut by_task[placed.draw.task];
        let start = places.partition_point(|&at| at < placed.row * width);
        let of_row = places[start..].iter().take_while(|&&at| at < (placed.row + 1) * width);
        for (token, &at) in (start..).zip(of_row) {
            if host.targets.segments[at] == placed.segment {
                tokens.push(token as i32);
                weights.push(factor as f32);
            }
        }
    }
    let parts = by_task.into_iter().enumerate().filter(|(_, (tokens, _))| !tokens.is_empty());
    let parts = parts.map(|(task, (tokens, weights))| TextPart {
        task,
        total_weight: weights.iter().map(|&w| f64::from(w)).sum(),
        tokens: vector(tokens, device),
        weights: Tensor::from_data(TensorData::from(&weights[..]), device),
    });
    let targets = places.iter().map(|&at| host.targets.tokens[at]).collect();
    let input = TextToTextInput {
        source: token_batch(&host.inputs, host.rows, host.is_packed(), device),
        labels: matrix(&host.targets.tokens, host.rows, device),
        segments: host.is_packed().then(|| matrix(&host.targets.segments, host.rows, device)),
        places: vector(places.iter().map(|&at| at as i32).collect(), device),
        targets: vector(targets, device),
    };
    let (inputs, targets) = (host.inputs.waste(), host.targets.waste());
    let tokens = (inputs.real + targets.real, inputs.computed + targets.computed);
    Ok((TextBatch { input, z_loss: config.z_loss, parts: parts.collect() }, tokens))
}

impl TextBatch {
    /// What is read, as encoders take it.
    pub(super) fn encoder_input(&self) -> EncoderInput {
        let TokenBatch { tokens, mask, .. } = self.input.source.clone();
        EncoderInput { segments: tokens.zeros_like(), tokens, mask }
    }
}

fn token_batch(side: &TokenRows, rows: usize, is_packed: bool, device: &Device) -> TokenBatch {
    let mask: Vec<f32> = side.segments.iter().map(|&s| f32::from(s > 0)).collect();
    TokenBatch {
        tokens: matrix(&side.tokens, rows, device),
        mask: Tensor::from_data(TensorData::new(mask, [rows, side.width]), device),
        segments: is_packed.then(|| matrix(&side.segments, rows, device)),
    }
}

fn matrix(values: &[i32], rows: usize, device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [rows, values.len() / rows]), device)
}

fn vector(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::from(&values[..]), device)
}
