//! The same work on every backend: how far each operation is from its exact value, how far trainings part from each
//! other, and what they cost.
//!
//! A [`Part`] is what is measured at a time: all operations, or one training, on one backend. Each runs in a process of
//! its own, so that a backend that cannot start, or brings its process down, is a line of the report; so that memory is
//! that part's; and because Burn decides on fusion when a process starts. [`run`] measures all parts and writes the
//! report; [`Args`] are the command line of `experiments/portability.rs`.

mod args;
mod compare;
mod operations;
mod part;
mod report;
mod tape;
mod training;
pub mod ulp;

pub use args::{Args, run};
pub use compare::{Parting, parting};
pub use operations::{ErrorSummary, Input, Operation, OperationErrors, all as operations, measure};
pub use part::{Fusion, Measured, Part, Work};
pub use training::{Course, Network, train};
