//! Runs one method on one end-task with one seed: pre-training where the method wants it, training, a last fine-tuning
//! at a low rate, and the score on the test set.
//!
//! Each stage trains in a folder of its own and is resumed there; the run counts as finished when the test score is on
//! disk.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::{data::dataloader::DataLoader, tensor::Device, train::Interrupter};
use serde::{Deserialize, Serialize};
use taskgraft_models::{Trunk, hugging_face};
use taskgraft_tasks::mixture::permute;

use super::{EndTaskMethod, EndTaskSettings, bench::EndTaskBench};
use crate::{
    Error, Result,
    device::Backend,
    evaluation::{TaskScores, collect, score, write_predictions},
    methods::{DevSource, TaskWeights},
    run_dir::{Manifest, RunDir, config_digest},
    train::{
        Combination, EvalBatch, EvalLoader, LoaderSettings, MultiTask, TaskData, TrainConfig,
        Trained, Trainer, View, combine::DevExamples,
    },
};

/// The stage on the end-task, alone or with texts.
pub const TRAIN: &str = "train";

/// Runs methods on end-tasks.
pub struct EndTaskRunner<'a> {
    pub settings: &'a EndTaskSettings,
    pub out: &'a Path,
    pub backend: Backend,
    pub device: Device,
    pub view: View,
}

/// What a run leaves behind, beside files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndTaskResult {
    /// Scores on the dev examples that the weights were selected by.
    pub dev: TaskScores,
    pub test: TaskScores,
    /// Optimiser steps of all stages.
    pub steps: u64,
    /// Time in training steps, evaluation excluded.
    pub step_seconds: f64,
    /// Steps of all stages left out, since a loss or gradient was not finite.
    #[serde(default)]
    pub skipped: u64,
    /// Whether the last fine-tuning was better on dev, and kept.
    pub finetuned: bool,
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct EndTaskRun {
    pub method: EndTaskMethod,
    pub task: String,
    pub seed: u64,
    pub folder: PathBuf,
    pub result: EndTaskResult,
}

/// Everything the outcome of a run depends on.
#[derive(Serialize)]
struct ResolvedConfig<'a> {
    taskgraft: &'static str,
    method: &'a EndTaskMethod,
    seed: u64,
    settings: &'a EndTaskSettings,
    task: [&'a str; 2],
    auxiliaries: Vec<&'a str>,
    tokenizer: &'a str,
    init: Vec<&'a str>,
    backend: Backend,
}

/// A run in the making.
struct Stages<'a> {
    runner: &'a EndTaskRunner<'a>,
    bench: &'a EndTaskBench,
    folder: &'a Path,
    digest: &'a str,
    label: &'a str,
    seed: u64,
    steps: u64,
    seconds: f64,
    skipped: u64,
}

impl EndTaskRunner<'_> {
    /// Runs a method, or reads what it left when it was run before.
    ///
    /// # Errors
    /// Anything that stops a training, or files that can't be read or written.
    pub fn run(
        &self,
        method: &EndTaskMethod,
        seed: u64,
        bench: &EndTaskBench,
        position: &str,
    ) -> Result<EndTaskRun> {
        let config = ResolvedConfig {
            taskgraft: env!("CARGO_PKG_VERSION"),
            method,
            seed,
            settings: self.settings,
            task: [&bench.task.fingerprint, &bench.task.dev_fingerprint],
            auxiliaries: method
                .auxiliaries()
                .iter()
                .map(|name| bench.auxiliaries[name].fingerprint.as_str())
                .collect(),
            tokenizer: bench.encoder.fingerprint(),
            init: bench.init_files.iter().map(|f| f.sha256.as_str()).collect(),
            backend: self.backend,
        };
        let digest = config_digest(&config)?;
        let task = &bench.task.spec.name;
        let short = &digest[..digest.len().min(8)];
        let folder = self.out.join(method.slug()).join(format!("seed-{seed}"));
        let run = RunDir::create(folder.join(format!("{task}-{short}")))?;
        let _lock = run.lock()?;
        let label = format!("{position} {method} {task} seed {seed}");
        let done = |result, folder: &Path| EndTaskRun {
            method: method.clone(),
            task: task.clone(),
            seed,
            folder: folder.into(),
            result,
        };
        if let Some(finished) = run.finished::<EndTaskResult>(&digest)? {
            println!("{label:48} finished before, used again");
            return Ok(done(finished.scores, run.path()));
        }
        run.write_config(&config)?;
        let features = Backend::compiled_in().iter().map(|b| b.name().to_string()).collect();
        let device = format!("{:?}", self.device);
        let mut manifest = Manifest::begin(features, self.backend.name(), &device, seed);
        manifest.data.clone_from(&bench.sources);
        manifest.init.clone_from(&bench.init_files);
        manifest.tokenizer = Some(bench.encoder.fingerprint().to_string());
        run.write_manifest(&manifest)?;
        let stages = Stages {
            runner: self,
            bench,
            folder: run.path(),
            digest: &digest,
            label: &label,
            seed,
            steps: 0,
            seconds: 0.0,
            skipped: 0,
        };
        let result = stages.all(method)?;
        manifest.finished_at = Some(crate::run_dir::now_rfc3339());
        run.write_manifest(&manifest)?;
        run.finish(&digest, &result)?;
        Ok(done(result, run.path()))
    }
}

