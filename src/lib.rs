//! Multi-task learning for transformers on [Burn](https://burn.dev): declare tasks, mix them, choose how their losses
//! and gradients are combined, and get a comparison that can be trusted, on whichever backend is compiled in.
//!
//! [`study::Study`] is the way in: recipes × seeds on the same tasks, with tests of significance and a report. A recipe
//! is made of stages, of which each is one training: [`train`] runs it through burn-train, [`observe`] looks at it,
//! [`methods`] make its steps, [`evaluation`] scores, and [`report`] shows. Data live in the crate `taskgraft-tasks`, networks in `taskgraft-models`; neither knows the other.

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
pub use taskgraft_algebra as algebra;
pub use taskgraft_models as models;
pub use taskgraft_tasks as tasks;

/// What an experiment needs.
pub mod prelude {
    pub use taskgraft_algebra::weighting::{StepInputs, Weighting};
    pub use taskgraft_tasks::{
        Form,
        mixture::{Balance, Composition, Rate},
        objectives::Objective,
        suite::Suite,
    };

    pub use crate::{
        Error, Result,
        methods::{Anneal, MethodConfig, MethodSpec},
        report::Section,
        study::{Finished, Lineage, Plan, Row, Settings, Split, Stage, Study, StudyArgs, TaskUse},
        train::{Select, TrainConfig},
    };
}
