//! The same operations and small trainings on every backend that is compiled in: errors of each operation against its
//! definition in double precision, losses side by side, speed and memory.
//!
//! `cargo run --release --example portability --features ndarray` compares `cpu` and `ndarray` on built-in data in less
//! than a minute and writes `runs/portability/report.html`; it exits with 1 where an operation is beyond its bound.
//! See docs/portability.md.

use std::process::ExitCode;

use clap::Parser;
use taskgraft::portability::{Args, run};

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
