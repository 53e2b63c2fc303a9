//! Looking at a training from beside it: gradients of all tasks and TAG's lookahead at some of its steps.
//!
//! [`Observed`] calls an observer before every step with the weights that the step will start from, and hands all else
//! on, so that training with and without an observer is the same to the bit. What a [`GradientObserver`] sees at a step
//! is written to a file of its own, whole or not at all; a run that is resumed does not look again at steps it has
//! seen.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use burn::{optim::GradientsParams, tensor::Device, train::TrainOutput};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taskgraft_algebra::grouping::LookaheadMean;
use taskgraft_models::kernels::Precision;

use super::{
    GradientAlignment, Half, LookaheadStep, ProbeBatches, lookahead::look_ahead,
    products::task_gradient,
};
use crate::{
    Combine, Combined, Error, MethodState, MicroBatch, MultiTask, Result, StepItem, TaskData,
    files::write_atomic,
};

/// Looks at a network before its training's steps.
///
/// ```
/// use taskgraft_models::bert::{BertConfig, Encoder};
/// use taskgraft_train::{Error, MultiTask, Result, device::Backend, observe::Observer};
///
/// /// Notes the steps that it is shown.
/// #[derive(Default)]
/// struct Seen(Vec<u64>);
///
/// impl Observer for Seen {
///     fn observe(&mut self, step: u64, _model: &MultiTask) -> Result<()> {
///         self.0.push(step);
///         Ok(())
///     }
/// }
///
/// let device = Backend::default_choice()?.device()?;
/// let trunk = Encoder::new(&BertConfig::new(100, 32, 1), 0, &device)?;
/// let mut seen = Seen::default();
/// seen.observe(7, &MultiTask::new(trunk, &[], 0, &device))?;
/// assert_eq!(seen.0, [7]);
/// # Ok::<(), Error>(())
/// ```
pub trait Observer: Send {
    /// Called with the weights that `step` will start from.
    ///
    /// # Errors
    /// If the device fails, or what was seen can't be written.
    fn observe(&mut self, step: u64, model: &MultiTask) -> Result<()>;
}

/// Several observers look one after the other.
impl Observer for Vec<Box<dyn Observer>> {
    fn observe(&mut self, step: u64, model: &MultiTask) -> Result<()> {
        self.iter_mut().try_for_each(|observer| observer.observe(step, model))
    }
}

/// What is measured of the tasks' gradients, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GradientProbe {
    /// Steps that are looked at, spread evenly from the first; 0 looks at none.
    pub measurements: u64,
    /// Examples of a batch.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// Batches of each half: one half for gradients, the other for a task's agreement with itself and for losses after a
    /// step.
    #[schemars(range(min = 1))]
    pub batches: usize,
    /// How far TAG's lookahead moves the trunk.
    pub step: LookaheadStep,
}

impl Default for GradientProbe {
    fn default() -> Self {
        Self { measurements: 10, batch_size: 32, batches: 2, step: LookaheadStep::Distance(0.003) }
    }
}

impl GradientProbe {
    /// The steps of a training that are looked at.
    pub fn steps(&self, total: u64) -> Vec<u64> {
        let n = self.measurements.min(total);
        (0..n).map(|i| i * total / n).collect()
    }
}

/// What was seen at one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Steps done before.
    pub step: u64,
    pub gradients: GradientAlignment,
    /// Each task's loss on its second half.
    pub losses: Vec<f64>,
    /// The same after a step of one task on its first half: `[source][receiver]`.
    pub losses_after: Vec<Vec<f64>>,
    /// What looking took.
    pub seconds: f64,
}

impl Observation {
    /// Looks at a network with a head for each of the tasks, which is left as it is. All is computed in float32: the
    /// differences that a small step makes would be lost in the rounding of bfloat16 operands.
    ///
    /// # Errors
    /// If the device fails or gradients are not finite.
    pub fn of(
        model: &MultiTask,
        batches: &ProbeBatches<'_>,
        step: u64,
        lookahead: LookaheadStep,
        device: &Device,
    ) -> Result<Self> {
        let started = Instant::now();
        let mut model = model.clone();
        model.trunk = model.trunk.with_precision(Precision::F32);
        let model = &model;
        let autodiff = device.clone().autodiff();
        let tasks = 0..batches.tasks.len();
        let gradients = |half: Half| -> Result<Vec<(GradientsParams, f64)>> {
            let of = |task| task_gradient(model, &batches.of(task, half, step, &autodiff)?);
            tasks.clone().map(of).collect()
        };
        let (first, _): (Vec<_>, Vec<_>) = gradients(Half::First)?.into_iter().unzip();
        let (second, losses): (Vec<_>, Vec<_>) = gradients(Half::Second)?.into_iter().unzip();
        let gradients = GradientAlignment::of(&model.trunk, &first, &second)?;
        let receivers: Vec<Vec<MicroBatch>> = tasks
            .clone()
            .map(|task| batches.of(task, Half::Second, step, device))
            .collect::<Result<_>>()?;
        let losses_after = look_ahead(model, &first, &receivers, lookahead)?;
        let seconds = started.elapsed().as_secs_f64();
        Ok(Self { step, gradients, losses, losses_after, seconds })
    }

