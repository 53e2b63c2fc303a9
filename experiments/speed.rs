//! Times whole training steps of MiniLM's shape and of T5-small, in float32 and bf16; with `--against PYTHON`, beside
//! PyTorch's in the same run, in turn.
//!
//! `cargo run --release --example speed -- --against python3 --threads 2`. `--quick` sees that all runs. See
//! docs/performance.md.

use std::process::ExitCode;

use clap::Parser;
use taskgraft::speed::{Args, run};

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
