//! Trainings and studies small enough for a test: a trunk of one layer of width 32, some dozens of examples, few steps.
#![allow(dead_code)] // Every test program uses a part.

pub mod networks;
pub mod own_program;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Tensor},
};
use clap::Parser;
use taskgraft::{
    Error, Result,
    device::Backend,
    events::{Measurement, read_json_lines},
    methods::MethodSpec,
    observe::Observer,
    run_dir::sha256_file,
    study::{Lineage, Settings, Study, StudyArgs, StudyReport, TaskUse, Workbench},
    tasks::{Catalogue, TaskSpec, suite::Suite, synthetic::Synthetic},
    train::{MultiTask, TaskData, TrainConfig, Trained, Trainer, View},
};

/// `--set` assignments that make a study tiny.
pub const TINY: [&str; 12] = [
    "trunk.hidden=32",
    "trunk.layers=1",
    "synthetic.rich=48",
    "synthetic.moderate=48",
    "synthetic.scarce=48",
    "synthetic.dev_size=40",
    "mixture.batch_size=8",
    "max_length=48",
    "lr=0.002",
    "layer_decay=1",
    "evaluations=2",
    "steps=4",
];

/// The tiny settings.
pub fn tiny_settings() -> Settings {
    let mut settings = Settings::default();
    TINY.iter().for_each(|assignment| settings.set(assignment).unwrap());
    settings
}

/// The tiny settings of one network's training, for `steps` steps.
pub fn tiny_config(steps: u64) -> TrainConfig {
    TrainConfig { steps: Some(steps), ..tiny_settings().section("multi").clone() }
}

/// A study of one seed with the tiny settings, whose files go to `out`, and more arguments.
pub fn tiny_study<'s>(name: &str, out: &Path, more: &[&str]) -> Result<Study<'s>> {
    let mut line = vec![name, "--plain", "--out", out.to_str().unwrap()];
    TINY.iter().for_each(|assignment| line.extend(["--set", assignment]));
    line.extend(more);
    let mut study = Study::new(name, StudyArgs::try_parse_from(line).unwrap())?;
    study.seeds(1);
    Ok(study)
}

/// Runs a tiny study of recipes by name, and of those in `more`, on the tasks in `more` or all built-in ones.
pub fn run_lineages(
    name: &str,
    out: &Path,
    more: &[&str],
    lineages: impl IntoIterator<Item = Lineage>,
) -> Result<StudyReport> {
    let mut study = tiny_study(name, out, more)?;
    let tasks = study.tasks([""; 0])?;
    for lineage in lineages {
        study.lineage(lineage, &tasks);
    }
    study.lineages_of_args(&tasks)?;
    study.run()
}

/// `--set` assignments that make trainings of the built-in end-task tiny.
pub const TINY_END_TASK: [&str; 13] = [
    "trunk.hidden=32",
    "trunk.layers=1",
    "end_task.train_size=16",
    "end_task.dev_size=40",
    "end_task.test_size=40",
    "end_task.auxiliary_size=40",
    "end_task.domain_lines=60",
    "end_task.noise_lines=60",
    "mixture.batch_size=8",
    "max_length=24",
    "lr=0.002",
    "evaluations=2",
    "steps=4",
];

/// `--set` assignments that make a T5 tiny.
pub const TINY_T5: [&str; 5] =
    ["trunk.d_model=16", "trunk.d_kv=8", "trunk.d_ff=16", "trunk.layers=1", "trunk.heads=2"];

/// What a command line's text parses to, with `--plain` and the folder, and an assignment for each setting.
pub fn arguments<A: Parser>(name: &str, out: &Path, set: &[&str], more: &[&str]) -> A {
    let mut line = vec![name, "--plain", "--out", out.to_str().unwrap()];
    set.iter().for_each(|assignment| line.extend(["--set", assignment]));
    line.extend(more);
    A::try_parse_from(line).unwrap_or_else(|error| panic!("{error}"))
}

/// The comparison that a reported study left.
pub fn comparison(out: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(out.join("comparison.json")).unwrap()).unwrap()
}

/// When files were written.
pub fn written(files: &[PathBuf]) -> Vec<std::time::SystemTime> {
    files.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect()
}

/// The device that tests run on: the CPU's where it is compiled in.
pub fn device() -> Device {
    Backend::compiled_in()[0].device().unwrap()
}

