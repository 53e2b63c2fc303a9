//! The command-line tool beside the experiments. What its commands do stands in `cli/`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
