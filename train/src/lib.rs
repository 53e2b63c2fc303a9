//! Training: from encoded tasks to a trained network, through burn-train.
//!
//! [`TaskData`] holds tokenised examples and what teaches them; a [`MixtureLoader`] turns them into batches, a pure
//! function of (seed, step); the [`MultiTask`] learner makes gradients from a batch; the [`StepStrategy`] owns the loop
//! over steps: accumulate, clip, schedule, optimise, evaluate, checkpoint, stop. burn-train's `SupervisedTraining` puts
//! them together and carries the events to the terminal and the logs.
//!
//! [`methods`] say how a step is made of the tasks' losses and gradients, [`combine`] makes it, [`observe`] looks at
//! networks and their training, and [`evaluation`] scores. What a training needs of the machine is here too: the
//! [`device`], [`signals`], whole [`files`] and [`events`]. The crate knows no studies.

mod batch;
mod checkpoint;
mod clip;
pub mod combine;
mod config;
mod data;
pub mod device;
mod error;
pub mod evaluation;
pub mod events;
mod figures;
pub mod files;
pub mod host;
mod learner;
mod loader;
mod logger;
pub mod methods;
pub mod observe;
mod optimiser;
mod renderer;
mod schedule;
pub mod signals;
mod step;
mod strategy;
mod text;
mod text_data;
mod text_heads;
mod trainer;
mod writing;

pub(crate) use batch::{BatchMaker, to_input};
pub use batch::{EvalBatch, MicroBatch, Padding, Targets, TaskPart};
pub use checkpoint::{CheckpointState, Checkpoints};
pub use clip::{GradientNorm, global_norm, scale_gradients};
pub use combine::{Combine, Combined, MethodState};
pub use config::{NonFinite, OptimiserKind, Select, TrainConfig};
pub use data::{TaskData, TeacherSignal};
pub use error::{Error, Result};
pub use figures::{EvalItem, Figures, StepItem, Written};
pub use learner::{MultiTask, description};
pub use loader::{BatchSource, EvalLoader, LoaderSettings, MixtureLoader, OrderedLoader};
pub use optimiser::{learning_rates, optimiser};
pub use renderer::progress_bar;
pub use schedule::{Decay, WarmupLinear};
pub use step::Steps;
pub use strategy::{Outcome, StepStrategy};
pub use text::{TargetMean, TextBatch, TextConfig, TextPart};
pub use text_data::{Classes, Reading, TextData};
pub use trainer::{Trained, Trainer, View};

use writing::write;
