//! Runs the jobs of a study, each in its own folder, teachers first.
//!
//! A job's resolved config holds everything its outcome depends on, its teachers' digests included. A job whose folder
//! holds the scores of exactly this config is not run again; one that was interrupted goes on from its checkpoint.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::{data::dataloader::DataLoader, module::Module, tensor::Device, train::Interrupter};
use serde::Serialize;
use taskgraft_models::hugging_face;
use taskgraft_tasks::{TargetKind, mixture::Composition};

use super::{
    Settings,
    job::{Job, JobResult, TaskRate},
    workbench::Workbench,
};
use crate::{
    Error, Result,
    device::Backend,
    evaluation::{collect, write_predictions},
    methods::{
        Method, Student,
        predictions::{Predictions, Provenance},
    },
    observe::{GradientObserver, GradientProbe, Observation},
    run_dir::{Manifest, RunDir, config_digest, peak_memory, reset_peak_memory},
    train::{
        Combination, EvalLoader, LoaderSettings, MultiTask, TaskData, TeacherSignal, TrainConfig,
        Trained, Trainer, View,
    },
};

/// Runs jobs on a workbench.
pub struct Runner<'a> {
    pub bench: &'a Workbench,
    pub settings: &'a Settings,
    pub out: &'a Path,
    pub backend: Backend,
    pub device: Device,
    pub view: View,
}

/// Everything the outcome of a job depends on.
#[derive(Serialize)]
struct ResolvedConfig<'a> {
    taskgraft: &'static str,
    method: &'a Method,
    seed: u64,
    train: Cow<'a, TrainConfig>,
    /// Task and digests of its training and dev examples.
    tasks: BTreeMap<&'a str, [&'a str; 2]>,
    tokenizer: &'a str,
    init: Vec<&'a str>,
    trunk: Option<&'a super::ScratchTrunk>,
    backend: Backend,
    /// Task and digest of the run that teaches it.
    teachers: BTreeMap<&'a str, String>,
    /// What is measured along the way: no outcome depends on it, but what a run leaves does.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<&'a GradientProbe>,
}

/// A job that has been run.
#[derive(Clone, Debug)]
pub struct Finished {
    pub job: Job,
    pub folder: PathBuf,
    pub result: JobResult,
}