/// `wgpu` where it is compiled in and finds an adapter. Says so where it finds none, which is a failure where
/// `TASKGRAFT_NEEDS_WGPU` is set.
pub fn wgpu_if_it_works() -> Option<Backend> {
    let wgpu: Backend = "wgpu".parse().ok()?;
    match wgpu.device() {
        Ok(_) => Some(wgpu),
        Err(error) => {
            assert!(std::env::var_os("TASKGRAFT_NEEDS_WGPU").is_none(), "wgpu is needed: {error}");
            eprintln!("skipped on wgpu: {error}");
            None
        }
    }
}

/// Tasks of a suite and a trunk, for several trainings.
pub struct Bench {
    pub bench: Workbench,
    pub tasks: Vec<TaskData>,
    /// Token id of padding.
    pub pad: u32,
}

impl Bench {
    /// Three tasks: two of classes, which have accuracy alone, and one of scores.
    pub fn new() -> Self {
        Self::with(&["sentiment", "entailment", "similarity"], &tiny_settings(), device())
    }

    /// Tasks of the synthetic suite.
    pub fn with(tasks: &[&str], settings: &Settings, device: Device) -> Self {
        let suite = Synthetic::new(settings.synthetic.clone()).unwrap();
        Self::of(suite, tasks, settings, device)
    }

    /// Tasks of a suite.
    pub fn of(
        suite: impl Suite + 'static,
        tasks: &[&str],
        settings: &Settings,
        device: Device,
    ) -> Self {
        let mut catalogue = Catalogue::new();
        catalogue.add(Arc::new(suite)).unwrap();
        let uses: Vec<TaskUse> = tasks.iter().map(|task| TaskUse::of(*task)).collect();
        let bench = Workbench::new(catalogue, settings, None, &device).unwrap();
        let bench = bench.with_vocabulary(&uses).unwrap();
        let data = |task: TaskUse| (*bench.data(&bench.resolved(task).unwrap()).unwrap()).clone();
        let tasks = uses.into_iter().map(data).collect();
        let pad = bench.tokeniser().unwrap().pad_id();
        Self { bench, tasks, pad }
    }

    /// Where a training with a seed starts.
    pub fn model(&self, seed: u64) -> MultiTask {
        let specs: Vec<TaskSpec> = self.tasks.iter().map(|task| task.spec.clone()).collect();
        let trunk = self.bench.trunk(seed, None).unwrap();
        MultiTask::new(trunk, &specs, seed, &self.bench.device)
    }

    /// Trains one network for all tasks in `folder`, from the last checkpoint there if there is one.
    pub fn train(&self, config: &TrainConfig, folder: &Path) -> Result<Trained> {
        self.train_with(config, MethodSpec::Average, folder)
    }

    /// The same with another way of making a step's gradients.
    pub fn train_with(
        &self,
        config: &TrainConfig,
        method: MethodSpec,
        folder: &Path,
    ) -> Result<Trained> {
        self.train_until(config, method, folder, None)
    }

    /// The same, stopped before a step.
    pub fn train_until(
        &self,
        config: &TrainConfig,
        method: MethodSpec,
        folder: &Path,
        stop: Option<u64>,
    ) -> Result<Trained> {
        fs::create_dir_all(folder).unwrap();
        let trainer = Trainer {
            config,
            tasks: Arc::new(self.tasks.clone()),
            method,
            dev: None,
            pad: self.pad,
            seed: 7,
            device: self.bench.device.clone(),
            label: "test",
            view: View::Lines,
            folder,
            digest: "of the test's config",
        };
        train_until(&trainer, self.model(7), stop)
    }
}

/// Runs a training, stopped before a step if there is one to stop before.
pub fn train_until(trainer: &Trainer<'_>, model: MultiTask, stop: Option<u64>) -> Result<Trained> {
    match stop {
        Some(step) => trainer.train_observed(model, Box::new(StopBefore(step))),
        None => trainer.train_on(model),
    }
}

/// Fails before a step, as a process that is killed there.
struct StopBefore(u64);

impl Observer for StopBefore {
    fn observe(&mut self, step: u64, _model: &MultiTask) -> Result<()> {
        if step == self.0 { Err(Error::Usage("stopped by the test".into())) } else { Ok(()) }
    }
}

