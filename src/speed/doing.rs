//! One thing that is done over and over: a training step, or the generation of a batch.

use std::time::Instant;

use burn::{module::Module, tensor::Device};
use taskgraft_models::{
    generation::{GenerationOptions, generate},
    kernels::Precision,
    t5::T5,
};

use super::{Size, Work, work::wait};
use crate::{Error, Result, train::Steps};

/// A network, and what it does with a batch.
pub(super) struct Doing {
    work: Work,
    size: Size,
    device: Device,
    network: Network,
}

enum Network {
    Training(Box<Steps>),
    Writing(Box<T5>),
}

impl Doing {
    /// A new network.
    ///
    /// # Errors
    /// None for the shapes there are.
    pub fn new(work: Work, size: Size, precision: Precision, device: &Device) -> Result<Self> {
        let training = |steps| Network::Training(Box::new(steps));
        let network = match work {
            Work::MiniLm => training(work.encoder(size, precision, device)?),
            Work::T5 => training(work.t5_training(size, precision, device)?),
            Work::Generate => {
                Network::Writing(Box::new(work.t5(size, device)?.with_precision(precision)))
            }
        };
        Ok(Self { work, size, device: device.clone(), network })
    }

    /// Number of the network's parameters.
    pub fn parameters(&self) -> usize {
        match &self.network {
            Network::Training(steps) => steps.parameters(),
            Network::Writing(model) => model.num_params(),
        }
    }

    /// The seconds of a step, and its loss where it has one.
    ///
    /// # Errors
    /// If the device fails.
    pub fn step(&mut self, step: u64) -> Result<(f64, Option<f64>)> {
        match &mut self.network {
            Network::Training(steps) => {
                let batch = self.work.batch(self.size, step, &self.device.clone().autodiff());
                wait(&self.device)?;
                let started = Instant::now();
                let loss = steps.step(batch);
                wait(&self.device)?;
                let seconds = started.elapsed().as_secs_f64();
                let loss = loss.try_into_scalar::<f64>();
                let loss = loss.map_err(|e| Error::Training(format!("reading the loss: {e}")))?;
                Ok((seconds, Some(loss)))
            }
            Network::Writing(model) => {
                let batch = self.work.batch(self.size, step, &self.device);
                let Some(text) = batch.text else { return Ok((0.0, None)) };
                let source = text.input.source;
                let length = self.work.written(self.size);
                let options = GenerationOptions::greedy(length);
                let examples: Vec<u64> = (0..source.tokens.dims()[0] as u64).collect();
                wait(&self.device)?;
                let started = Instant::now();
                // What was generated is on the host: there is nothing more to wait for.
                let written = generate(model, &source, &examples, &options)?;
                let seconds = started.elapsed().as_secs_f64();
                if written.iter().any(|row| row.tokens.len() < length) {
                    return Err(Error::Training("a text ended before it was long enough".into()));
                }
                Ok((seconds, None))
            }
        }
    }
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;

    #[test]
    fn every_training_learns_its_batch_in_both_precisions() {
        for work in [Work::MiniLm, Work::T5] {
            for precision in [Precision::F32, Precision::Bf16] {
                let device = Device::flex();
                let mut doing = Doing::new(work, Size::Quick, precision, &device).unwrap();
                let mut loss = |step| doing.step(step).unwrap().1.unwrap();
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
    fn generation_writes_all_it_is_asked_for() {
        let device = Device::flex();
        let mut doing = Doing::new(Work::Generate, Size::Quick, Precision::Bf16, &device).unwrap();
        let (seconds, loss) = doing.step(0).unwrap();
        assert!(seconds > 0.0 && loss.is_none());
    }
}
