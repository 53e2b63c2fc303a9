//! What is timed: the networks, their batches, and the arithmetic of a step.
//!
//! MiniLM's shape with a class head and AdamW, on 16 texts of 128 tokens; T5-small with Adafactor, on 8 texts of 128
//! tokens and answers of 32. Dropout is 0.1, gradients are clipped to norm 1, and every token is a real one.

use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use taskgraft_models::{
    bert::{BertConfig, Encoder, EncoderInput},
    kernels::{DropoutKey, Precision},
    t5::{T5, T5Config, TextToTextInput, TokenBatch},
};
use taskgraft_tasks::{Family, TargetKind, TaskSpec, metrics::Metric};

use crate::{
    Error, Result,
    train::{
        MicroBatch, MultiTask, OptimiserKind, Steps, Targets, TaskPart, TextBatch, TextPart,
        TrainConfig,
    },
};

/// A network and its batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    MiniLm,
    T5,
}

/// How large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// As named.
    Full,
    /// Tiny, to see that all runs.
    Quick,
}

/// Sizes of a network and its batch.
#[derive(Clone, Copy)]
struct Shape {
    vocabulary: usize,
    width: usize,
    /// Of each stack.
    layers: usize,
    heads: usize,
    hidden: usize,
    batch: usize,
    source: usize,
    /// Tokens that are written; 0 for an encoder.
    target: usize,
}

impl std::str::FromStr for Work {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "minilm" => Ok(Self::MiniLm),
            "t5" => Ok(Self::T5),
            _ => Err(format!("unknown work `{name}`; there are minilm and t5")),
        }
    }
}

impl Work {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::MiniLm => "minilm",
            Self::T5 => "t5",
        }
    }

    fn shape(self, size: Size) -> Shape {
        let (layers, target) = match self {
            Self::MiniLm => (6, 0),
            Self::T5 => (6, 32),
        };
        match (self, size) {
            (Self::MiniLm, Size::Full) => Shape {
                vocabulary: 30_522,
                width: 384,
                layers,
                heads: 12,
                hidden: 1536,
                batch: 16,
                source: 128,
                target,
            },
            (Self::T5, Size::Full) => Shape {
                vocabulary: 32_128,
                width: 512,
                layers,
                heads: 8,
                hidden: 2048,
                batch: 8,
                source: 128,
                target,
            },
            (_, Size::Quick) => Shape {
                vocabulary: 500,
                width: 64,
                layers: 2,
                heads: 2,
                hidden: 128,
                batch: 4,
                source: 16,
                target: target.min(8),
            },
        }
    }

    /// In words.
    pub fn title(self, size: Size) -> String {
        let Shape { width, layers, batch, source, target, .. } = self.shape(size);
        match self {
            Self::MiniLm => format!(
                "Encoder of {layers} layers of width {width}, {batch}×{source} tokens, AdamW"
            ),
            Self::T5 => format!(
                "T5 of {layers}+{layers} layers of width {width}, {batch}×{source}→{target} tokens, Adafactor"
            ),
        }
    }

    /// Tokens of a step, read and written.
    pub fn tokens(self, size: Size) -> usize {
        let Shape { batch, source, target, .. } = self.shape(size);
        batch * (source + target)
    }

    /// Floating-point operations of a step's matrix products: twice the multiplications forward, and twice as many
    /// again backward. Nothing else is counted.
    pub fn operations(self, size: Size) -> f64 {
        let Shape { vocabulary, width, layers, hidden, batch, source, target, .. } =
            self.shape(size);
        let [read, written] = [batch * source, batch * target];
        let (square, forward) = (width * width, 2 * width * hidden);
        let attend = |queries: usize, keys: usize| 2 * batch * queries * keys * width;
        let encoder = read * (4 * square + forward) + attend(source, source);
        let of_decoder = match self {
            Self::MiniLm => 0,
            // Queries and output of both attentions are of what is written, keys and values of the second of what is
            // read.
            Self::T5 => {
                written * (6 * square + forward)
                    + read * 2 * square
                    + attend(target, target)
                    + attend(target, source)
            }
        };
        let output = written * width * vocabulary;
        6.0 * (layers * (encoder + of_decoder) + output) as f64
    }

    /// The network in training.
    ///
    /// # Errors
    /// None for the shapes there are.
    pub fn training(self, size: Size, precision: Precision, device: &Device) -> Result<Steps> {
        let Shape { vocabulary, width, layers, heads, hidden, .. } = self.shape(size);
        let common =
            TrainConfig { precision, clip: 1.0, layer_decay: 1.0, ..TrainConfig::default() };
        Ok(match self {
            Self::MiniLm => {
                let mut config = BertConfig::new(vocabulary, width, layers);
                (config.num_attention_heads, config.intermediate_size) = (heads, hidden);
                let trunk = Encoder::new(&config, 0, device)?;
                let config = TrainConfig { lr: 1e-5, ..common };
                Steps::new(MultiTask::new(trunk, &[self.spec()], 0, device), &config)
            }
            Self::T5 => {
                let config = T5Config::v1_0(vocabulary, width, hidden, layers, heads);
                let trunk = T5::new(&config.with_head_width(width / heads), 0, device)?;
                let optimiser = OptimiserKind::Adafactor;
                let config = TrainConfig { lr: 1e-3, optimiser, ..common };
                Steps::new(MultiTask::new(trunk, &[self.spec()], 0, device), &config)
            }
        })
    }

    fn spec(self) -> TaskSpec {
        let kind = match self {
            Self::MiniLm => TargetKind::Class { labels: ["no", "yes"].map(String::from).into() },
            Self::T5 => TargetKind::Text { stands_for: None },
        };
        TaskSpec {
            name: "made up".into(),
            suite: "speed".into(),
            family: Family::Generation,
            kind,
            metrics: vec![Metric::Accuracy],
            symmetric: false,
        }
    }

    /// The batch of a step: the same tokens, another dropout mask.
    pub fn batch(self, size: Size, step: u64, device: &Device) -> MicroBatch {
        let Shape { vocabulary, batch, source, target, .. } = self.shape(size);
        // Past the special tokens.
        let token = |place: usize| (100 + place * 7919 % (vocabulary - 100)) as i32;
        let ints = |values: Vec<i32>, width: usize| {
            Tensor::<2, Int>::from_data(TensorData::new(values, [batch, width]), device)
        };
        let tokens = ints((0..batch * source).map(token).collect(), source);
        let mask = Tensor::<2>::ones([batch, source], device);
        let input = EncoderInput { segments: tokens.zeros_like(), tokens, mask };
        let (parts, text) = match self {
            Self::MiniLm => (vec![class_part(batch, device)], None),
            Self::T5 => {
                let labels: Vec<i32> = (0..batch * target).map(|i| token(i * 31 + 7)).collect();
                let flat = |values: Vec<i32>| {
                    Tensor::<1, Int>::from_data(TensorData::from(&values[..]), device)
                };
                let source = TokenBatch {
                    tokens: input.tokens.clone(),
                    mask: input.mask.clone(),
                    segments: None,
                };
                let places = flat((0..labels.len() as i32).collect());
                let targets = flat(labels.clone());
                let part = TextPart {
                    task: 0,
                    tokens: places.clone(),
                    weights: Tensor::ones([labels.len()], device) / labels.len() as f64,
                    total_weight: 1.0,
                };
                let input = TextToTextInput {
                    source,
                    labels: ints(labels, target),
                    segments: None,
                    places,
                    targets,
                };
                (vec![], Some(TextBatch { input, z_loss: 0.0, parts: vec![part] }))
            }
        };
        let tokens = self.tokens(size) as u64;
        MicroBatch {
            step,
            input,
            dropout: DropoutKey::new(0, step),
            parts,
            text,
            tokens: (tokens, tokens),
            gold_weight: 1.0,
        }
    }
}

