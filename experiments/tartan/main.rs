//! TARTAN (Dery et al., 2022): an end-task trained together with masked language modelling on its texts, under equal
//! (MT-TARTAN) or learned weights (META-TARTAN), against pre-training on the texts first.
//!
//! `cargo run --release --example tartan` runs on a built-in end-task with a helpful text, and with a task that helps
//! beside one that is noise; with `--data TARTAN_DIR --init ENCODER_DIR` on ACL-ARC and SciERC in their published
//! layout (`--tasks chemprot,hyperpartisan`: the other two). Any task can be the end-task, and any other task or text
//! can help it.

use clap::Parser;
use std::sync::Arc;

use taskgraft::{prelude::*, study::StudyReport, tasks::synthetic::EndTask};

pub use self::args::Args;
use self::{args::rows, rows::auxiliary};

mod args;
pub mod rows;
pub mod settings;

fn main() -> Result<()> {
    run(Args::parse())?.report()
}

/// Runs the experiment.
pub fn run(mut args: Args) -> Result<StudyReport> {
    // What the built-in data of this experiment are made of is a section of its own.
    for assignment in &mut args.study.set {
        if let Some(rest) = assignment.strip_prefix("synthetic.") {
            *assignment = format!("end_task.{rest}");
        }
    }
    let (built_in, from_scratch) = (!args.study.has_data(), args.study.init.is_none());
    let mut study = Study::new("tartan", args.study.clone())?;
    study.takes_methods();
    study.score(Split::Test).built_in(|settings, catalogue| {
        let suite = Arc::new(EndTask::new(settings.end_task.clone())?);
        Ok(catalogue.add_with_corpora(suite.clone(), suite)?)
    });
    study.settings(|settings| {
        settings::of_the_scripts(settings);
        if from_scratch {
            settings::small_and_quick(settings);
        }
        settings.shared_dev = args.shared_dev || args.as_released;
        settings.all_sections().for_each(|config| config.attend_padding = args.as_released);
    });
    let usual: &[&str] = if built_in { &["topic"] } else { &["citation_intent", "sciie"] };
    let end_tasks = study.tasks(usual)?;
    let shared_dev = study.resolved_settings()?.shared_dev;
    let end_tasks: Vec<TaskUse> = match shared_dev {
        true => end_tasks,
        false => end_tasks.into_iter().map(TaskUse::with_half_of_dev).collect(),
    };
    let rows = rows(&args, built_in)?;
    let mut names: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(|row| &row.auxiliaries) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let mut vocabulary = end_tasks.clone();
    for end_task in &end_tasks {
        for name in &names {
            vocabulary.push(auxiliary(study.catalogue()?, &end_task.name, name)?);
        }
    }
    study.vocabulary(&vocabulary);
    let (only_one, sweep) = (rows.len() == 1, rows::sweep(&rows));
    for row in rows {
        let (name, is_baseline) = (row.to_string(), row.is_end_task_only() || only_one);
        let mut uses = Vec::new();
        for end_task in &end_tasks {
            let of = |name: &String| auxiliary(study.catalogue()?, &end_task.name, name);
            let auxiliaries: Result<Vec<TaskUse>> = row.auxiliaries.iter().map(of).collect();
            uses.push((end_task.clone(), auxiliaries?));
        }
        study.recipe(name, move |plan| row.plan(plan, &uses));
        if is_baseline {
            study.baseline();
        }
    }
    study.note(match shared_dev {
        true => "Task weights are learned from the dev examples that networks are selected by.",
        false => {
            "Task weights are learned from one half of the dev set, networks selected by the other."
        }
    });
    let mut report = study.run()?;
    report.comparison.sweep = sweep;
    Ok(report)
}
