//! ExT5's study of transfer (Aribandi et al., 2022): families of tasks trained in pairs, and a table of which helps
//! which.
//!
//! `cargo run --release --example transfer` runs on built-in tasks in words, each a family; with `--data DIR` on the
//! registry's tasks in ExMix's families, of which `--tasks` picks some.

use clap::Parser;
use taskgraft::{prelude::*, study::TransferStudy};

#[derive(Parser)]
#[command(
    about = "Families of tasks trained in pairs: which helps which",
    mut_arg("data", |arg| arg.help("Folder that holds glue/, superglue/, t2t/ or exmix/; without it built-in tasks")),
    mut_arg("init", |arg| arg.help("Pretrained T5 in Hugging Face layout; without it a T5 1.1 is trained from scratch")),
    mut_arg("steps", |arg| arg.help("Optimiser steps of a family alone; pairs have twice as many")),
    mut_arg("seeds", |arg| arg.help("Number of seeds every training is run with, in place of 1")),
    mut_arg("set", |arg| arg.help("Changes a setting, for example `finetune.lr=1e-3`, `row.inputs=64` or `max_dev=200`")),
    // Refused, with the reason, where they are given.
    mut_arg("epochs", |arg| arg.hide(true)),
    mut_arg("method", |arg| arg.hide(true))
)]
struct Args {
    #[command(flatten)]
    study: StudyArgs,
}

fn main() -> Result<()> {
    let args = Args::parse().study;
    let built_in = args.data.is_none();
    let study = TransferStudy::new("transfer", args)?.settings(|settings| {
        settings.finetune.evaluations = 1;
        settings.finetune.select = Select::Last;
        if built_in {
            settings.small_and_quick();
            settings.finetune.steps = Some(250);
            settings.synthetic.dev_size = 150;
        }
    });
    study.run()?.report()
}
