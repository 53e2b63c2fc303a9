//! The commands: what tasks and settings there are, whether data are in order, what predictions score, whether two
//! runs are the same, and whether a run comes out the same again. Each is a file that reads arguments, calls the
//! library, and prints.

mod diff;
mod reproduce;
mod score;
mod settings;
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
    /// Lists every setting with default, range and meaning, and the options of methods.
    Settings(settings::SettingsArgs),
    /// Scores predictions in a file: texts, labels, numbers, or SQuAD's JSON.
    Score(score::ScoreArgs),
    /// Says what differs between two runs, or the runs of two studies. Exit status: 0 equal, 1 different, 2 error.
    Diff(diff::DiffArgs),
    /// Makes a run, or a study's runs, again from its manifest and compares. Exit status as for `diff`.
    Reproduce(reproduce::ReproduceArgs),
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    end_with_the_reader();
    // As of diff(1): who asks whether runs are equal must be able to tell "no" from "could not find out".
    const COULD_NOT_COMPARE: u8 = 2;
    let (outcome, on_error) = match Cli::parse().command {
        Command::Tasks { command } => (tasks::run(command), ExitCode::FAILURE),
        Command::Settings(args) => (settings::run(&args).map(|()| true), ExitCode::FAILURE),
        Command::Score(args) => (score::run(&args).map(|()| true), ExitCode::FAILURE),
        Command::Diff(args) => (diff::run(&args), COULD_NOT_COMPARE.into()),
        Command::Reproduce(args) => (reproduce::run(&args), COULD_NOT_COMPARE.into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            on_error
        }
    }
}

/// Ends the program quietly where what it prints is no longer read, as in `taskgraft tasks list | head`.
fn end_with_the_reader() {
    #[cfg(unix)]
    {
        use std::sync::{Arc, atomic::AtomicBool};
        const AS_A_SHELL_SAYS_IT: i32 = 128 + signal_hook::consts::SIGPIPE;
        let always = Arc::new(AtomicBool::new(true));
        let pipe = signal_hook::consts::SIGPIPE;
        // Without it a closed pipe is a panic, as in any Rust program: worse, but no reason to stop.
        let _ = signal_hook::flag::register_conditional_shutdown(pipe, AS_A_SHELL_SAYS_IT, always);
    }
}
