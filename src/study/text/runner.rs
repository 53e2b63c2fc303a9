//! Runs a pre-training with one seed, and fine-tunes its network on each held-out task, each in its own folder.
//!
//! A stage's resolved config holds everything its outcome depends on; fine-tuning's holds the digest of the
//! pre-training. A stage whose folder holds the scores of exactly this config is not run again; one that was
//! interrupted goes on from its checkpoint.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::{module::Module, tensor::Device};
use serde::{Deserialize, Serialize};
use taskgraft_models::{hugging_face, t5::T5};
use taskgraft_tasks::mixture::{Balance, PaddingWaste, Rate};

use super::{PreTraining, ScratchT5, TextBench, TextSettings};
use crate::{
    Error, Result,
    device::Backend,
    evaluation::{TaskScores, mean_score},
    run_dir::{Manifest, RunDir, config_digest},
    study::TaskRate,
    train::{Combination, TaskData, TrainConfig, Trained, Trainer, View},
};

/// Runs pre-trainings and what follows them.
pub struct TextRunner<'a> {
    pub bench: &'a TextBench,
    pub settings: &'a TextSettings,
    pub out: &'a Path,
    pub backend: Backend,
    pub device: Device,
    pub view: View,
}

/// What a stage leaves behind, beside files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageResult {
    /// The dev scores of the evaluation with the best mean; none of pre-training, which is not scored.
    pub scores: Vec<TaskScores>,
    pub steps: u64,
    /// Time in training steps, evaluation excluded.
    pub step_seconds: f64,
    pub padding: PaddingWaste,
    /// Steps left out, since a loss or gradient was not finite.
    #[serde(default)]
    pub skipped: u64,
    pub rates: Vec<TaskRate>,
    /// Trained numbers in the network.
    pub parameters: usize,
}

/// A stage that has ended.
#[derive(Clone, Debug)]
pub struct Stage {
    pub folder: PathBuf,
    pub result: StageResult,
}

/// A pre-training and its fine-tunings.
#[derive(Clone, Debug)]
pub struct TextRun {
    pub method: PreTraining,
    pub seed: u64,
    /// `None` where there was none.
    pub pretraining: Option<Stage>,
    /// By held-out task, in the bench's order.
    pub finetuned: Vec<Stage>,
}

/// Everything the outcome of a stage depends on.
#[derive(Serialize)]
struct ResolvedConfig<'a> {
    taskgraft: &'static str,
    seed: u64,
    train: &'a TrainConfig,
    dropout: f64,
    /// Task and digests of its training and dev examples.
    tasks: BTreeMap<&'a str, [&'a str; 2]>,
    tokenizer: &'a str,
    init: Vec<&'a str>,
    trunk: Option<&'a ScratchT5>,
    /// Of the pre-training; empty before it.
    pretraining: &'a str,
    backend: Backend,
}

/// A stage to be run.
pub(super) struct Planned<'a> {
    /// The digest is added to its name.
    pub folder: PathBuf,
    pub label: &'a str,
    pub config: TrainConfig,
    pub dropout: f64,
    pub tasks: Vec<TaskData>,
    /// Digest of the pre-training; empty where there was none.
    pub pretraining: &'a str,
    pub seed: u64,
}