impl Runner<'_> {
    fn names(&self) -> Vec<&str> {
        self.bench.tasks.iter().map(|t| t.spec.name.as_str()).collect()
    }

    /// The settings of a job's training: where tasks are weighed, every step has a batch of each.
    fn train_config(&self, job: &Job) -> Cow<'_, TrainConfig> {
        let config = match job.method.student {
            Student::Single => &self.settings.single,
            Student::Multi => &self.settings.multi,
        };
        if job.method.weighting.is_none() {
            return Cow::Borrowed(config);
        }
        let mut config = config.clone();
        config.mixture.composition = Composition::EachTask;
        Cow::Owned(config)
    }

    fn config<'a>(&'a self, job: &'a Job) -> Result<ResolvedConfig<'a>> {
        let tasks = job.tasks.iter().map(|&t| &self.bench.tasks[t]);
        let digests = |t: &'a TaskData| [t.fingerprint.as_str(), t.dev_fingerprint.as_str()];
        let mut teachers = BTreeMap::new();
        for (task, teacher) in job.teachers(self.bench.tasks.len()) {
            teachers.insert(self.bench.tasks[task].spec.name.as_str(), self.digest(&teacher)?);
        }
        Ok(ResolvedConfig {
            taskgraft: env!("CARGO_PKG_VERSION"),
            method: &job.method,
            seed: job.seed,
            train: self.train_config(job),
            tasks: tasks.map(|t| (t.spec.name.as_str(), digests(t))).collect(),
            tokenizer: self.bench.encoder.fingerprint(),
            init: self.bench.init_files.iter().map(|f| f.sha256.as_str()).collect(),
            trunk: self.bench.init_files.is_empty().then_some(&self.settings.trunk),
            backend: self.backend,
            teachers,
            probe: job.probe.as_ref(),
        })
    }

    /// Digest of a job's resolved config.
    ///
    /// # Errors
    /// If the config can't be written as JSON.
    pub fn digest(&self, job: &Job) -> Result<String> {
        Ok(config_digest(&self.config(job)?)?)
    }

    fn folder(&self, job: &Job) -> Result<PathBuf> {
        Ok(job.folder(self.out, &self.names(), &self.digest(job)?))
    }

    /// Runs a job, or reads what it left when it was run before. `is_teacher` says that others need its predictions.
    ///
    /// # Errors
    /// Anything that stops a training, or files that can't be read or written.
    pub fn run(&self, job: &Job, is_teacher: bool, position: &str) -> Result<Finished> {
        let config = self.config(job)?;
        let digest = config_digest(&config)?;
        let folder = self.folder(job)?;
        let run = RunDir::create(&folder)?;
        let _lock = run.lock()?;
        let label = format!("{position} {}", job.label(&self.names()));
        let result = match run.finished::<JobResult>(&digest)? {
            Some(finished) => {
                println!("{label:32} finished before, used again");
                finished.scores
            }
            None => self.train(job, &run, &config, &digest, &label)?,
        };
        if is_teacher {
            self.teach(job, &folder, &digest)?;
        }
        Ok(Finished { job: job.clone(), folder, result })
    }

    fn train(
        &self,
        job: &Job,
        run: &RunDir,
        config: &ResolvedConfig<'_>,
        digest: &str,
        label: &str,
    ) -> Result<JobResult> {
        run.write_config(config)?;
        let features = Backend::compiled_in().iter().map(|b| b.name().to_string()).collect();
        let device = format!("{:?}", self.device);
        let mut manifest = Manifest::begin(features, self.backend.name(), &device, job.seed);
        manifest.data.clone_from(&self.bench.sources);
        manifest.init.clone_from(&self.bench.init_files);
        manifest.tokenizer = Some(self.bench.encoder.fingerprint().to_string());
        run.write_manifest(&manifest)?;

        let weighting = job.method.weighting.clone();
        let trainer = Trainer {
            config: &self.train_config(job),
            tasks: Arc::new(self.taught(job)?),
            combination: weighting.map_or(Combination::Average, Combination::Weighted),
            pad: self.bench.encoder.pad_id(),
            seed: job.seed,
            device: self.device.clone(),
            label,
            view: self.view,
            folder: run.path(),
            digest,
        };
        reset_peak_memory();
        let trained = match &job.probe {
            None => trainer.train(self.bench.trunk(job.seed)?)?,
            Some(probe) => self.train_observed(job, &trainer, probe)?,
        };
        let peak_memory = peak_memory();
        let mut result = self.keep(run.path(), trainer.config, &trainer.tasks, trained)?;
        result.peak_memory = peak_memory;
        let looking: f64 = Observation::read_all(run.path())?.iter().map(|o| o.seconds).sum();
        result.step_seconds = (result.step_seconds - looking).max(0.0);
        manifest.finished_at = Some(crate::run_dir::now_rfc3339());
        run.write_manifest(&manifest)?;
        run.finish(digest, &result)?;
        if !trainer.config.keep_checkpoints {
            let checkpoints = run.path().join("checkpoints");
            std::fs::remove_dir_all(&checkpoints).map_err(Error::io(&checkpoints))?;
        }
        Ok(result)
    }

    fn train_observed(
        &self,
        job: &Job,
        trainer: &Trainer<'_>,
        probe: &GradientProbe,
    ) -> Result<Trained> {
        let specs: Vec<_> = trainer.tasks.iter().map(|t| t.spec.clone()).collect();
        let model = MultiTask::new(self.bench.trunk(job.seed)?, &specs, job.seed, &self.device);
        let observer = GradientObserver::new(
            trainer.tasks.clone(),
            probe.clone(),
            trainer.steps()?,
            (job.seed, trainer.pad),
            self.device.clone(),
            trainer.folder,
        )?;
        trainer.train_observed(model, Box::new(observer))
    }

    /// The job's tasks with their teachers' predictions.
    fn taught(&self, job: &Job) -> Result<Vec<TaskData>> {
        let mut tasks: Vec<TaskData> =
            job.tasks.iter().map(|&t| self.bench.tasks[t].clone()).collect();
        for (task, teacher) in job.teachers(self.bench.tasks.len()) {
            let data = tasks.iter_mut().find(|t| t.spec == self.bench.tasks[task].spec);
            let Some(data) = data.filter(|d| !is_tagging(d)) else { continue };
            let path = predictions_path(&self.folder(&teacher)?, data);
            let provenance = provenance(data, self.digest(&teacher)?);
            let predictions = Predictions::load(&path, &provenance, data.train_ids())?;
            data.teacher = Some(TeacherSignal { predictions, anneal: job.method.anneal });
        }
        Ok(tasks)
    }

    /// Writes the network and its dev predictions, and sums up the run.
    fn keep(
        &self,
        folder: &Path,
        config: &TrainConfig,
        tasks: &[TaskData],
        mut trained: Trained,
    ) -> Result<JobResult> {
        for (task, data) in tasks.iter().enumerate() {
            let model = trained.model.to_model(task);
            let to = folder.join("model").join(&data.spec.name);
            let head = crate::train::description(&data.spec);
            hugging_face::save_model(&model, &head, &to)?;
            self.bench.encoder.save(&to)?;
        }
        let outputs = match trained.outcome.outputs.take() {
            Some(outputs) => outputs,
            // Another process evaluated it, before it was killed.
            None => {
                let sizes: Vec<usize> = tasks.iter().map(|t| t.dev.len()).collect();
                let loader = self.loader(config, Arc::new(tasks.to_vec()), |task| &task.dev);
                collect(&trained.model, &loader, &sizes, &Interrupter::new(), |_| {})?
            }
        };
        let mut scores = Vec::new();
        for (data, outputs) in tasks.iter().zip(&outputs) {
            let path = dev_predictions_path(folder, &data.spec.name);
            write_predictions(&path, &data.spec, &data.dev, outputs)?;
            scores.push(crate::evaluation::score(&data.spec, outputs, &data.dev)?);
        }
        let realised = trained.rates.realised();
        let rates = tasks.iter().enumerate().map(|(t, data)| TaskRate {
            task: data.spec.name.clone(),
            examples: data.train.len(),
            requested: trained.rates.requested[t],
            realised: realised[t],
            loss_weight: trained.loss_weights[t],
        });
        Ok(JobResult {
            scores,
            evaluations: trained.outcome.evaluations.clone(),
            steps: trained.outcome.steps,
            step_seconds: trained.outcome.step_seconds,
            peak_memory: None,
            padding: trained.outcome.waste,
            skipped: trained.outcome.skipped,
            rates: rates.collect(),
            parameters: trained.model.num_params(),
        })
    }

    /// Writes the predictions of a finished job on its training sets, unless they are there.
    fn teach(&self, job: &Job, folder: &Path, digest: &str) -> Result<()> {
        for &task in &job.tasks {
            let data = &self.bench.tasks[task];
            let path = predictions_path(folder, data);
            if path.exists() || is_tagging(data) {
                continue;
            }
            let saved = folder.join("model").join(&data.spec.name);
            let model = hugging_face::load_model(&saved, &self.device)?.module;
            let Some(head) = model.head else {
                let problem = "has no head; delete the folder of this run to train it anew".into();
                return Err(Error::File { path: saved, problem });
            };
            let trunk = model.trunk.with_precision(self.train_config(job).precision);
            let model = MultiTask::with_head(trunk, head);
            let loader = self
                .loader(&self.settings.single, Arc::new(vec![data.clone()]), |task| &task.train);
            let sizes = [data.train.len()];
            let outputs = collect(&model, &loader, &sizes, &Interrupter::new(), |_| {})?;
            let rows = outputs.into_iter().flat_map(|o| o.by_example);
            let predictions = Predictions::new(
                &data.train_ids(),
                rows.flatten().collect(),
                data.spec.kind.outputs(),
            );
            predictions.save(&path, &provenance(data, digest.into()))?;
        }
        Ok(())
    }

    fn loader(
        &self,
        config: &TrainConfig,
        tasks: Arc<Vec<TaskData>>,
        choose: fn(&TaskData) -> &[taskgraft_tasks::text::Encoded],
    ) -> Arc<dyn DataLoader<crate::train::EvalBatch>> {
        let settings = LoaderSettings {
            padding: config.padding(self.bench.encoder.pad_id()),
            threads: config.loader_threads,
            seed: 0,
            accumulation: 1,
        };
        let size = config.eval_batch_size;
        Arc::new(EvalLoader::new(tasks, choose, size, settings, self.device.clone()))
    }
}

/// BAM distils classes and scores; students learn tags from gold labels alone.
fn is_tagging(data: &TaskData) -> bool {
    matches!(data.spec.kind, TargetKind::Tags { .. })
}

fn predictions_path(folder: &Path, data: &TaskData) -> PathBuf {
    folder.join("predictions").join(format!("train-{}.safetensors", data.spec.name))
}

fn provenance(data: &TaskData, teacher: String) -> Provenance {
    Provenance { task: data.spec.name.clone(), teacher, data: data.fingerprint.clone() }
}

/// Where a run's predictions on a task's dev set lie.
pub fn dev_predictions_path(folder: &Path, task: &str) -> PathBuf {
    folder.join("predictions").join(format!("dev-{task}.jsonl"))
}
