//! BAM! Born-Again Multi-Task Networks (Clark et al., 2019): single-task teachers, and a multi-task student that is
//! taught by them with teacher annealing, against single-task and multi-task training on gold labels.
//!
//! `cargo run --release --example bam` runs on the built-in synthetic suite; with `--data GLUE_DIR --init ENCODER_DIR`
//! on GLUE from a pretrained encoder. The flags below are the paper's ablations (table 3), its chain of two rounds, and
//! the choice of rows.

use clap::Parser;
use taskgraft::prelude::*;

#[derive(Parser)]
#[command(about = "BAM: born-again multi-task networks against single- and multi-task training")]
struct Args {
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
    let args = Args::parse();
    let anneal = match (args.teacher_only, args.constant_lambda) {
        (true, _) => Anneal::TEACHER_ONLY,
        (_, Some(lambda)) => Anneal::Constant(lambda),
        _ => Anneal::Linear,
    };
    let from_scratch = args.study.init.is_none();
    let built_in = args.study.data.is_none();
    let mut study = Study::new("bam", args.study)?
        .seeds(2)
        .tasks(["rte", "mrpc", "cola", "stsb"])
        .settings(|settings| {
            if from_scratch {
                small_and_quick(settings);
            }
            if built_in {
                (settings.single.max_length, settings.multi.max_length) = (48, 48);
            }
            for config in [&mut settings.single, &mut settings.multi] {
                if args.no_layer_decay {
                    config.layer_decay = 1.0;
                }
                if args.no_task_balancing {
                    config.mixture.rate = Rate::Proportional;
                }
            }
        })
        .method(Method::single())
        .method(Method::multi());
    let taught = |student: Method, teacher: Method| student.taught_by(teacher).anneal(anneal);
    if !args.short {
        study = study
            .method(taught(Method::single(), Method::single()))
            .method(taught(Method::multi(), Method::multi()));
    }
    let born_again = taught(Method::multi(), Method::single());
    study = study.method(born_again.clone());
    if args.chain {
        let second = taught(Method::single(), born_again);
        study = study.method(taught(Method::multi(), second));
    }
    study.run()?.report()
}

/// Sizes and rates with which an encoder of two layers learns the built-in tasks from scratch in seconds.
fn small_and_quick(settings: &mut Settings) {
    settings.trunk.hidden = 96;
    settings.synthetic.rich = 1500;
    for config in [&mut settings.single, &mut settings.multi] {
        config.lr = 1.5e-3;
        config.layer_decay = 1.0;
        config.epochs = 4.0;
    }
    settings.multi.epochs = 5.0;
}
