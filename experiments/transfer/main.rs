//! ExT5's study of transfer (Aribandi et al., 2022): families of tasks trained in pairs, and a table of which helps
//! which.
//!
//! `cargo run --release --example transfer` runs on built-in tasks in words, each a family; with `--data DIR` on the
//! registry's tasks in ExMix's families, of which `--tasks` picks some.

use std::collections::BTreeMap;

use clap::Parser;
use taskgraft::{
    prelude::*,
    study::{Source, StudyReport},
    tasks::Family,
};

use self::table::table;

mod table;
#[path = "../text_to_text/mod.rs"]
mod text_to_text;

#[derive(Parser)]
#[command(
    about = "Families of tasks trained in pairs: which helps which",
    mut_arg("steps", |arg| arg.help("Optimiser steps of a family alone; pairs have twice as many")),
    mut_arg("seeds", |arg| arg.help("Number of seeds every training is run with, in place of 1")),
    mut_arg("set", |arg| arg.help("Changes a setting, for example `finetune.lr=1e-3`, `row.inputs=64` or `max_dev=200`")),
    // Refused, with the reason, where they are given.
    mut_arg("epochs", |arg| arg.hide(true)),
    mut_arg("method", |arg| arg.hide(true))
)]
pub struct Args {
    #[command(flatten)]
    study: StudyArgs,
}

/// A family with its tasks.
type Tasks = (Family, Vec<TaskUse>);

fn main() -> Result<()> {
    run(Args::parse())?.report()
}

/// Runs the experiment.
pub fn run(args: Args) -> Result<StudyReport> {
    let args = args.study;
    args.refuse(&["--method", "--epochs"])?;
    let built_in = !args.has_data();
    let mut study = Study::new("transfer", args.clone())?;
    study.takes_methods();
    study.form(Form::InWords).seeds(1).settings(|settings| {
        text_to_text::of_t5(settings);
        let finetune = settings.section_mut("finetune");
        (finetune.evaluations, finetune.select) = (1, Select::Last);
        if built_in {
            text_to_text::small_and_quick(settings);
            settings.section_mut("finetune").steps = Some(250);
            settings.synthetic.dev_size = 150;
        }
        // A family alone is trained as `finetune` says.
        settings.sections.remove("pretrain");
        let steps = settings.section("finetune").steps;
        settings.section_mut("finetune").steps = args.steps.or(steps);
    });
    if study.resolved_settings()?.section("finetune").steps.is_none() {
        return Err(Error::Usage(
            "this experiment counts steps; give them with `--steps N`".into(),
        ));
    }
    let names = match args.tasks.is_empty() {
        true => text_to_text::all_but(study.catalogue()?, &[]),
        false => args.tasks.clone(),
    };
    let tasks = study.uses(&names)?;
    let families = families(&mut study, &tasks, built_in)?;
    let mut vocabulary = tasks.clone();
    vocabulary.push(TaskUse::denoising());
    study.vocabulary(&vocabulary).texts_of(&tasks);
    let scored: Vec<TaskUse> = families.iter().flat_map(|(_, tasks)| tasks.clone()).collect();
    study.columns(&scored);
    for (i, first) in families.iter().enumerate() {
        for second in &families[i..] {
            let pair = if first == second {
                vec![first.clone()]
            } else {
                vec![first.clone(), second.clone()]
            };
            study.unlisted(name_of(&pair), move |plan| train(plan, &pair));
        }
    }
    let mut report = study.run_with(|finished| table(finished, &families))?;
    report.comparison.summary = Some(
        "Rows: the family trained beside; columns: the mean score of a family's tasks; on the diagonal, the family alone \
         for half the steps."
            .into(),
    );
    Ok(report)
}

fn name_of(families: &[Tasks]) -> String {
    let names: Vec<&str> = families.iter().map(|(family, _)| family.name()).collect();
    names.join(" and ")
}

/// Tasks with dev examples by family: ExMix's for data, the grammar's own otherwise.
fn families(study: &mut Study<'_>, tasks: &[TaskUse], built_in: bool) -> Result<Vec<Tasks>> {
    let mut families: BTreeMap<Family, Vec<TaskUse>> = BTreeMap::new();
    for task in tasks {
        let catalogue = study.catalogue()?;
        let Source::Task(name) = &task.source else { continue };
        let loaded = catalogue.load(name, Form::InWords)?;
        if !loaded.split(taskgraft::tasks::Split::Dev).is_empty() {
            let family = loaded.spec.family;
            let family = if built_in { family } else { family.in_exmix() };
            families.entry(family).or_default().push(task.clone());
        }
    }
    match families.len() {
        0 | 1 => Err(Error::Usage(
            "transfer needs tasks of at least two families; name more with `--tasks`".into(),
        )),
        _ => Ok(families.into_iter().collect()),
    }
}

/// Trains two families together for twice the steps, or one alone.
fn train(plan: &mut Plan<'_>, families: &[Tasks]) -> Result<Row> {
    let mut tasks = Vec::new();
    for (_, of_family) in families {
        let mut sizes = Vec::new();
        for task in of_family {
            sizes.push(plan.size(task)?.min(plan.settings().cap) as f64);
        }
        let all: f64 = sizes.iter().sum();
        tasks.extend(of_family.iter().zip(sizes).map(|(task, size)| task.clone().rate(size / all)));
    }
    let (dropout, times) = (plan.settings().finetune_dropout, families.len() as u64);
    let stage = Stage::train(tasks).trained_as("finetune").dropout(dropout).on("all");
    plan.together(stage.with(move |config| config.steps = config.steps.map(|steps| steps * times)))
}
