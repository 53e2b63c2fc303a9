//! ExT5's study of transfer (Aribandi et al., 2022): families of tasks trained in pairs, and a table of which helps
//! which.
//!
//! `cargo run --release --example transfer` runs on built-in tasks in words, each a family; with `--data DIR` on the
//! registry's tasks in ExMix's families, of which `--tasks` picks some.

use clap::Parser;
use taskgraft::{prelude::*, study::TransferStudy};

fn main() -> Result<()> {
    let args = StudyArgs::parse();
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
