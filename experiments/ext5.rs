//! ExT5 (Aribandi et al., 2022): T5 pre-trained on denoising, on a mixture of supervised tasks, and on both at once,
//! then fine-tuned on tasks that no mixture holds.
//!
//! `cargo run --release --example ext5` runs on built-in tasks in words; with `--data DIR` on the registry's tasks and
//! the texts in `DIR/corpus`.

use clap::Parser;
use taskgraft::{
    prelude::*,
    study::{PreTraining, TextStudy},
};

#[derive(Parser)]
#[command(about = "ExT5: supervised tasks beside denoising in pre-training, against either alone")]
struct Args {
    #[command(flatten)]
    study: StudyArgs,
    /// Tasks to fine-tune on, which no mixture holds.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    held_out: Vec<String>,
    /// Examples of denoising for one of supervised tasks; several values are compared.
    #[arg(long, value_name = "R", value_delimiter = ',', default_value = "2")]
    ratio: Vec<f64>,
    /// Compares mixtures of so many tasks, chosen at random, a larger one holding the smaller ones.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',')]
    task_counts: Vec<usize>,
    /// Adds fine-tuning without pre-training.
    #[arg(long)]
    scratch: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let built_in = args.study.data.is_none();
    let mut study = TextStudy::new("ext5", args.study.clone())?
        .held_out(&args.held_out)
        .seeds(if built_in { 2 } else { 1 })
        .settings(|settings| {
            if built_in {
                settings.small_and_quick();
            }
        });
    if args.scratch {
        study = study.method(PreTraining::None);
    }
    study = study.method(PreTraining::Denoising).method(PreTraining::Supervised { tasks: None });
    for &count in &args.task_counts {
        study = study.method(PreTraining::Both { tasks: Some(count), ratio: args.ratio[0] });
    }
    for &ratio in &args.ratio {
        study = study.method(PreTraining::Both { tasks: None, ratio });
    }
    if args.ratio.len() > 1 {
        study = study.swept("R");
    } else if !args.task_counts.is_empty() {
        study = study.swept("number of tasks");
    }
    study.run()?.report()
}
