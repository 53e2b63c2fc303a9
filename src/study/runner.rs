//! Runs the stages of a plan, each in its own folder.
//!
//! A stage's resolved config holds everything its outcome depends on, the digests of the stages it starts from or is
//! taught by included. A stage whose folder holds the result of exactly this config is not run again; one that was
//! interrupted goes on from its checkpoint.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::{data::dataloader::DataLoader, module::Module, train::Interrupter};
use serde::Serialize;
use taskgraft_tasks::{TaskSpec, text::Encoded};

use super::{
    MakeObserver, Planned, Scored, StageKey, StageResult, TaskRate, TaskUse, Workbench,
    dev_examples::dev_examples,
    folders::Folders,
    network,
    plan::{Stages, start_of},
    teaching,
    trunk_settings::TrunkSettings,
};
use crate::{
    Error, Result,
    device::Backend,
    evaluation::{TaskOutputs, TaskScores, collect, score, write_predictions},
    methods::{DevExamples, MethodSpec},
    observe::{GradientObserver, Observation, Observer},
    run_dir::{Manifest, RunDir, config_digest, now_rfc3339, peak_memory, reset_peak_memory},
    train::{
        Classes, EvalBatch, EvalLoader, LoaderSettings, MultiTask, TaskData, TextData, TrainConfig,
        Trained, Trainer, View, progress_bar,
    },
};

/// Runs stages on a workbench.
pub struct Runner<'a> {
    pub bench: &'a Workbench,
    pub folders: Folders,
    pub backend: Backend,
    pub view: View,
    pub digests: RefCell<BTreeMap<StageKey, String>>,
    pub(super) observers: &'a [MakeObserver<'a>],
}

/// Everything the outcome of a stage depends on.
#[derive(Serialize)]
struct ResolvedConfig<'a> {
    taskgraft: &'static str,
    stage: &'a Planned,
    /// Task and digests of its training and dev examples.
    tasks: BTreeMap<&'a str, [String; 2]>,
    tokenizer: &'a str,
    init: Vec<&'a str>,
    trunk: Option<&'a TrunkSettings>,
    backend: Backend,
    /// Digest of the stage that it starts from.
    start: Option<String>,
    /// Task and digest of the stage that teaches it.
    teachers: BTreeMap<&'a str, String>,
}

/// What a training is given.
struct Prepared {
    tasks: Vec<TaskData>,
    dev: Option<DevExamples>,
}

