//! The same operations and small trainings on every backend that is compiled in: errors of each operation against its
//! definition in double precision, losses side by side, speed and memory.
//!
//! `cargo run --release --example portability --features ndarray` compares `cpu` and `ndarray` on built-in data in less
//! than a minute and writes `runs/portability/report.html`; it exits with 1 where an operation is beyond its bound.
//! See docs/portability.md. `tests/portability.rs` includes this file, and runs the tests of the files beside it.

mod args;
pub mod compare;
pub mod operations;
pub mod part;
mod report;
mod run;
mod tape;
pub mod training;
mod ulp;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match run::run(&args::Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