    /// Reads all observations in a run's folder, by step.
    ///
    /// # Errors
    /// Files that can't be read or are not observations.
    pub fn read_all(run: &Path) -> Result<Vec<Self>> {
        let folder = folder(run);
        let mut all = Vec::new();
        if !folder.exists() {
            return Ok(all);
        }
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            if path.extension().is_none_or(|e| e != "json") {
                continue;
            }
            let text = std::fs::read(&path).map_err(Error::io(&path))?;
            let read: Result<Self, _> = serde_json::from_slice(&text);
            all.push(read.map_err(|e| Error::File { path, problem: e.to_string() })?);
        }
        all.sort_by_key(|observation: &Self| observation.step);
        Ok(all)
    }
}

fn folder(run: &Path) -> PathBuf {
    run.join("observations")
}

/// The observations after the first step, if there are any: at the start heads are random, and gradients in the trunk
/// are what happens to pass through them.
pub fn after_start(observations: &[Observation]) -> Vec<&Observation> {
    let later: Vec<&Observation> = observations.iter().filter(|o| o.step > 0).collect();
    if later.is_empty() { observations.iter().collect() } else { later }
}

/// TAG's averages over the observations; see [`after_start`].
///
/// # Errors
/// Observations of different tasks.
pub fn mean_lookahead(observations: &[&Observation]) -> Result<LookaheadMean> {
    let wrong = |e: taskgraft_algebra::grouping::Error| Error::Usage(e.to_string());
    let mut mean = LookaheadMean::new(observations.first().map_or(0, |o| o.losses.len()));
    for observation in observations {
        for (source, after) in observation.losses_after.iter().enumerate() {
            mean.record(source, &observation.losses, after, None).map_err(wrong)?;
        }
    }
    Ok(mean)
}

/// Measures the gradients of a mixture's tasks along its training.
pub struct GradientObserver {
    tasks: Arc<Vec<TaskData>>,
    probe: GradientProbe,
    steps: Vec<u64>,
    /// Of the draws.
    seed: u64,
    pad: u32,
    /// Without autodiff.
    device: Device,
    folder: PathBuf,
}

impl GradientObserver {
    /// For a training of `total` steps on these tasks, whose files go to `run`.
    ///
    /// # Errors
    /// If the folder can't be made, or the probe has no examples.
    pub fn new(
        tasks: Arc<Vec<TaskData>>,
        probe: GradientProbe,
        total: u64,
        (seed, pad): (u64, u32),
        device: Device,
        run: &Path,
    ) -> Result<Self> {
        if probe.batch_size == 0 || probe.batches == 0 {
            let problem = "`batch_size` and `batches` of the gradient probe must be at least 1";
            return Err(Error::Usage(problem.into()));
        }
        let folder = folder(run);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let steps = probe.steps(total);
        Ok(Self { tasks, probe, steps, seed, pad, device, folder })
    }
}

impl Observer for GradientObserver {
    fn observe(&mut self, step: u64, model: &MultiTask) -> Result<()> {
        let path = self.folder.join(format!("step-{step}.json"));
        if !self.steps.contains(&step) || path.exists() {
            return Ok(());
        }
        let GradientProbe { batch_size, batches, step: lookahead, .. } = self.probe;
        let (seed, pad) = (self.seed, self.pad);
        let batches = ProbeBatches { tasks: &self.tasks, batch_size, batches, seed, pad };
        let seen = Observation::of(model, &batches, step, lookahead, &self.device)?;
        let json = serde_json::to_vec(&seen)
            .map_err(|e| Error::File { path: path.clone(), problem: e.to_string() })?;
        Ok(write_atomic(&path, &json)?)
    }
}

/// A way of combining gradients with an observer beside it.
pub struct Observed {
    inner: Box<dyn Combine<MultiTask>>,
    observer: Box<dyn Observer>,
}

impl Observed {
    /// Lets `observer` look at every step of `inner`.
    pub fn new(inner: Box<dyn Combine<MultiTask>>, observer: Box<dyn Observer>) -> Self {
        Self { inner, observer }
    }
}

impl Combine<MultiTask> for Observed {
    fn parts(&self) -> usize {
        self.inner.parts()
    }

    fn begin(&mut self, step: u64, model: &MultiTask) -> Result<()> {
        self.observer.observe(step, model)?;
        self.inner.begin(step, model)
    }

    fn add(
        &mut self,
        part: usize,
        batch: &MicroBatch,
        output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        self.inner.add(part, batch, output, model)
    }

    fn finish(&mut self, step: u64, model: &MultiTask) -> Result<Combined> {
        self.inner.finish(step, model)
    }

    fn abandon(&mut self) {
        self.inner.abandon();
    }

    fn after(&mut self, model: &MultiTask) -> Result<()> {
        self.inner.after(model)
    }

    fn state(&self, model: &MultiTask) -> MethodState {
        self.inner.state(model)
    }

    fn restore(&mut self, state: MethodState, model: &MultiTask) -> Result<()> {
        self.inner.restore(state, model)
    }
}
