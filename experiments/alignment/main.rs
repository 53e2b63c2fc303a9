//! Alignment: how close tasks are by their gradients, TAG's lookahead and the representations of their networks; whether
//! that predicts what they gain from being trained together; and the groups that each measure would train
//! (Sehanobish et al., 2022; Fifty et al., 2021; Standley et al., 2020).
//!
//! `cargo run --release --example alignment` runs on built-in tasks whose relations are known, pairs included; with
//! `--data GLUE_DIR --init ENCODER_DIR` on GLUE from a pretrained encoder.

use clap::Parser;
use taskgraft::{
    prelude::*,
    study::{AlignmentSettings, AlignmentStudy},
};

#[derive(Parser)]
#[command(
    about = "Alignment of tasks: gradients, representations, and what they say about training together"
)]
struct Args {
    #[command(flatten)]
    study: StudyArgs,
    /// Trains a network for each pair of tasks too: the transfer matrix; always so on the built-in tasks.
    #[arg(long)]
    pairs: bool,
    /// Networks that tasks are grouped into by each measure, and trained; 0 leaves grouping out.
    #[arg(long, value_name = "NETWORKS", default_value_t = 2)]
    budget: usize,
    /// Seeds that pairs and groups are trained with, if not all.
    #[arg(long, value_name = "N")]
    pair_seeds: Option<u64>,
    /// The most training examples of a task; pairs that are learned in both orders count twice.
    #[arg(long, value_name = "N")]
    train_examples: Option<usize>,
    /// The most dev examples of a task.
    #[arg(long, value_name = "N")]
    dev_examples: Option<usize>,
    /// Indices that representations are compared by, the main one first: unbiased_linear_cka, linear_cka, rbf_cka,
    /// mean_cca, svcca, pwcca, cosine.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    indices: Vec<String>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let (built_in, from_scratch) = (args.study.data.is_none(), args.study.init.is_none());
    let study = AlignmentStudy::new("alignment", args.study)?
        .tasks(["rte", "mrpc", "stsb", "cola", "qnli"])
        .pairs(args.pairs || built_in)
        .budget(args.budget)
        .pair_seeds(args.pair_seeds)
        .train_examples(args.train_examples)
        .dev_examples(args.dev_examples)
        .settings(|settings| {
            if from_scratch {
                small_and_quick(settings);
            }
            if !args.indices.is_empty() {
                settings.representations.indices.clone_from(&args.indices);
            }
        });
    study.run()?.report()
}

/// Sizes and rates with which an encoder of two layers learns the built-in tasks from scratch in seconds.
fn small_and_quick(settings: &mut AlignmentSettings) {
    settings.trunk.hidden = 96;
    let text = &mut settings.synthetic;
    (text.rich, text.moderate, text.scarce) = (1500, 1000, 300);
    for config in [&mut settings.single, &mut settings.multi] {
        config.max_length = 48;
        config.lr = 1.5e-3;
        config.epochs = 4.0;
    }
}
