//! The command-line tool beside the experiments: what tasks there are, and whether data are in order.

mod tasks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about = "Multi-task learning for transformers")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tasks: what there is, what an example looks like, what is wrong with data.
    Tasks {
        #[command(subcommand)]
        command: tasks::TasksCommand,
    },
}

fn main() -> ExitCode {
    let Command::Tasks { command } = Cli::parse().command;
    match tasks::run(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
