//! Times whole training steps of MiniLM's shape and of T5-small, in float32 and bf16; with `--against PYTHON`, beside
//! PyTorch's in the same run, in turn.
//!
//! A contestant is a network in one precision, in one framework, in a process of its own that waits to be told to take
//! some steps. Contestants take turns, so that what slows the machine down for a while slows all down; ratios are taken
//! within a round. PyTorch's side is `benches/pytorch/{step,glue}.py`.
//!
//! `cargo run --release --example speed -- --against python3 --threads 2`. `--quick` sees that all runs. See
//! docs/performance.md.

mod args;
mod batch;
mod contestant;
mod doing;
mod glue;
mod job;
mod network;
mod peak;
mod race;
mod report;
mod round;
mod running;
mod serve;
mod work;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match race::run(&args::Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
