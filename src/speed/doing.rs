//! One thing that is done over and over: a training step, the generation of a batch, or an epoch.

use std::time::Instant;

use burn::{module::Module, tensor::Device};
use taskgraft_models::{
    generation::{GenerationOptions, generate},
    kernels::Precision,
    t5::T5,
};

use super::{Epoch, Files, Job, Size, Work, work::wait};
use crate::{Error, Result, device::Backend, train::Steps};

/// A network, and what it does with a batch; or epochs.
pub struct Doing(Kind);

enum Kind {
    Steps { work: Work, size: Size, device: Device, network: Network },
    Epochs { files: Files, size: Size, precision: Precision, backend: Backend },
}

enum Network {
    Training(Box<Steps>),
    Writing(Box<T5>),
}

/// What was done.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    pub seconds: f64,
    /// Of a training step.
    pub loss: Option<f64>,
    pub epoch: Option<Epoch>,
}

impl Doing {
    /// A new network.
    ///
    /// # Errors
    /// If the backend is not compiled in.
    pub fn new(job: &Job, size: Size, precision: Precision, backend: Backend) -> Result<Self> {
        let device = backend.device()?;
        let work = match job {
            Job::Steps(work) => *work,
            Job::Glue(files) => {
                return Ok(Self(Kind::Epochs { files: files.clone(), size, precision, backend }));
            }
        };
        let training = |steps| Network::Training(Box::new(steps));
        let network = match work {
            Work::MiniLm => training(work.encoder(size, precision, &device)?),
            Work::T5 => training(work.t5_training(size, precision, &device)?),
            Work::Generate => {
                Network::Writing(Box::new(work.t5(size, &device)?.with_precision(precision)))
            }
        };
        Ok(Self(Kind::Steps { work, size, device, network }))
    }

    /// Number of the network's parameters.
    ///
    /// # Errors
    /// If an encoder's files can't be read.
    pub fn parameters(&self) -> Result<usize> {
        Ok(match &self.0 {
            Kind::Steps { network: Network::Training(steps), .. } => steps.parameters(),
            Kind::Steps { network: Network::Writing(model), .. } => model.num_params(),
            Kind::Epochs { files, backend, .. } => files.parameters(*backend)?,
        })
    }

    /// A step, or an epoch of the task whose turn it is.
    ///
    /// # Errors
    /// If the device fails, or a study.
    pub fn next(&mut self, number: u64) -> Result<Done> {
        match &mut self.0 {
            Kind::Steps { work, size, device, network: Network::Training(steps) } => {
                let (seconds, loss) = train(steps, *work, *size, number, device)?;
                Ok(Done { seconds, loss: Some(loss), epoch: None })
            }
            Kind::Steps { work, size, device, network: Network::Writing(model) } => {
                let seconds = write(model, *work, *size, number, device)?;
                Ok(Done { seconds, loss: None, epoch: None })
            }
            Kind::Epochs { files, size, precision, backend } => {
                let (seconds, epoch) = files.epoch(number as usize, *size, *precision, *backend)?;
                Ok(Done { seconds, loss: None, epoch: Some(epoch) })
            }
        }
    }
}

/// The seconds of a training step, and its loss.
fn train(
    steps: &mut Steps,
    work: Work,
    size: Size,
    step: u64,
    device: &Device,
) -> Result<(f64, f64)> {
    let batch = work.batch(size, step, &device.clone().autodiff());
    wait(device)?;
    let started = Instant::now();
    let loss = steps.step(batch);
    wait(device)?;
    let seconds = started.elapsed().as_secs_f64();
    let loss = loss.try_into_scalar::<f64>();
    let loss = loss.map_err(|e| Error::Training(format!("reading the loss: {e}")))?;
    Ok((seconds, loss))
}

/// The seconds of writing a batch's answers.
fn write(model: &T5, work: Work, size: Size, step: u64, device: &Device) -> Result<f64> {
    let batch = work.batch(size, step, device);
    let Some(text) = batch.text else { return Ok(0.0) };
    let source = text.input.source;
    let length = work.written(size);
    let options = GenerationOptions::greedy(length);
    let examples: Vec<u64> = (0..source.tokens.dims()[0] as u64).collect();
    wait(device)?;
    let started = Instant::now();
    // What was generated is on the host: there is nothing more to wait for.
    let written = generate(model, &source, &examples, &options)?;
    let seconds = started.elapsed().as_secs_f64();
    if written.iter().any(|row| row.tokens.len() < length) {
        return Err(Error::Training("a text ended before it was long enough".into()));
    }
    Ok(seconds)
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;

    #[test]
    fn every_training_learns_its_batch_in_both_precisions() {
        for work in [Work::MiniLm, Work::T5] {
            for precision in [Precision::F32, Precision::Bf16] {
                let job = Job::Steps(work);
                let mut doing = Doing::new(&job, Size::Quick, precision, Backend::Cpu).unwrap();
                let mut loss = |step| doing.next(step).unwrap().loss.unwrap();
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
        let job = Job::Steps(Work::Generate);
        let mut doing = Doing::new(&job, Size::Quick, Precision::Bf16, Backend::Cpu).unwrap();
        let done = doing.next(0).unwrap();
        assert!(done.seconds > 0.0 && done.loss.is_none());
    }
}
