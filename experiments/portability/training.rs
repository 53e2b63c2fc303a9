//! Two small trainings from a seed, step by step: an encoder with a head for classes, one for scores and one for tags,
//! and a T5 that writes. Data are built in; only the device and the precision differ between backends.

use std::{sync::Arc, time::Instant};

use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use taskgraft::{
    Error, Result,
    models::kernels::Precision,
    run_dir::{peak_memory, reset_peak_memory},
    study::{Settings, TaskUse, Workbench},
    tasks::{
        Catalogue, Form, TaskSpec, mixture::MixturePlan, objectives::Lengths, synthetic::Synthetic,
    },
    train::{LoaderSettings, MixtureLoader, MultiTask, Steps, TaskData, TrainConfig},
};

#[path = "../text_to_text/mod.rs"]
mod settings_of_t5;

/// Which network is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    Encoder,
    TextToText,
}

/// How a training went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// By step.
    pub losses: Vec<f64>,
    /// Of each step, from its batch to its loss on the host.
    pub seconds: Vec<f64>,
    /// The most memory of the process, in bytes, where the system says.
    pub host_memory: Option<u64>,
    /// The most memory that was reserved on the device, in bytes, where it says.
    pub device_memory: Option<u64>,
}

impl Network {
    pub const ALL: [Network; 2] = [Network::Encoder, Network::TextToText];

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Network::Encoder => "Encoder with class, score and tag heads",
            Network::TextToText => "Text-to-text",
        }
    }
}

/// What training needs.
struct Bench {
    model: MultiTask,
    tasks: Vec<TaskData>,
    config: TrainConfig,
    pad: u32,
}

/// Trains for `steps` steps on a device, without autodiff.
///
/// # Errors
/// If the device fails, or a loss is not finite.
pub fn train(
    network: Network,
    precision: Precision,
    (seed, steps): (u64, u64),
    device: &Device,
) -> Result<Course> {
    reset_peak_memory();
    let bench = match network {
        Network::Encoder => encoder(seed, device)?,
        Network::TextToText => text_to_text(seed, device)?,
    };
    let Bench { model, tasks, config, pad } = bench;
    let config = TrainConfig { precision, ..config };
    let lengths = tasks.iter().map(TaskData::lengths).collect();
    let plan = Arc::new(MixturePlan::new(config.mixture.clone(), lengths, steps, seed)?);
    let loading =
        LoaderSettings { padding: config.padding(pad), threads: 1, seed, accumulation: 1 };
    let autodiff = device.clone().autodiff();
    let text = config.text.clone();
    let loader = MixtureLoader::with_text(Arc::new(tasks), plan, loading, text, autodiff);
    let mut training = Steps::new(model, &config);
    let (mut losses, mut seconds, mut device_memory) = (vec![], vec![], None);
    for step in 0..steps {
        let batch = loader.item(step)?;
        let started = Instant::now();
        let loss = training.step(batch)?.try_into_scalar::<f64>();
        let loss = loss.map_err(|e| Error::Training(format!("step {}: {e}", step + 1)))?;
        seconds.push(started.elapsed().as_secs_f64());
        if !loss.is_finite() {
            return Err(Error::Training(format!(
                "the loss of step {} is {loss}, not a finite number",
                step + 1
            )));
        }
        losses.push(loss);
        let reserved = device.memory_pool_usage().map(|usage| usage.bytes_reserved);
        device_memory = device_memory.max(reserved);
    }
    Ok(Course { losses, seconds, host_memory: peak_memory(), device_memory })
}

/// Widths of batches are multiples of this, so that a GPU compiles for few.
const WIDTHS: usize = 16;

fn encoder(seed: u64, device: &Device) -> Result<Bench> {
    let mut settings = Settings::default();
    (settings.trunk.hidden, settings.trunk.vocabulary) = (64, 500);
    let sizes = &mut settings.synthetic;
    (sizes.rich, sizes.moderate, sizes.scarce, sizes.dev_size) = (300, 300, 300, 20);
    for config in settings.all_sections() {
        config.mixture.batch_size = 16;
        (config.max_length, config.width_multiple) = (48, WIDTHS);
        (config.lr, config.layer_decay) = (1e-3, 1.0);
    }
    let tasks = ["sentiment", "similarity", "tagging"].map(TaskUse::of);
    let bench = workbench(&settings, device)?.with_vocabulary(&tasks)?;
    made(&bench, &tasks, settings.section("multi"), (seed, None))
}

fn text_to_text(seed: u64, device: &Device) -> Result<Bench> {
    let mut settings = Settings::default();
    settings_of_t5::of_t5(&mut settings);
    settings_of_t5::small_and_quick(&mut settings);
    settings.row = Lengths { inputs: 48, targets: 24 };
    let sizes = &mut settings.synthetic;
    (sizes.rich, sizes.moderate, sizes.scarce, sizes.dev_size) = (300, 300, 300, 20);
    let mut config = settings.section("finetune").clone();
    config.mixture.batch_size = 16;
    config.text.layout.row = settings.row;
    let mut tasks = ["sentiment", "paraphrase"].map(TaskUse::of).to_vec();
    let bench = workbench(&settings, device)?.with_form(Form::InWords).with_texts_of(&tasks)?;
    tasks.push(TaskUse::denoising());
    let bench = bench.with_vocabulary(&tasks)?;
    made(&bench, &tasks, &config, (seed, Some(0.1)))
}

fn workbench(settings: &Settings, device: &Device) -> Result<Workbench> {
    let mut catalogue = Catalogue::new();
    catalogue.add(Arc::new(Synthetic::new(settings.synthetic.clone())?))?;
    Workbench::new(catalogue, settings, None, device)
}

fn made(
    bench: &Workbench,
    tasks: &[TaskUse],
    config: &TrainConfig,
    (seed, dropout): (u64, Option<f64>),
) -> Result<Bench> {
    let data = |task: &TaskUse| Ok((*bench.data(&bench.resolved(task.clone())?)?).clone());
    let tasks: Vec<TaskData> = tasks.iter().map(data).collect::<Result<_>>()?;
    let specs: Vec<TaskSpec> = tasks.iter().map(|task| task.spec.clone()).collect();
    let model = MultiTask::new(bench.trunk(seed, dropout)?, &specs, seed, &bench.device);
    Ok(Bench { model, tasks, config: config.clone(), pad: bench.tokeniser()?.pad_id() })
}
