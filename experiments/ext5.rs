//! ExT5 (Aribandi et al., 2022): T5 pre-trained on denoising, on a mixture of supervised tasks, and on both at once,
//! then fine-tuned on tasks that no mixture holds.
//!
//! `cargo run --release --example ext5` runs on built-in tasks in words; with `--data DIR` on the registry's tasks and
//! the texts in `DIR/corpus`.

use clap::Parser;
use taskgraft::{
    prelude::*,
    study::{PreTraining, TextSettings, TextStudy},
    train::Decay,
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
                small_and_quick(settings);
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

/// Sizes and rates with which a T5 of two layers a stack learns the built-in tasks from scratch.
fn small_and_quick(settings: &mut TextSettings) {
    let trunk = &mut settings.trunk;
    (trunk.d_model, trunk.d_kv, trunk.d_ff, trunk.layers, trunk.heads) = (64, 16, 128, 2, 4);
    (trunk.vocabulary, trunk.sentinels) = (400, 20);
    (settings.row.inputs, settings.row.targets) = (64, 32);
    settings.synthetic.dev_size = 200;
    settings.pretrain.steps = Some(1500);
    settings.pretrain.decay = Decay::InverseSqrt(2_500);
    settings.finetune.steps = Some(200);
    settings.finetune.lr = 1e-2;
    settings.finetune_dropout = 0.0;
}
