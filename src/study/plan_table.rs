//! A study's plan as a table: what would be trained, from where, taught by whom, and what is finished.

use std::path::Path;

use super::{
    Planned, StageKey,
    plan::{Stages, start_of},
    runner::Runner,
};
use crate::Result;

/// Prints the stages of a study.
///
/// # Errors
/// If data or finished stages can't be read.
pub fn print(name: &str, runner: &Runner<'_>, stages: &Stages, out: &Path) -> Result<()> {
    let all: Vec<&Planned> = stages.iter().collect();
    let number =
        |key: &StageKey| all.iter().position(|stage| stage.key == *key).map_or(0, |i| i + 1);
    println!("{name}: {} stages, in {}\n", all.len(), out.display());
    // Digests are of tokenised data, which takes a while: not where nothing can be finished.
    let has_runs = runner.folders.any();
    let mut finished = 0;
    for stage in &all {
        let is_finished = has_runs && runner.finished(stage, stages)?.is_some();
        finished += usize::from(is_finished);
        let mut notes = Vec::new();
        if let Some(start) = start_of(stage) {
            notes.push(format!("starts from {}", number(start)));
        }
        let mut teachers: Vec<usize> = stage.teachers.values().map(number).collect();
        teachers.dedup();
        if !teachers.is_empty() {
            let teachers: Vec<String> = teachers.iter().map(ToString::to_string).collect();
            notes.push(format!("taught by {}", teachers.join(", ")));
        }
        if is_finished {
            notes.push("finished".into());
        }
        let tasks: Vec<&str> = stage.tasks.iter().map(|task| task.name.as_str()).collect();
        let tasks = match &tasks[..] {
            few if few.len() <= 8 => few.join(" + "),
            many => format!("{} + … ({} tasks)", many[..4].join(" + "), many.len()),
        };
        println!(
            "{:>4}  {}: {tasks}; {} of {}{}; seed {}{}{}",
            number(&stage.key),
            stage.name,
            length(runner, stage),
            stage.train.mixture.batch_size,
            // Of one task there is nothing to weigh.
            if stage.tasks.len() > 1 { format!(", {}", stage.method) } else { String::new() },
            stage.seed,
            if notes.is_empty() { "" } else { "; " },
            notes.join("; "),
        );
    }
    println!("\n{finished} of {} finished; nothing was run", all.len());
    Ok(())
}

/// The length of a stage: steps where they are given or follow from the sizes of its tasks.
fn length(runner: &Runner<'_>, stage: &Planned) -> String {
    let sizes: Result<Vec<usize>> =
        stage.tasks.iter().map(|task| runner.bench.size(task)).collect();
    match (stage.train.steps, sizes) {
        (Some(steps), _) => format!("{steps} steps"),
        (None, Ok(sizes)) => match stage.train.total_steps(&sizes) {
            Ok(steps) => format!("{steps} steps"),
            Err(_) => format!("{} epochs", stage.train.epochs),
        },
        (None, Err(_)) => format!("{} epochs", stage.train.epochs),
    }
}
