//! Multi-task learning for transformers on [Burn](https://burn.dev): declare tasks, mix them, choose how their losses
//! and gradients are combined, and get a comparison that can be trusted, on whichever backend is compiled in.
//!
//! [`study::Study`] is the way in: recipes × seeds on the same tasks, with tests of significance and a report. A recipe
//! is made of stages. A stage is one training: [`train`] runs it through burn-train, [`observe`] looks at it,
//! [`methods`] make its steps, [`evaluation`] scores, and [`report`] shows. Data live in the crate `taskgraft-tasks`,
//! networks in `taskgraft-models`, one training in `taskgraft-train`; the first two do not know each other.

pub mod compare_runs;
pub mod process;
pub mod report;
pub mod reproduction;
pub mod run_dir;
pub mod stats;
pub mod study;

pub use burn;
pub use taskgraft_algebra as algebra;
pub use taskgraft_algebra::conformance;
pub use taskgraft_models as models;
pub use taskgraft_tasks as tasks;
pub use taskgraft_train as train;
pub use taskgraft_train::{Error, Result, device, evaluation, events, methods, observe, signals};

/// What an experiment needs.
pub mod prelude {
    pub use taskgraft_algebra::weighting::{
        Needs, Properties, StepInputs, Weighting, WeightingError,
    };
    pub use taskgraft_tasks::{
        Form,
        mixture::{Balance, Composition, Rate},
        objectives::Objective,
        suite::Suite,
    };

    pub use crate::{
        Error, Result,
        methods::{Anneal, MethodConfig, MethodSpec},
        observe::Observer,
        report::Section,
        study::{Finished, Lineage, Plan, Row, Settings, Split, Stage, Study, StudyArgs, TaskUse},
        train::{Select, TrainConfig},
    };
}

/// The Rust blocks of the book, as doctests.
#[cfg(doctest)]
mod book {
    macro_rules! chapters {
        ($($name:ident $path:literal)*) => {
            $(#[doc = include_str!($path)] struct $name;)*
        };
    }
    chapters! {
        AddATask "../docs/add-a-task.md"
        AddAnExperiment "../docs/add-an-experiment.md"
        Alignment "../docs/alignment.md"
        Methods "../docs/methods.md"
        Metrics "../docs/metrics.md"
        Mixtures "../docs/mixtures.md"
        Networks "../docs/networks.md"
        Portability "../docs/portability.md"
        Readme "../README.md"
        Tasks "../docs/tasks.md"
        TasksFile "../docs/tasks-file.md"
    }
}