/// Asserts that a training, stopped before any step of `stops`, goes on as if it had not been: the same weights,
/// figures, optimiser and method, to the bit, also with another number of loader threads. `train` is given settings, a
/// folder and the step to stop before.
pub fn assert_resumes_exactly(
    config: &TrainConfig,
    stops: impl IntoIterator<Item = u64>,
    train: impl Fn(&TrainConfig, &Path, Option<u64>) -> Result<Trained>,
) {
    let config = TrainConfig { keep_checkpoints: true, ..config.clone() };
    let out = tempfile::tempdir().unwrap();
    let whole = out.path().join("whole");
    let expected = train(&config, &whole, None).unwrap();
    let steps = expected.outcome.steps;
    for stop in stops {
        let folder = out.path().join(stop.to_string());
        let often = TrainConfig { checkpoint_steps: stop, ..config.clone() };
        assert_says(&failure(train(&often, &folder, Some(stop))), &["stopped by the test"]);
        let threads = TrainConfig { loader_threads: 8, ..often };
        let resumed = train(&threads, &folder, None).unwrap();
        assert!(weights(&resumed.model) == weights(&expected.model), "stop {stop}: other weights");
        assert_eq!(metrics(&folder), metrics(&whole), "stop {stop}");
        assert!(
            last_state(&folder, steps) == last_state(&whole, steps),
            "stop {stop}: other state"
        );
    }
}

/// What the checkpoint of a step holds of optimiser and method.
pub fn last_state(folder: &Path, step: u64) -> (Vec<[u8; 256]>, serde_json::Value, Option<String>) {
    let checkpoint = folder.join(format!("checkpoints/step-{step}"));
    let state = fs::read(checkpoint.join("state.json")).unwrap();
    let state: serde_json::Value = serde_json::from_slice(&state).unwrap();
    let method = checkpoint.join("method.safetensors");
    let tensors = method.exists().then(|| sha256_file(&method).unwrap());
    (moments(&checkpoint.join("optimiser.bpk")), state["method"].clone(), tensors)
}

/// All values of a module, parameter by parameter.
pub fn weights<M: Module>(module: &M) -> Vec<Vec<f32>> {
    struct Values(Vec<Vec<f32>>);
    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.val().into_data().convert::<f32>().try_to_vec().unwrap());
        }
    }
    let mut values = Values(vec![]);
    module.visit(&mut values);
    values.0
}

/// The largest difference between two modules' values.
pub fn largest_difference(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len(), "other parameters");
    let pairs = a.iter().zip(b).flat_map(|(a, b)| {
        assert_eq!(a.len(), b.len(), "other shapes");
        a.iter().zip(b)
    });
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// What a training measured.
pub fn metrics(folder: &Path) -> Vec<Measurement> {
    read_json_lines(&folder.join("metrics.jsonl")).unwrap()
}

/// The losses of the whole batch, step by step.
pub fn losses(folder: &Path) -> Vec<f64> {
    let is_loss = |m: &Measurement| m.split == "train" && m.name == "loss" && m.task.is_none();
    metrics(folder).into_iter().filter(is_loss).map(|m| m.value).collect()
}

/// All files below `folder`, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return all };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// The files below `folder` that have this name.
pub fn files_named(folder: &Path, name: &str) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.ends_with(name)).collect()
}

/// The message of a failure.
pub fn failure<T>(outcome: Result<T>) -> String {
    outcome.err().expect("should have failed").to_string()
}

/// Asserts that a message has all of these parts.
#[track_caller]
pub fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// The numbers of a burnpack file in an order of their own: tensors begin at multiples of 256 bytes, and their order
/// and header depend on ids that are drawn anew in every run.
fn moments(path: &Path) -> Vec<[u8; 256]> {
    let bytes = fs::read(path).unwrap();
    let header = u32::from_le_bytes(bytes[6..10].try_into().unwrap()) as usize + 10;
    let mut blocks: Vec<[u8; 256]> = bytes[header.next_multiple_of(256)..]
        .chunks(256)
        .map(|chunk| std::array::from_fn(|i| chunk.get(i).copied().unwrap_or(0)))
        .collect();
    assert!(blocks.len() > 20, "too few numbers for an optimiser");
    blocks.sort_unstable();
    blocks
}