impl Runner<'_> {
    /// Digest of a stage's resolved config.
    ///
    /// # Errors
    /// If its data can't be read or tokenised.
    pub fn digest(&self, planned: &Planned, stages: &Stages) -> Result<String> {
        if let Some(known) = self.digests.borrow().get(&planned.key) {
            return Ok(known.clone());
        }
        let digest = config_digest(&self.config(planned, stages)?)?;
        self.digests.borrow_mut().insert(planned.key.clone(), digest.clone());
        Ok(digest)
    }

    fn config<'c>(&'c self, planned: &'c Planned, stages: &Stages) -> Result<ResolvedConfig<'c>> {
        let mut tasks = BTreeMap::new();
        for task in &planned.tasks {
            let data = self.bench.data(task)?;
            let dev = if task.scored { data.dev_fingerprint.clone() } else { String::new() };
            tasks.insert(task.name.as_str(), [data.fingerprint.clone(), dev]);
        }
        let digest_of =
            |key: &StageKey| stages.find(key).and_then(|other| self.digest(other, stages));
        let mut teachers = BTreeMap::new();
        for (task, key) in &planned.teachers {
            teachers.insert(task.as_str(), digest_of(key)?);
        }
        Ok(ResolvedConfig {
            taskgraft: env!("CARGO_PKG_VERSION"),
            stage: planned,
            tasks,
            tokenizer: self.bench.tokeniser()?.fingerprint(),
            init: self.bench.given.files.iter().map(|f| f.sha256.as_str()).collect(),
            trunk: self.bench.given.scratch(&self.bench.settings),
            backend: self.backend,
            start: start_of(planned).map(digest_of).transpose()?,
            teachers,
        })
    }

    /// The folder of a stage.
    ///
    /// # Errors
    /// As for [`digest`](Self::digest).
    pub fn folder(&self, planned: &Planned, stages: &Stages) -> Result<PathBuf> {
        Ok(self.folders.folder(planned, &self.digest(planned, stages)?))
    }

    /// What a stage left when it was run before; `None` if it has not finished.
    ///
    /// # Errors
    /// If its files can't be read.
    pub fn finished(&self, planned: &Planned, stages: &Stages) -> Result<Option<StageResult>> {
        let folder = self.folder(planned, stages)?;
        if !folder.is_dir() {
            return Ok(None);
        }
        let digest = self.digest(planned, stages)?;
        Ok(RunDir::create(folder)?.finished(&digest)?.map(|finished| finished.scores))
    }

    /// Runs a stage, or reads what it left when it was run before.
    ///
    /// # Errors
    /// Anything that stops a training, or files that can't be read or written.
    pub fn run(&self, planned: &Planned, stages: &Stages, position: &str) -> Result<StageResult> {
        let digest = self.digest(planned, stages)?;
        let run = RunDir::create(self.folder(planned, stages)?)?;
        let _lock = run.lock()?;
        let label = format!("{position} {}", planned.label());
        let result = match run.finished::<StageResult>(&digest)? {
            Some(finished) => {
                println!("{label:32} finished before, used again");
                finished.scores
            }
            None => self.train(planned, stages, &run, &label)?,
        };
        for taught in stages.iter().flat_map(|stage| &stage.teachers) {
            if *taught.1 == planned.key {
                teaching::write(self, planned, taught.0, run.path(), &digest)?;
            }
        }
        Ok(result)
    }

    fn train(
        &self,
        planned: &Planned,
        stages: &Stages,
        run: &RunDir,
        label: &str,
    ) -> Result<StageResult> {
        let config = self.config(planned, stages)?;
        let digest = run.write_config(&config)?;
        let mut manifest = self.manifest(planned)?;
        run.write_manifest(&manifest)?;
        let Prepared { tasks, dev } = self.prepare(planned, stages)?;
        let model = self.start(planned, stages, &tasks)?;
        describe(&tasks, run)?;
        let trainer = Trainer {
            config: &planned.train,
            tasks: Arc::new(tasks),
            method: planned.method.clone(),
            dev,
            pad: self.bench.tokeniser()?.pad_id(),
            seed: planned.stream(),
            device: self.bench.device.clone(),
            label,
            view: self.view,
            folder: run.path(),
            digest: &digest,
        };
        reset_peak_memory();
        let observers = self.observers(planned, &trainer)?;
        let trained = match observers.is_empty() {
            false => trainer.train_observed(model, Box::new(observers))?,
            true => trainer.train_on(model)?,
        };
        let peak_memory = peak_memory();
        let mut result = self.keep(planned, run.path(), &trainer.tasks, trained)?;
        result.peak_memory = peak_memory;
        let looking: f64 = Observation::read_all(run.path())?.iter().map(|o| o.seconds).sum();
        result.step_seconds = (result.step_seconds - looking).max(0.0);
        manifest.finished_at = Some(now_rfc3339());
        run.write_manifest(&manifest)?;
        run.finish(&digest, &result)?;
        if !planned.train.keep_checkpoints {
            let checkpoints = run.path().join("checkpoints");
            std::fs::remove_dir_all(&checkpoints).map_err(Error::io(&checkpoints))?;
        }
        Ok(result)
    }

    fn manifest(&self, planned: &Planned) -> Result<Manifest> {
        let features = Backend::compiled_in().iter().map(|b| b.name().to_string()).collect();
        let device = format!("{:?}", self.bench.device);
        let mut manifest = Manifest::begin(features, self.backend.name(), &device, planned.seed);
        manifest.data = self.bench.sources(&planned.tasks)?;
        manifest.init.clone_from(&self.bench.given.files);
        manifest.tokenizer = Some(self.bench.tokeniser()?.fingerprint().to_string());
        Ok(manifest)
    }

    /// The network that a stage's training starts from: a new head for each task, but for those that an earlier stage
    /// has trained.
    fn start(&self, planned: &Planned, stages: &Stages, tasks: &[TaskData]) -> Result<MultiTask> {
        let specs: Vec<TaskSpec> = tasks.iter().map(|data| data.spec.clone()).collect();
        let (stream, device) = (planned.stream(), &self.bench.device);
        let Some(earlier) = start_of(planned).and_then(|key| stages.get(key)) else {
            let trunk = self.bench.trunk(planned.seed, planned.dropout)?;
            return Ok(MultiTask::new(trunk, &specs, stream, device));
        };
        // Read into a trunk with this stage's dropout, which is no parameter.
        let shape = Planned { dropout: planned.dropout, ..earlier.clone() };
        let kept = network::load(&shape, self.bench, &self.folder(earlier, stages)?)?;
        let mut model = MultiTask::new(kept.trunk.clone(), &specs, stream, device);
        for (task, data) in tasks.iter().enumerate() {
            let before = earlier.tasks.iter().position(|other| other.name == data.spec.name);
            if let Some(before) = before {
                model.take_head(task, &kept, before);
            }
        }
        Ok(model)
    }

    /// What looks at a stage's training: its probe of gradients, and the user's observers.
    fn observers(
        &self,
        planned: &Planned,
        trainer: &Trainer<'_>,
    ) -> Result<Vec<Box<dyn Observer>>> {
        let mut all: Vec<Box<dyn Observer>> = Vec::new();
        if let Some(probe) = planned.probe.as_ref().filter(|probe| probe.measurements > 0) {
            all.push(Box::new(GradientObserver::new(
                trainer.tasks.clone(),
                probe.clone(),
                trainer.steps()?,
                (planned.seed, trainer.pad),
                self.bench.device.clone(),
                trainer.folder,
            )?));
        }
        for make in self.observers {
            all.extend(make(planned, trainer.folder)?);
        }
        Ok(all)
    }

    /// A stage's tasks with their teachers' predictions, and the examples behind a dev gradient.
    fn prepare(&self, planned: &Planned, stages: &Stages) -> Result<Prepared> {
        let (mut tasks, mut half) = (Vec::new(), None);
        for task in &planned.tasks {
            let (mut data, of_dev) = self.bench.data_for_stage(task)?;
            if let Some(teacher) = planned.teachers.get(&task.name).and_then(|key| stages.get(key))
            {
                let folder = self.folder(teacher, stages)?;
                let digest = self.digest(teacher, stages)?;
                let anneal = planned.anneal.unwrap_or_default();
                teaching::read(&mut data, &folder, digest, anneal)?;
            }
            half = half.or(of_dev);
            tasks.push(data);
        }
        let dev = match &planned.method {
            MethodSpec::EndTask(_) if tasks[0].text.is_some() => {
                Some(self.dev_examples_in_words(&planned.tasks[0], half)?)
            }
            MethodSpec::EndTask(weights) => {
                Some(dev_examples(weights, &mut tasks[0], half, planned.seed))
            }
            _ => None,
        };
        Ok(Prepared { tasks, dev })
    }

    /// Dev examples of a task in words, as a decoder trains on them; all of the dev set or a half of it.
    fn dev_examples_in_words(
        &self,
        task: &TaskUse,
        half: Option<Vec<Encoded>>,
    ) -> Result<DevExamples> {
        let ids = half.map(|half| half.iter().map(|e| e.id).collect::<Vec<_>>());
        let dev = Arc::new(self.bench.dev_to_train_on(task, ids.as_deref())?);
        Ok(DevExamples { fit: dev.clone(), gradient: dev })
    }

    /// Writes the network and its dev predictions, and sums up the run.
    fn keep(
        &self,
        planned: &Planned,
        folder: &Path,
        tasks: &[TaskData],
        mut trained: Trained,
    ) -> Result<StageResult> {
        let outputs = match trained.outcome.outputs.take() {
            Some(outputs) => outputs,
            // Another process evaluated it, before it was killed.
            None => {
                let sizes: Vec<usize> = tasks.iter().map(|t| t.dev.len()).collect();
                let all = Arc::new(tasks.to_vec());
                let loader = self.loader(&planned.train, all, |task| &task.dev)?;
                collect(&trained.model, &loader, &sizes, &Interrupter::new(), |_| {})?
            }
        };
        let mut scores = Vec::new();
        for (data, outputs) in tasks.iter().zip(&outputs) {
            if !data.dev.is_empty() {
                check_finite(data, outputs)?;
                let path = predictions_path(folder, "dev", &data.spec.name);
                write_predictions(&path, &data.spec, &data.dev, outputs)?;
                scores.push(score(&data.spec, outputs, &data.dev)?);
            }
        }
        network::export(&trained.model, tasks, self.bench, folder)?;
        network::keep(&trained.model, folder)?;
        let realised = trained.rates.realised();
        let rates = tasks.iter().enumerate().map(|(t, data)| TaskRate {
            task: data.spec.name.clone(),
            examples: data.size(),
            requested: trained.rates.requested[t],
            realised: realised[t],
            loss_weight: trained.loss_weights[t],
        });
        Ok(StageResult {
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

    /// The score of a finished stage's network on a task's test examples, computed once; `None` where they have no
    /// targets.
    ///
    /// # Errors
    /// If its files can't be read or written, or the device fails.
    pub fn test(
        &self,
        scored: &Scored,
        planned: &Planned,
        stages: &Stages,
    ) -> Result<Option<TaskScores>> {
        let name = &scored.task;
        let folder = self.folder(planned, stages)?;
        let path = folder.join(format!("test-{name}.json"));
        if let Ok(text) = std::fs::read(&path) {
            let read = serde_json::from_slice(&text);
            let problem = |e| Error::File {
                path,
                problem: format!(
                    "can't be read as scores ({e}); delete it to have them computed again"
                ),
            };
            return read.map(Some).map_err(problem);
        }
        let Some(task) = planned.tasks.iter().find(|task| task.name == *name) else {
            return Ok(None);
        };
        let test = self.bench.test(task)?;
        if test.is_empty() {
            return Ok(None);
        }
        let model = network::load(planned, self.bench, &folder)?;
        let (outputs, data) = self.outputs(&model, planned, name, test, false)?;
        write_predictions(
            &predictions_path(&folder, "test", name),
            &data.spec,
            &data.dev,
            &outputs,
        )?;
        let scores = score(&data.spec, &outputs, &data.dev)?;
        let json = serde_json::to_vec_pretty(&scores)
            .map_err(|e| Error::File { path: path.clone(), problem: e.to_string() })?;
        crate::run_dir::write_atomic(&path, &json)?;
        Ok(Some(scores))
    }

    /// What a stage's network puts out for examples of one of its tasks, which come back as the task's dev examples.
    /// Where answers in words stand for labels, these may be ranked instead of written.
    pub(super) fn outputs(
        &self,
        model: &MultiTask,
        planned: &Planned,
        name: &str,
        examples: Vec<Encoded>,
        ranks: bool,
    ) -> Result<(TaskOutputs, TaskData)> {
        let mut all = Vec::new();
        for task in &planned.tasks {
            let mut data = (*self.bench.data(task)?).clone();
            data.dev = if task.name == name { examples.clone() } else { vec![] };
            if let Some(text) = data.text.as_ref().filter(|_| ranks) {
                let labels = text.classes.as_ref().map(Classes::to_be_ranked).unwrap_or_default();
                data.text = Some(Arc::new(TextData { labels, ..(**text).clone() }));
            }
            all.push(data);
        }
        let place = planned.tasks.iter().position(|task| task.name == name).unwrap_or(0);
        let sizes: Vec<usize> = all.iter().map(|data| data.dev.len()).collect();
        let all = Arc::new(all);
        let loader = self.loader(&planned.train, all.clone(), |task| &task.dev)?;
        let batches = sizes[place].div_ceil(planned.train.eval_batch_size) as u64;
        let bar = progress_bar(&format!("{} answers {name}", planned.name), batches);
        let after = |done: usize| bar.set_position(done as u64);
        let outputs = collect(model, &loader, &sizes, &Interrupter::new(), after);
        bar.finish_and_clear();
        let (outputs, data) = (outputs?.swap_remove(place), all[place].clone());
        check_finite(&data, &outputs)?;
        Ok((outputs, data))
    }

    fn loader(
        &self,
        config: &TrainConfig,
        tasks: Arc<Vec<TaskData>>,
        choose: fn(&TaskData) -> &[Encoded],
    ) -> Result<Arc<dyn DataLoader<EvalBatch>>> {
        let settings = LoaderSettings {
            padding: config.padding(self.bench.tokeniser()?.pad_id()),
            threads: config.loader_threads,
            seed: 0,
            accumulation: 1,
        };
        let (size, device) = (config.eval_batch_size, self.bench.device.clone());
        Ok(Arc::new(EvalLoader::new(tasks, choose, size, settings, device)))
    }
}

/// Writes what the tasks are: their labels, the scale of scores, their metrics.
fn describe(tasks: &[TaskData], run: &RunDir) -> Result<()> {
    let specs: Vec<&TaskSpec> = tasks.iter().map(|data| &data.spec).collect();
    let path = run.path().join("tasks.json");
    let json = serde_json::to_vec_pretty(&specs)
        .map_err(|e| Error::File { path: path.clone(), problem: e.to_string() })?;
    Ok(crate::run_dir::write_atomic(&path, &json)?)
}

/// Refuses outputs that are not finite: a run that has them is not finished.
fn check_finite(data: &TaskData, outputs: &TaskOutputs) -> Result<()> {
    let is_bad = |values: &Vec<f32>| values.iter().any(|value| !value.is_finite());
    let Some(at) = outputs.by_example.iter().position(is_bad) else { return Ok(()) };
    Err(Error::Training(format!(
        "the network answers example {} of task `{}` with numbers that are not finite; lower the learning rate or \
         clip harder, and delete this run's checkpoints to train it anew",
        data.dev[at].id.0, data.spec.name
    )))
}

/// Where a run's predictions on a split of a task lie.
pub fn predictions_path(folder: &Path, split: &str, task: &str) -> PathBuf {
    folder.join("predictions").join(format!("{split}-{task}.jsonl"))
}
