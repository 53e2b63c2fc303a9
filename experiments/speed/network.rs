//! A network that takes steps on batches of its own, against the clock: whole training steps, or the generation of a
//! batch's answers.
//!
//! Making a batch is not timed, and the device has done all it was given before the clock starts and before it stops.

use std::time::Instant;

use burn::{module::Module, tensor::Device};
use taskgraft::{
    Error, Result,
    models::{
        bert::{BertConfig, Encoder},
        generation::{GenerationOptions, generate},
        kernels::Precision,
        t5::{T5, T5Config},
    },
    tasks::{Family, TargetKind, TaskSpec, metrics::Metric},
    train::{MultiTask, OptimiserKind, Steps, TrainConfig},
};

use super::{
    batch::batch,
    work::{Shape, Size, Work},
};

/// A network, and what it does with a batch.
pub struct Network {
    work: Work,
    size: Size,
    device: Device,
    does: Does,
}

enum Does {
    Train(Box<Steps>),
    Write(Box<T5>),
}

/// What a step came to.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub seconds: f64,
    /// Of a training step.
    pub loss: Option<f64>,
}

impl Network {
    /// A new network.
    ///
    /// # Errors
    /// If the network can't be made on the device.
    pub fn new(work: Work, size: Size, precision: Precision, device: Device) -> Result<Self> {
        let train = |steps| Does::Train(Box::new(steps));
        let does = match work {
            Work::MiniLm => train(encoder_training(work.shape(size), precision, &device)?),
            Work::T5 => train(t5_training(work.shape(size), precision, &device)?),
            Work::Generate => {
                Does::Write(Box::new(t5(work.shape(size), &device)?.with_precision(precision)))
            }
        };
        Ok(Self { work, size, device, does })
    }

    /// Number of the network's parameters.
    pub fn parameters(&self) -> usize {
        match &self.does {
            Does::Train(steps) => steps.parameters(),
            Does::Write(model) => model.num_params(),
        }
    }

    /// The step with this number.
    ///
    /// # Errors
    /// If the device fails.
    pub fn step(&mut self, number: u64) -> Result<Step> {
        let Self { work, size, device, does } = self;
        match does {
            Does::Train(steps) => train(steps, *work, *size, number, device),
            Does::Write(model) => write(model, *work, *size, number, device),
        }
    }
}

/// MiniLM's shape, in training.
fn encoder_training(shape: Shape, precision: Precision, device: &Device) -> Result<Steps> {
    let Shape { vocabulary, width, layers, heads, hidden, .. } = shape;
    let mut config = BertConfig::new(vocabulary, width, layers);
    (config.num_attention_heads, config.intermediate_size) = (heads, hidden);
    let trunk = Encoder::new(&config, 0, device)?;
    let config =
        TrainConfig { precision, clip: 1.0, lr: 1e-5, layer_decay: 1.0, ..Default::default() };
    let labels = ["no", "yes"].map(String::from).into();
    let spec = spec(TargetKind::Class { labels });
    Ok(Steps::new(MultiTask::new(trunk, &[spec], 0, device), &config))
}

/// The encoder-decoder.
fn t5(shape: Shape, device: &Device) -> Result<T5> {
    let Shape { vocabulary, width, layers, heads, hidden, .. } = shape;
    let config = T5Config::v1_0(vocabulary, width, hidden, layers, heads);
    Ok(T5::new(&config.with_head_width(width / heads), 0, device)?)
}

/// The encoder-decoder in training.
fn t5_training(shape: Shape, precision: Precision, device: &Device) -> Result<Steps> {
    let optimiser = OptimiserKind::Adafactor;
    let (clip, lr, layer_decay) = (1.0, 1e-3, 1.0);
    let config = TrainConfig { precision, clip, lr, layer_decay, optimiser, ..Default::default() };
    let trunk = t5(shape, device)?;
    let spec = spec(TargetKind::Text { stands_for: None });
    Ok(Steps::new(MultiTask::new(trunk, &[spec], 0, device), &config))
}

fn spec(kind: TargetKind) -> TaskSpec {
    TaskSpec {
        name: "made up".into(),
        suite: "speed".into(),
        family: Family::Generation,
        kind,
        metrics: vec![Metric::Accuracy],
        symmetric: false,
    }
}

fn train(steps: &mut Steps, work: Work, size: Size, step: u64, device: &Device) -> Result<Step> {
    let batch = batch(work, size, step, &device.clone().autodiff());
    wait(device)?;
    let started = Instant::now();
    let loss = steps.step(batch)?;
    wait(device)?;
    let seconds = started.elapsed().as_secs_f64();
    let loss = loss.try_into_scalar::<f64>();
    let loss = loss.map_err(|e| Error::Training(format!("reading the loss: {e}")))?;
    Ok(Step { seconds, loss: Some(loss) })
}

/// Writes a batch's answers.
fn write(model: &T5, work: Work, size: Size, step: u64, device: &Device) -> Result<Step> {
    let batch = batch(work, size, step, device);
    let Some(text) = batch.text else { return Ok(Step { seconds: 0.0, loss: None }) };
    let source = text.input.source;
    let length = work.shape(size).target;
    let options = GenerationOptions::greedy(length);
    let examples: Vec<u64> = (0..source.tokens.dims()[0] as u64).collect();
    wait(device)?;
    let started = Instant::now();
    // What was generated is on the host: there is nothing more to wait for.
    let written = generate(model, &source, &examples, &options)?;
    let seconds = started.elapsed().as_secs_f64();
    if written.iter().any(|row| row.tokens.len() < length) {
        return Err(Error::Training(format!("a generated text ended before its {length} tokens")));
    }
    Ok(Step { seconds, loss: None })
}

/// Waits until the device has done all it was given.
///
/// # Errors
/// If the device fails.
pub fn wait(device: &Device) -> Result<()> {
    device.sync().map_err(|e| Error::Training(format!("waiting for the device: {e}")))
}
