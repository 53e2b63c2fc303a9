//! What is measured at a time: all operations, or one training, on one backend, with or without fusion.
//!
//! A [`Part`] is written as JSON for the process that measures it, and what it measured comes back as JSON.

use std::fmt;

use serde::{Deserialize, Serialize};
use taskgraft::{Result, device::Backend, models::kernels::Precision};

use super::{
    operations::{self, OperationErrors, measure},
    training::{Course, Network, train},
};

/// Whether Burn joins neighbouring operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fusion {
    /// The backend has none.
    Never,
    On,
    /// Operations are queued as with fusion, but run one by one.
    Off,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    Operations,
    Training { network: Network, precision: Precision },
}

/// A piece of work on a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub backend: Backend,
    pub fusion: Fusion,
    pub work: Work,
}

/// What came of a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    Operations(Vec<OperationErrors>),
    Training(Course),
}

/// What came of a part, or the reason why it is not available.
pub type Outcome = (Part, Result<Measured, String>);

impl Fusion {
    /// What a backend can be run with.
    pub fn of(backend: Backend) -> &'static [Fusion] {
        if backend.fuses_operations() { &[Fusion::On, Fusion::Off] } else { &[Fusion::Never] }
    }

    /// A variable of the environment that a process must start with.
    pub fn variable(self) -> Option<(&'static str, &'static str)> {
        // Burn's fusion gives up exploring after so many attempts; what it has not explored runs as it stands.
        (self == Fusion::Off).then_some(("BURN_FUSION_MAX_EXPLORATIONS", "0"))
    }
}

impl Part {
    /// All parts on a backend, the operations first.
    pub fn all(backend: Backend) -> Vec<Part> {
        let trainings = Network::ALL.into_iter().flat_map(|network| {
            let precisions = [Precision::F32, Precision::Bf16].into_iter();
            precisions.map(move |precision| Work::Training { network, precision })
        });
        let works: Vec<Work> = std::iter::once(Work::Operations).chain(trainings).collect();
        let of = |&fusion: &Fusion| {
            works.clone().into_iter().map(move |work| Part { backend, fusion, work })
        };
        Fusion::of(backend).iter().flat_map(of).collect()
    }

    /// Measures it in this process; a training takes `steps` steps.
    ///
    /// # Errors
    /// If the backend is not compiled in, or fails in a way that can be reported.
    pub fn measure(&self, (seed, steps): (u64, u64)) -> Result<Measured> {
        let device = self.backend.device()?;
        Ok(match self.work {
            Work::Operations => Measured::Operations(measure(&operations::all(), &device)?),
            Work::Training { network, precision } => {
                Measured::Training(train(network, precision, (seed, steps), &device)?)
            }
        })
    }

    /// What stands at the head of its row: the backend, and what distinguishes it from others there.
    pub fn name(&self) -> String {
        let precision = match self.work {
            Work::Training { precision: Precision::Bf16, .. } => " bf16",
            Work::Training { precision: Precision::F32, .. } => " f32",
            Work::Operations => "",
        };
        let fusion = if self.fusion == Fusion::Off { ", unfused" } else { "" };
        format!("{}{precision}{fusion}", self.backend)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let work = match self.work {
            Work::Operations => "operations",
            Work::Training { network, .. } => network.title(),
        };
        write!(f, "{}: {work}", self.name())
    }
}
