//! What a contestant of ours does over and over: a training step, the generation of a batch, or an epoch.
//!
//! Steps are a [`Network`]'s own; epochs are those of the task whose turn it is.

use taskgraft::{Result, device::Backend, models::kernels::Precision};

use super::{
    glue::Files,
    job::Job,
    network::{Network, Step},
    round::Epoch,
    work::Size,
};

/// A network that takes steps, or epochs from files.
pub enum Doing {
    Steps(Network),
    Epochs { files: Files, size: Size, precision: Precision, backend: Backend },
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
        Ok(match job {
            Job::Steps(work) => Self::Steps(Network::new(*work, size, precision, device)?),
            Job::Glue(files) => Self::Epochs { files: files.clone(), size, precision, backend },
        })
    }

    /// Number of the network's parameters.
    ///
    /// # Errors
    /// If an encoder's files can't be read.
    pub fn parameters(&self) -> Result<usize> {
        match self {
            Self::Steps(network) => Ok(network.parameters()),
            Self::Epochs { files, backend, .. } => files.parameters(*backend),
        }
    }

    /// A step, or an epoch of the task whose turn it is.
    ///
    /// # Errors
    /// If the device fails, or a study.
    pub fn next(&mut self, number: u64) -> Result<Done> {
        match self {
            Self::Steps(network) => {
                let Step { seconds, loss } = network.step(number)?;
                Ok(Done { seconds, loss, epoch: None })
            }
            Self::Epochs { files, size, precision, backend } => {
                let (seconds, epoch) = files.epoch(number as usize, *size, *precision, *backend)?;
                Ok(Done { seconds, loss: None, epoch: Some(epoch) })
            }
        }
    }
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::{super::work::Work, *};

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
