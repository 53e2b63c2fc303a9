//! Whole training steps, generation, and epochs from files, against the clock, and against PyTorch on the same machine in the same run.
//!
//! A [`Contestant`] is a network in one precision, in one framework, in a process of its own that waits to be told to
//! take some steps. [`run`] goes round them in turn, so that what slows the machine down for a while slows all down;
//! ratios are taken within a round. [`Args`] are the command line of `experiments/speed.rs`. PyTorch's side is
//! `benches/pytorch/{step,glue}.py`.

mod args;
mod contestant;
mod doing;
mod glue;
mod job;
mod peak;
mod report;
mod work;

pub use args::{Args, run};
pub use contestant::{Batches, Contestant, Epoch, Framework, Ready, Round, serve};
pub use doing::{Doing, Done};
pub use glue::Files;
pub use job::Job;
pub use peak::peak;
pub use work::{Size, Work};
