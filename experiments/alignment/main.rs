//! Alignment: how close tasks are by their gradients, TAG's lookahead and the representations of their networks;
//! whether that predicts what they gain from being trained together; and the groups that each measure would train
//! (Sehanobish et al., 2022; Fifty et al., 2021; Standley et al., 2020).
//!
//! `cargo run --release --example alignment` runs on built-in tasks whose relations are known, pairs included; with
//! `--data GLUE_DIR --init ENCODER_DIR` on GLUE from a pretrained encoder.

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
    sync::Arc,
};

use clap::Parser;
use taskgraft::{
    prelude::*, run_dir::write_atomic, study::StudyReport, tasks::mixture::MixtureConfig,
};

use self::{
    affinities::Measure,
    groups::Choice,
    networks::stage,
    planted::Planted,
    prediction::Prediction,
    similarity::{Relation, Similarity},
    study::{Alignment, Wanted, measure},
};

mod affinities;
mod groups;
mod networks;
mod planted;
mod prediction;
mod report;
pub mod similarity;
pub mod study;

#[derive(Parser)]
#[command(
    about = "Alignment of tasks: gradients, representations, and what they say about training together"
)]
pub struct Args {
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
    run(Args::parse())?.report()
}

/// Runs the experiment.
pub fn run(args: Args) -> Result<StudyReport> {
    args.study.refuse(&["--method"])?;
    let (built_in, from_scratch) = (!args.study.has_data(), args.study.init.is_none());
    let mut study = Study::new("alignment", args.study.clone())?;
    study.takes_methods();
    study.seeds(2).built_in(|settings, catalogue| {
        Ok(catalogue.add(Arc::new(Planted::new(settings.synthetic.clone())?))?)
    });
    study.settings(|settings| {
        every_task_as_often(settings);
        if from_scratch {
            small_and_quick(settings);
        }
        if !args.indices.is_empty() {
            settings.representations.indices.clone_from(&args.indices);
        }
        settings.train_examples = args.train_examples.or(settings.train_examples);
        settings.dev_examples = args.dev_examples.or(settings.dev_examples);
    });
    let tasks = study.tasks(["rte", "mrpc", "stsb", "cola", "qnli"])?;
    if tasks.len() < 2 {
        return Err(Error::Usage(
            "alignment is between tasks: name at least two with `--tasks`".into(),
        ));
    }
    study.lineage(Lineage::single(), &tasks);
    let all = tasks.clone();
    study.recipe("Multi", move |plan| plan.together(stage(plan, &all, all.len()))).baseline();
    let wanted = Wanted {
        pairs: args.pairs || built_in,
        budget: args.budget,
        pair_seeds: args.pair_seeds,
        is_planted: built_in,
    };
    let (seen, found) = (Rc::new(OnceCell::new()), Rc::new(RefCell::new(None::<Alignment>)));
    let measured = found.clone();
    study.unlisted("alignment", move |plan| {
        // It is of all seeds together.
        if plan.seeds().first() == Some(&plan.seed()) {
            *measured.borrow_mut() = Some(measure(plan, &tasks, &wanted, &seen)?);
        }
        Ok(Row::default())
    });
    study.section(move |finished| {
        let Some(alignment) = found.borrow_mut().take() else { return Ok(vec![]) };
        let json = serde_json::to_vec(&alignment)
            .map_err(|e| Error::Usage(format!("the alignment can't be written: {e}")))?;
        write_atomic(&finished.out().join("alignment.json"), &json)?;
        Ok(report::sections(&alignment, finished.settings()))
    });
    study.run()
}

/// Every task is seen equally often in every network it is in.
fn every_task_as_often(settings: &mut Settings) {
    let mixture = MixtureConfig { rate: Rate::Proportional, ..MixtureConfig::default() };
    let config = TrainConfig { mixture, layer_decay: 1.0, ..TrainConfig::default() };
    settings.set_sections(["single", "multi"], &config);
}

/// Sizes and rates with which a trunk of two layers learns the built-in tasks from scratch in seconds.
fn small_and_quick(settings: &mut Settings) {
    settings.trunk.hidden = 96;
    let text = &mut settings.synthetic;
    (text.rich, text.moderate, text.scarce) = (1500, 1000, 300);
    for config in settings.all_sections() {
        config.max_length = 48;
        config.lr = 1.5e-3;
        config.epochs = 4.0;
    }
}