/// Classes 0 and 1 in turn.
fn class_part(batch: usize, device: &Device) -> TaskPart {
    let targets = (0..batch).flat_map(|row| [f32::from(row % 2 == 0), f32::from(row % 2 == 1)]);
    let targets = TensorData::new(targets.collect::<Vec<f32>>(), [batch, 2]);
    let rows: Vec<i32> = (0..batch as i32).collect();
    TaskPart {
        task: 0,
        rows: Tensor::from_data(TensorData::from(&rows[..]), device),
        targets: Targets::Distributions(Tensor::from_data(targets, device)),
        weights: Tensor::ones([batch], device) / batch as f64,
        total_weight: 1.0,
        whole_batch: true,
    }
}

/// Waits until the device has done all it was given.
pub(super) fn wait(device: &Device) -> Result<()> {
    device.sync().map_err(|e| Error::Training(format!("waiting for the device: {e}")))
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;

    #[test]
    fn every_work_learns_its_batch_in_both_precisions() {
        let device = Device::flex();
        let autodiff = device.clone().autodiff();
        for work in [Work::MiniLm, Work::T5] {
            for precision in [Precision::F32, Precision::Bf16] {
                let mut training = work.training(Size::Quick, precision, &device).unwrap();
                let mut loss = |step| -> f64 {
                    training.step(work.batch(Size::Quick, step, &autodiff)).into_scalar()
                };
                let first = loss(0);
                let last = (1..40).map(&mut loss).last().unwrap();
                assert!(
                    first.is_finite() && last < first,
                    "{work:?} {precision:?}: {first}, {last}"
                );
            }
        }
    }

    #[test]
    fn products_are_counted_by_hand_once() {
        // 64 tokens through 4 products of 64×64 and two of 64×128, scores and mixtures of 4 texts of 16; two layers;
        // forward and twice backward.
        let layer = 64 * (4 * 4096 + 2 * 8192) + 2 * 4 * 16 * 16 * 64;
        assert_eq!(Work::MiniLm.operations(Size::Quick), f64::from(2 * 3 * 2 * layer));
        // The decoder writes 32 tokens, and its second attention reads the 64.
        let decoder = 32 * (6 * 4096 + 2 * 8192) + 64 * 2 * 4096 + 2 * 4 * (8 * 8 + 8 * 16) * 64;
        let all = 2 * (layer + decoder) + 32 * 64 * 500;
        assert_eq!(Work::T5.operations(Size::Quick), f64::from(2 * 3 * all));
        assert_eq!((Work::MiniLm.tokens(Size::Full), Work::T5.tokens(Size::Full)), (2048, 1280));
    }
}
