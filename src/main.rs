//! The command-line tool beside the experiments: what tasks there are, whether data are in order, and what predictions
//! score.

mod score;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use taskgraft::{
    Result,
    tasks::{
        Example, Split, Target, Task, TaskSpec, Text,
        glue::Glue,
        suite::Suite,
        synthetic::{Synthetic, SyntheticConfig},
    },
};

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
        command: TasksCommand,
    },
    /// Scores predictions in a file: texts, labels, numbers, or SQuAD's JSON.
    Score(score::ScoreArgs),
}

#[derive(Subcommand)]
enum TasksCommand {
    /// Lists all tasks with family, target and metrics.
    List,
    /// Shows sizes and first examples of a task.
    Show {
        /// Name of the task.
        task: String,
        /// Folder of GLUE in its published layout; without it the task is one of the synthetic suite.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Reads every task that DIR has and says what is wrong with it.
    Check {
        /// Folder of GLUE in its published layout.
        data: PathBuf,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Tasks { command } => tasks(command),
        Command::Score(args) => score::run(&args).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn tasks(command: TasksCommand) -> Result<ExitCode> {
    match command {
        TasksCommand::List => list().map(|()| ExitCode::SUCCESS),
        TasksCommand::Show { task, data } => show(&task, data),
        TasksCommand::Check { data } => Ok(check(data)),
    }
}

fn synthetic() -> Result<Synthetic> {
    Ok(Synthetic::new(SyntheticConfig::default())?)
}

fn list() -> Result<()> {
    println!("{:10} {:14} {:14} {:24} metrics", "suite", "task", "family", "target");
    let glue: &dyn Suite = &Glue::new("");
    for suite in [&synthetic()? as &dyn Suite, glue] {
        for spec in suite.specs() {
            println!(
                "{:10} {:14} {:14} {:24} {}",
                spec.suite,
                spec.name,
                format!("{:?}", spec.family).to_lowercase(),
                target(&spec),
                metrics(&spec)
            );
        }
    }
    Ok(())
}

fn target(spec: &TaskSpec) -> String {
    use taskgraft::tasks::TargetKind::{Class, Score, Tags, Text, Tokens};
    match &spec.kind {
        Class { labels } if labels.len() <= 3 => labels.join("|").chars().take(40).collect(),
        Class { labels } => format!("{} classes", labels.len()),
        Score { min, max } => format!("score {min} to {max}"),
        Tags { labels } => format!("{} tags", labels.len()),
        Tokens { vocabulary } => format!("tokens of {vocabulary}"),
        Text { .. } => "text".to_string(),
    }
}

fn metrics(spec: &TaskSpec) -> String {
    spec.metrics.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn show(name: &str, data: Option<PathBuf>) -> Result<ExitCode> {
    let task = match data {
        Some(dir) => Glue::new(dir).load(name)?,
        None => synthetic()?.load(name)?,
    };
    println!("{}/{}: {}; {}", task.spec.suite, name, target(&task.spec), metrics(&task.spec));
    sizes(&task);
    for example in task.split(Split::Train).iter().take(5) {
        println!("\n  {}", text(example).replace('\n', "\n  "));
        println!("  = {}", gold(&task.spec, example));
    }
    Ok(ExitCode::SUCCESS)
}

fn sizes(task: &Task) {
    for (split, examples) in &task.splits {
        let labelled = examples.iter().filter(|e| e.target.is_some()).count();
        println!("{split:16} {:>8} examples, {labelled} labelled", examples.len());
    }
}

fn text(example: &Example) -> String {
    match &example.text {
        Text::One(text) => text.clone(),
        Text::Two(a, b) => format!("{a}\n{b}"),
        Text::Words(words) => words.join(" "),
    }
}

fn gold(spec: &TaskSpec, example: &Example) -> String {
    use taskgraft::tasks::TargetKind::{Class, Tags};
    match (&spec.kind, &example.target) {
        (Class { labels }, Some(Target::Class(label))) => labels[*label].clone(),
        (Tags { labels }, Some(Target::Tags(tags))) => {
            tags.iter().map(|&t| labels[t].as_str()).collect::<Vec<_>>().join(" ")
        }
        (_, Some(Target::Score(score))) => score.to_string(),
        (_, target) => format!("{target:?}"),
    }
}

fn check(data: PathBuf) -> ExitCode {
    let suite = Glue::new(&data);
    let (mut found, mut problems) = (0, 0);
    for spec in suite.specs() {
        if suite.folder(&spec.name).is_none_or(|folder| !folder.is_dir()) {
            println!("{:12} not there", spec.name);
            continue;
        }
        found += 1;
        match suite.load(&spec.name) {
            Ok(task) => {
                let all: usize = task.splits.values().map(Vec::len).sum();
                println!("{:12} {all:>8} examples in {} splits", spec.name, task.splits.len());
            }
            Err(error) => {
                problems += 1;
                println!("{:12} {error}", spec.name);
            }
        }
    }
    if found == 0 {
        println!(
            "{} holds no task: a GLUE folder holds one folder a task, as in RTE/train.tsv",
            data.display()
        );
    }
    if found > 0 && problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