impl Stages<'_> {
    fn all(mut self, method: &EndTaskMethod) -> Result<EndTaskResult> {
        let settings = self.runner.settings;
        let mut trunk = Trunk::from(self.bench.trunk(self.seed)?);
        let mut tasks = vec![self.bench.task.clone()];
        let (mut weights, mut by_name) = (TaskWeights::Equal, None);
        match method {
            EndTaskMethod::EndTaskOnly => {}
            EndTaskMethod::PreTrain { auxiliaries } => {
                for name in auxiliaries {
                    let data = vec![self.bench.auxiliaries[name].clone()];
                    let stage = format!("pretrain-{name}");
                    let specs = [data[0].spec.clone()];
                    let model = MultiTask::new(trunk, &specs, self.seed, &self.runner.device);
                    let config = &settings.pretrain;
                    trunk =
                        self.stage(&stage, config, data, Combination::Average, model)?.model.trunk;
                }
            }
            EndTaskMethod::Together { auxiliaries, weights: of_method } => {
                tasks.extend(auxiliaries.iter().map(|name| self.bench.auxiliaries[name].clone()));
                weights = of_method.clone();
            }
            EndTaskMethod::Weighted { auxiliaries, weighting } => {
                tasks.extend(auxiliaries.iter().map(|name| self.bench.auxiliaries[name].clone()));
                by_name = Some(weighting.clone());
            }
        }
        let dev = self.dev_examples(&weights, &mut tasks[0]);
        let specs: Vec<_> = tasks.iter().map(|t| t.spec.clone()).collect();
        let model = MultiTask::new(trunk, &specs, self.seed, &self.runner.device);
        let config = self.train_config(tasks[0].train.len());
        let combination = match by_name {
            Some(weighting) => Combination::Weighted(weighting),
            None => Combination::EndTask { weights, dev },
        };
        let trained = self.stage(TRAIN, &config, tasks, combination, model)?;
        let best = best_dev(&trained)?;
        let model =
            MultiTask::with_head(trained.model.trunk.clone(), trained.model.head(0).clone());
        let (model, dev, finetuned) = self.finetune(model, best)?;
        let test = self.keep(&model)?;
        for stage in std::fs::read_dir(self.folder).map_err(Error::io(self.folder))? {
            let checkpoints = stage.map_err(Error::io(self.folder))?.path().join("checkpoints");
            if checkpoints.is_dir() && !settings.train.keep_checkpoints {
                std::fs::remove_dir_all(&checkpoints).map_err(Error::io(&checkpoints))?;
            }
        }
        let (steps, step_seconds, skipped) = (self.steps, self.seconds, self.skipped);
        Ok(EndTaskResult { dev, test, steps, step_seconds, skipped, finetuned })
    }

    /// The training's config with its number of steps, which is the same for every method: epochs are passes over the
    /// end-task.
    fn train_config(&self, examples: usize) -> TrainConfig {
        let mut config = self.runner.settings.train.clone();
        if config.steps.is_none() {
            let steps = config.epochs * examples as f64 / config.mixture.batch_size as f64;
            config.steps = Some((steps as u64).max(1));
        }
        config
    }

    /// Examples for the dev head; held-out ones are taken from the task.
    fn dev_examples(&self, weights: &TaskWeights, task: &mut TaskData) -> DevExamples {
        let source = match weights {
            TaskWeights::Learned(learned) => learned.dev.source,
            _ => DevSource::Dev,
        };
        let dev = TaskData { train: self.bench.meta_dev.clone(), dev: vec![], ..task.clone() };
        let (train, dev) = (Arc::new(task.clone()), Arc::new(dev));
        match source {
            DevSource::Dev => DevExamples { fit: dev.clone(), gradient: dev },
            DevSource::HeadOnTrain => DevExamples { fit: train, gradient: dev },
            DevSource::HeldOutTrain => {
                let count = task.train.len();
                let held: Vec<usize> =
                    (0..count / 10).map(|i| permute(self.seed, count, i)).collect();
                let out = held.iter().map(|&i| task.train[i].clone()).collect();
                let mut index = 0;
                task.train.retain(|_| {
                    index += 1;
                    !held.contains(&(index - 1))
                });
                let held = Arc::new(TaskData { train: out, dev: vec![], ..task.clone() });
                DevExamples { fit: held.clone(), gradient: held }
            }
        }
    }

    fn stage(
        &mut self,
        name: &str,
        config: &TrainConfig,
        tasks: Vec<TaskData>,
        combination: Combination,
        model: MultiTask,
    ) -> Result<Trained> {
        let folder = RunDir::create(self.folder.join(name))?;
        let label = format!("{}: {name}", self.label);
        let trainer = Trainer {
            config,
            tasks: Arc::new(tasks),
            combination,
            pad: self.bench.encoder.pad_id(),
            seed: self.seed,
            device: self.runner.device.clone(),
            label: &label,
            view: self.runner.view,
            folder: folder.path(),
            digest: self.digest,
        };
        let trained = trainer.train_on(model)?;
        self.steps += trained.outcome.steps;
        self.seconds += trained.outcome.step_seconds;
        self.skipped += trained.outcome.skipped;
        Ok(trained)
    }

    /// The network after a last fine-tuning where that is better on dev, else as it was.
    fn finetune(
        &mut self,
        model: MultiTask,
        before: TaskScores,
    ) -> Result<(MultiTask, TaskScores, bool)> {
        let config = self.runner.settings.finetune.clone();
        if config.steps.unwrap_or(1) == 0 || (config.steps.is_none() && config.epochs == 0.0) {
            return Ok((model, before, false));
        }
        let tasks = vec![self.bench.task.clone()];
        let tuned = self.stage("finetune", &config, tasks, Combination::Average, model.clone())?;
        let after = best_dev(&tuned)?;
        match after.main() > before.main() {
            true => Ok((tuned.model, after, true)),
            false => Ok((model, before, false)),
        }
    }

    /// Saves the network and its test predictions, and scores them.
    fn keep(&self, model: &MultiTask) -> Result<TaskScores> {
        let data = &self.bench.task;
        let to = self.folder.join("model");
        let head = crate::train::description(&data.spec);
        hugging_face::save_model(&model.to_model(0), &head, &to)?;
        self.bench.encoder.save(&to)?;
        let config = &self.runner.settings.train;
        let tested = TaskData { dev: self.bench.test.clone(), ..data.clone() };
        let loader: Arc<dyn DataLoader<EvalBatch>> = Arc::new(EvalLoader::new(
            Arc::new(vec![tested]),
            |task| &task.dev,
            config.eval_batch_size,
            LoaderSettings {
                padding: config.padding(self.bench.encoder.pad_id()),
                threads: config.loader_threads,
                seed: 0,
                accumulation: 1,
            },
            self.runner.device.clone(),
        ));
        let sizes = [self.bench.test.len()];
        let outputs = collect(model, &loader, &sizes, &Interrupter::new(), |_| {})?;
        let path = self.folder.join("predictions").join(format!("test-{}.jsonl", data.spec.name));
        write_predictions(&path, &data.spec, &self.bench.test, &outputs[0])?;
        score(&data.spec, &outputs[0], &self.bench.test)
    }
}

/// The best dev scores of a training.
fn best_dev(trained: &Trained) -> Result<TaskScores> {
    let scores = trained.outcome.evaluations.iter().filter_map(|(_, scores)| scores.first());
    let best = scores.max_by(|a, b| a.main().total_cmp(&b.main()));
    best.cloned().ok_or_else(|| Error::Training("the end-task was never evaluated".into()))
}