impl TextRunner<'_> {
    /// Pre-trains and fine-tunes, or reads what was left when that was done before.
    ///
    /// # Errors
    /// Anything that stops a training, or files that can't be read or written.
    pub fn run(&self, method: &PreTraining, seed: u64, position: &str) -> Result<TextRun> {
        let label = format!("{position} {method} seed {seed}");
        let folder = self.out.join(method.slug()).join(format!("seed-{seed}"));
        let settings = self.settings;
        let (pretraining, digest) = match self.mixture(*method) {
            None => (None, String::new()),
            Some((tasks, rates)) => {
                let mut config = settings.stage(&settings.pretrain);
                config.mixture.rate = Rate::Explicit(rates);
                config.mixture.balance = Balance::Sampling;
                let planned = Planned {
                    folder: folder.join("pretrain"),
                    label: &label,
                    config,
                    dropout: settings.pretrain_dropout,
                    tasks,
                    pretraining: "",
                    seed,
                };
                let start = || self.bench.t5(seed, settings.pretrain_dropout);
                let (stage, digest) = self.stage(&planned, start)?;
                (Some(stage), digest)
            }
        };
        let mut finetuned = Vec::new();
        for task in &self.bench.held_out {
            let label = format!("{label}: {}", task.spec.name);
            let planned = Planned {
                folder: folder.join(&task.spec.name),
                label: &label,
                config: settings.stage(&settings.finetune),
                dropout: settings.finetune_dropout,
                tasks: vec![task.clone()],
                pretraining: &digest,
                seed,
            };
            let dropout = settings.finetune_dropout;
            let start = || match &pretraining {
                None => self.bench.t5(seed, dropout),
                Some(stage) => {
                    let from = stage.folder.join("model");
                    let change =
                        |config: taskgraft_models::t5::T5Config| config.with_dropout(dropout);
                    Ok(hugging_face::load_t5_with(&from, &self.device, change)?.module)
                }
            };
            finetuned.push(self.stage(&planned, start)?.0);
        }
        Ok(TextRun { method: *method, seed, pretraining, finetuned })
    }

    /// Tasks and rates of a pre-training; `None` where there is none.
    fn mixture(&self, method: PreTraining) -> Option<(Vec<TaskData>, Vec<f64>)> {
        let supervised = method.tasks().map_or_else(Vec::new, |count| self.bench.tasks(count));
        let mut rates: Vec<f64> =
            supervised.iter().map(|task| task.size().min(self.settings.cap) as f64).collect();
        // Scores on the mixture's own tasks are not asked for, and would take longer than the steps.
        let unscored = |task: TaskData| TaskData { dev: vec![], ..task };
        let mut tasks: Vec<TaskData> = supervised.into_iter().map(unscored).collect();
        if method.denoises() {
            let sum: f64 = rates.iter().sum();
            rates.push(method.ratio().map_or(1.0, |ratio| ratio * sum));
            tasks.push(self.bench.denoising.clone());
        }
        (!tasks.is_empty()).then_some((tasks, rates))
    }

    /// Runs a stage, unless it was; also gives the digest of its resolved config.
    pub(super) fn stage(
        &self,
        planned: &Planned<'_>,
        start: impl FnOnce() -> Result<T5>,
    ) -> Result<(Stage, String)> {
        let digests = |t: &TaskData| -> [String; 2] {
            [
                t.fingerprint.clone(),
                if t.dev.is_empty() { String::new() } else { t.dev_fingerprint.clone() },
            ]
        };
        let all: Vec<(&str, [String; 2])> =
            planned.tasks.iter().map(|t| (t.spec.name.as_str(), digests(t))).collect();
        let tasks = all.iter().map(|(name, [train, dev])| (*name, [train.as_str(), dev.as_str()]));
        let config = ResolvedConfig {
            taskgraft: env!("CARGO_PKG_VERSION"),
            seed: planned.seed,
            train: &planned.config,
            dropout: planned.dropout,
            tasks: tasks.collect(),
            tokenizer: self.bench.tokenizer.fingerprint(),
            init: self.bench.init_files.iter().map(|f| f.sha256.as_str()).collect(),
            trunk: self.bench.init_files.is_empty().then_some(&self.settings.trunk),
            pretraining: planned.pretraining,
            backend: self.backend,
        };
        let digest = config_digest(&config)?;
        let short = &digest[..digest.len().min(8)];
        let run = RunDir::create(format!("{}-{short}", planned.folder.display()))?;
        let _lock = run.lock()?;
        let folder = run.path().to_path_buf();
        if let Some(finished) = run.finished::<StageResult>(&digest)? {
            println!("{:48} finished before, used again", planned.label);
            return Ok((Stage { folder, result: finished.scores }, digest));
        }
        run.write_config(&config)?;
        let features = Backend::compiled_in().iter().map(|b| b.name().to_string()).collect();
        let device = format!("{:?}", self.device);
        let mut manifest = Manifest::begin(features, self.backend.name(), &device, planned.seed);
        manifest.data.clone_from(&self.bench.sources);
        manifest.init.clone_from(&self.bench.init_files);
        manifest.tokenizer = Some(self.bench.tokenizer.fingerprint().to_string());
        run.write_manifest(&manifest)?;
        let trainer = Trainer {
            config: &planned.config,
            tasks: Arc::new(planned.tasks.clone()),
            combination: Combination::Average,
            pad: self.bench.tokenizer.pad_id(),
            seed: planned.seed,
            device: self.device.clone(),
            label: planned.label,
            view: self.view,
            folder: &folder,
            digest: &digest,
        };
        let trained = trainer.train(start()?)?;
        if let Some(t5) = trained.model.trunk.as_t5() {
            let to = folder.join("model");
            hugging_face::save_t5(t5, &to)?;
            self.bench.tokenizer.save(&to)?;
        }
        let result = sum_up(&trained, &planned.tasks);
        manifest.finished_at = Some(crate::run_dir::now_rfc3339());
        run.write_manifest(&manifest)?;
        run.finish(&digest, &result)?;
        if !planned.config.keep_checkpoints {
            let checkpoints = folder.join("checkpoints");
            std::fs::remove_dir_all(&checkpoints).map_err(Error::io(&checkpoints))?;
        }
        Ok((Stage { folder, result }, digest))
    }
}

fn sum_up(trained: &Trained, tasks: &[TaskData]) -> StageResult {
    let evaluations = trained.outcome.evaluations.iter().map(|(_, scores)| scores);
    let best = evaluations.max_by(|a, b| mean_score(a).total_cmp(&mean_score(b)));
    let realised = trained.rates.realised();
    let rate = |(index, task): (usize, &TaskData)| TaskRate {
        task: task.spec.name.clone(),
        examples: task.size(),
        requested: trained.rates.requested[index],
        realised: realised[index],
        loss_weight: trained.loss_weights[index],
    };
    StageResult {
        scores: best.cloned().unwrap_or_default(),
        steps: trained.outcome.steps,
        step_seconds: trained.outcome.step_seconds,
        padding: trained.outcome.waste,
        skipped: trained.outcome.skipped,
        rates: tasks.iter().enumerate().map(rate).collect(),
        parameters: trained.model.num_params(),
    }
}
