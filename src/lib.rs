//! Multi-task learning for transformers on [Burn](https://burn.dev): declare tasks, mix them, choose how their losses
//! and gradients are combined, and get a comparison that can be trusted, on whichever backend is compiled in.
//!
//! [`study::Study`] is the way in: methods × seeds on the same mixture, with tests of significance and a report. Below
//! it, [`train`] runs one training through burn-train, [`observe`] looks at it, [`methods`] says who teaches whom, [`evaluation`] scores, and
//! [`report`] shows. Data live in the crate `taskgraft-tasks`, networks in `taskgraft-models`; neither knows the other.

pub mod compare_runs;
pub mod device;
mod error;
pub mod evaluation;
pub mod events;
pub mod methods;
pub mod observe;
pub mod process;
pub mod report;
pub mod reproduction;
pub mod run_dir;
pub mod signals;
pub mod stats;
pub mod study;
pub mod train;

pub use error::{Error, Result};
pub use taskgraft_models as models;
pub use taskgraft_tasks as tasks;

/// What an experiment needs.
pub mod prelude {
    pub use taskgraft_tasks::mixture::{Balance, Composition, Rate};

    pub use crate::{
        Error, Result,
        methods::{Anneal, Method},
        study::{Settings, Study, StudyArgs},
        train::{Select, TrainConfig},
    };
}
