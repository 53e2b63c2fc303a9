//! BAM! Born-Again Multi-Task Networks (Clark et al., 2019): single-task teachers, and a multi-task student that is
//! taught by them with teacher annealing, against single-task and multi-task training on gold labels.
//!
//! `cargo run --release --example bam` runs on the built-in synthetic suite; with `--data GLUE_DIR --init ENCODER_DIR`
//! on GLUE from a pretrained encoder. The flags below are the paper's ablations (table 3), its chain of two rounds, and
//! the choice of rows.

use clap::Parser;
use taskgraft::{prelude::*, study::StudyReport};

#[derive(Parser)]
#[command(about = "BAM: born-again multi-task networks against single- and multi-task training")]
pub struct Args {
    #[command(flatten)]
    study: StudyArgs,
    /// Ablation: students learn from the teacher alone (λ = 0).
    #[arg(long, conflicts_with = "constant_lambda")]
    teacher_only: bool,
    /// Ablation: the gold label's weight λ stays at this value.
    #[arg(long, value_name = "λ")]
    constant_lambda: Option<f32>,
    /// Ablation: all layers learn at the same rate.
    #[arg(long)]
    no_layer_decay: bool,
    /// Ablation: tasks are mixed in proportion to their sizes, not to size^0.75.
    #[arg(long)]
    no_task_balancing: bool,
    /// Adds a second round: Single→Multi→Single→Multi.
    #[arg(long)]
    chain: bool,
    /// Runs only Single, Multi and Single→Multi.
    #[arg(long)]
    short: bool,
}

fn main() -> Result<()> {
    run(Args::parse())?.report()
}

/// Runs the experiment.
pub fn run(args: Args) -> Result<StudyReport> {
    let anneal = match (args.teacher_only, args.constant_lambda) {
        (true, _) => Anneal::TEACHER_ONLY,
        (_, Some(lambda)) => Anneal::Constant(lambda),
        _ => Anneal::Linear,
    };
    let (from_scratch, built_in) = (args.study.init.is_none(), !args.study.has_data());
    let mut study = Study::new("bam", args.study)?;
    study.seeds(2).settings(|settings| {
        if from_scratch {
            small_and_quick(settings);
        }
        for config in settings.all_sections() {
            if built_in {
                config.max_length = 48;
            }
            if args.no_layer_decay {
                config.layer_decay = 1.0;
            }
            if args.no_task_balancing {
                config.mixture.rate = Rate::Proportional;
            }
        }
    });
    let tasks = study.tasks(["rte", "mrpc", "cola", "stsb"])?;
    let taught = |student: Lineage, teacher: Lineage| student.taught_by(teacher).anneal(anneal);
    let (single, multi) = (Lineage::single, Lineage::multi);
    study.lineage(single(), &tasks).lineage(multi(), &tasks);
    if !args.short {
        study.lineage(taught(single(), single()), &tasks);
        study.lineage(taught(multi(), multi()), &tasks);
    }
    let born_again = taught(multi(), single());
    study.lineage(born_again.clone(), &tasks);
    if args.chain {
        study.lineage(taught(multi(), taught(single(), born_again)), &tasks);
    }
    study.lineages_of_args(&tasks)?;
    study.note("BAM reports medians of 20 seeds.");
    study.run()
}

/// Sizes and rates with which a trunk of two layers learns the built-in tasks from scratch in seconds.
fn small_and_quick(settings: &mut Settings) {
    settings.trunk.hidden = 96;
    settings.synthetic.rich = 1500;
    for config in settings.all_sections() {
        config.lr = 1.5e-3;
        config.layer_decay = 1.0;
        config.epochs = 4.0;
    }
    settings.section_mut("multi").epochs = 5.0;
}
