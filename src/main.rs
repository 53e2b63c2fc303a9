//! The command-line tool beside the experiments: what tasks there are, whether data are in order, and what predictions
//! score.

mod score;
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
    /// Scores predictions in a file: texts, labels, numbers, or SQuAD's JSON.
    Score(score::ScoreArgs),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Tasks { command } => tasks::run(command),
        Command::Score(args) => score::run(&args).map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
