//! TARTAN (Dery et al., 2022): an end-task trained together with masked language modelling on its texts, under equal
//! (MT-TARTAN) or learned weights (META-TARTAN), against pre-training on the texts first.
//!
//! `cargo run --release --example tartan` runs on a built-in end-task with a helpful and a noise text; with
//! `--data TARTAN_DIR --init ENCODER_DIR` on ACL-ARC, SciERC, ChemProt and Hyperpartisan in their published layout.

use clap::Parser;
use taskgraft::{
    methods::{LearnedWeights, TaskWeights},
    prelude::*,
    study::{EndTaskMethod, EndTaskSettings, EndTaskStudy, assign},
};

#[derive(Parser)]
#[command(about = "TARTAN: end-task-aware training against pre-training, then fine-tuning")]
struct Args {
    #[command(flatten)]
    study: StudyArgs,
    /// Texts to learn from, the task's own first; by default `task` and the smallest domain text, or the built-in
    /// helpful and noise texts.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    texts: Vec<String>,
    /// Share of each domain text that is used.
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    domain_fraction: f64,
    /// Learns task weights from the dev examples that networks are selected by, in place of halves of the dev set.
    #[arg(long)]
    shared_dev: bool,
    /// Changes how META-TARTAN learns weights, for example `rule.lr=1`, `rule.alignment=dot`, `dev.refit_every=5` or
    /// `dev.source=held_out_train`.
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    meta: Vec<String>,
    /// Takes the released code's choices: no softmax Jacobian, dropout in the dev gradient, the language model's head
    /// compared, a dev head fitted in 10 steps at a tenth of the rate, one dev set for all.
    #[arg(long)]
    as_released: bool,
    /// Adds weights drawn at random.
    #[arg(long)]
    random: bool,
    /// Adds given weights, the end-task's first.
    #[arg(long, value_name = "WEIGHTS", value_delimiter = ',')]
    weights: Vec<f64>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let (built_in, from_scratch) = (args.study.data.is_none(), args.study.init.is_none());
    let names: Vec<&str> = match &args.texts[..] {
        [] if built_in => vec!["domain", "noise"],
        [] => vec!["task", "domain.1x"],
        texts => texts.iter().map(String::as_str).collect(),
    };
    let mut study = EndTaskStudy::new("tartan", args.study.clone())?
        .tasks(["citation_intent", "sciie"])
        .settings(|settings| {
            if from_scratch {
                small_and_quick(settings);
            }
            settings.domain_fraction = args.domain_fraction;
            settings.shared_dev = args.shared_dev || args.as_released;
        })
        .method(EndTaskMethod::EndTaskOnly);
    for name in &names {
        study = study.method(EndTaskMethod::pre_train(&[name]));
    }
    if names.len() > 1 {
        // From the most distant text to the task's own, as DAPT+TAPT.
        let order: Vec<&str> = names.iter().rev().copied().collect();
        study = study.method(EndTaskMethod::pre_train(&order));
    }
    study = study.method(EndTaskMethod::mt(&names)).method(together(&names, learned(&args)?));
    if args.random {
        study = study.method(together(&names, TaskWeights::Random));
    }
    if !args.weights.is_empty() {
        study =
            study.method(together(&names, TaskWeights::Fixed { weights: args.weights.clone() }));
    }
    study.run()?.report()
}

fn together(texts: &[&str], weights: TaskWeights) -> EndTaskMethod {
    EndTaskMethod::Together { texts: texts.iter().map(ToString::to_string).collect(), weights }
}

fn learned(args: &Args) -> Result<TaskWeights> {
    let mut learned = match args.as_released {
        true => LearnedWeights::as_released(),
        false => LearnedWeights::default(),
    };
    for assignment in &args.meta {
        assign(&mut learned, assignment, &[])?;
    }
    Ok(TaskWeights::Learned(learned))
}

/// Sizes and rates with which an encoder of two layers learns the built-in end-task from scratch.
fn small_and_quick(settings: &mut EndTaskSettings) {
    settings.trunk.hidden = 64;
    let text = &mut settings.synthetic;
    (text.topic_words, text.common_words) = (24, 24);
    (text.shortest, text.longest) = (16, 24);
    (text.topicality, text.train_size) = (0.3, 24);
    for config in settings.stages() {
        config.max_length = 32;
        config.lr = 2e-3;
    }
    settings.train.steps = Some(800);
    settings.pretrain.steps = Some(800);
    settings.finetune.lr = 1e-4;
}
