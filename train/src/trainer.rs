//! One training from start to end: settings, tasks and a trunk in, a trained network out.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use burn::{
    data::dataloader::DataLoader,
    module::Module,
    tensor::Device,
    train::{
        Interrupter, Learner, SupervisedTraining, TrainingStrategy,
        renderer::{MetricsRenderer, tui::TuiMetricsRendererWrapper},
    },
};
use taskgraft_models::Trunk;
use taskgraft_tasks::{
    TaskSpec,
    mixture::{MixturePlan, RealisedRates, TaskLengths},
};

use super::{
    CheckpointState, Checkpoints, EvalLoader, MixtureLoader, MultiTask, Select, StepStrategy,
    TaskData, TrainConfig,
    checkpoint::WhenAsked,
    combine::{Average, Combine, Weighing, weight_key},
    data::name_key,
    figures::Figure,
    learning_rates,
    loader::LoaderSettings,
    logger::{LoggerFailure, RunLogger},
    optimiser,
    renderer::LineRenderer,
    strategy::Outcome,
};
use crate::{
    Error, Result,
    events::{JsonLines, TensorBoard},
    methods::{
        DevExamples, GradientsAt, MethodSpec, TaskWeighting, TaskWeights,
        end_task::{EndTaskAware, cosine_key},
    },
    observe::{Observed, Observer},
};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// burn-train's dashboard, which takes over the terminal.
    Dashboard,
    /// A progress bar and a line per evaluation.
    Lines,
}

/// A training to be run.
pub struct Trainer<'a> {
    pub config: &'a TrainConfig,
    pub tasks: Arc<Vec<TaskData>>,
    pub method: MethodSpec,
    /// Examples behind the dev gradient of a method that learns its weights from one.
    pub dev: Option<DevExamples>,
    /// Token id of padding.
    pub pad: u32,
    /// Seed of the heads' first values, of the order of examples and of dropout.
    pub seed: u64,
    /// Without autodiff.
    pub device: Device,
    /// What is shown beside the progress bar.
    pub label: &'a str,
    pub view: View,
    /// Where metrics, event files and checkpoints go.
    pub folder: &'a Path,
    /// Digest of the run's resolved config; checkpoints of another are not resumed.
    pub digest: &'a str,
}

/// A trained network and how it came about.
#[derive(Debug)]
pub struct Trained {
    /// In evaluation mode: no autodiff.
    pub model: MultiTask,
    pub outcome: Outcome,
    pub rates: RealisedRates,
    /// Factor on the losses of each task.
    pub loss_weights: Vec<f64>,
}

impl Trainer<'_> {
    /// Optimiser steps of this training.
    ///
    /// # Errors
    /// Settings that make no sense for these tasks.
    pub fn steps(&self) -> Result<u64> {
        self.config.total_steps(&self.tasks.iter().map(TaskData::size).collect::<Vec<_>>())
    }

    /// Trains a new head per task, and `trunk`, from the last checkpoint if there is one.
    ///
    /// # Errors
    /// If training fails or is interrupted, or files can't be written.
    pub fn train(&self, trunk: impl Into<Trunk>) -> Result<Trained> {
        let specs: Vec<TaskSpec> = self.tasks.iter().map(|t| t.spec.clone()).collect();
        self.train_on(MultiTask::new(trunk, &specs, self.seed, &self.device))
    }

    /// Trains a network with a head for each task, from the last checkpoint if there is one.
    ///
    /// # Errors
    /// If training fails or is interrupted, or files can't be written.
    pub fn train_on(&self, model: MultiTask) -> Result<Trained> {
        self.train_with(model, None)
    }

    /// As [`train_on`](Self::train_on), looked at by an observer before every step; the outcome is the same.
    ///
    /// # Errors
    /// As for [`train_on`](Self::train_on), and if the observer fails.
    pub fn train_observed(&self, model: MultiTask, observer: Box<dyn Observer>) -> Result<Trained> {
        self.train_with(model, Some(observer))
    }

    fn train_with(
        &self,
        mut model: MultiTask,
        observer: Option<Box<dyn Observer>>,
    ) -> Result<Trained> {
        let total = self.steps()?;
        let writes = self.tasks.iter().find(|task| task.text.is_some());
        if let (Some(task), None) = (writes, model.trunk.as_t5()) {
            let task = &task.spec.name;
            let problem = "is text-to-text, which needs an encoder-decoder (a T5) as trunk";
            return Err(Error::Usage(format!("task `{task}` {problem}")));
        }
        let plan = self.config.mixture.clone();
        let plan = MixturePlan::new(plan, self.lengths()?, total, self.seed)?;
        let plan = Arc::new(plan);
        let checkpoints = Checkpoints::open(&self.folder.join("checkpoints"))?;
        let start = CheckpointState { config: self.digest.into(), ..Default::default() };
        let resumed =
            checkpoints.last(self.digest, self.config.select == Select::Best)?.unwrap_or(start);

        let layers = model.trunk.layers();
        let specs: Vec<TaskSpec> = self.tasks.iter().map(|t| t.spec.clone()).collect();
        model.trunk = model.trunk.with_precision(self.config.precision);
        let model = model.train();
        let outcome = Arc::new(Mutex::new(Outcome::default()));
        let failure = LoggerFailure::default();
        let combine = match observer {
            Some(observer) => Box::new(Observed::new(self.combine(&plan)?, observer)),
            None => self.combine(&plan)?,
        };
        let strategy = StepStrategy {
            combine: Mutex::new(combine),
            device: self.device.clone(),
            evaluations: self.config.evaluation_steps(total),
            clip: self.config.clip,
            non_finite: self.config.non_finite,
            select: self.config.select,
            patience: self.config.patience,
            checkpoint_every: self.config.checkpoint_every,
            checkpoint_steps: self.config.checkpoint_steps,
            checkpoints: Some(checkpoints.clone()),
            resumed: resumed.clone(),
            tasks: self.tasks.clone(),
            outcome: outcome.clone(),
            logger: failure.clone(),
        };
        let learner = Learner::new(
            model.clone(),
            optimiser(self.config, &model),
            learning_rates(self.config, &model, layers, total),
        );
        let training = self.training(&plan, &specs, &resumed, &checkpoints, &failure)?;
        let training =
            training.with_training_strategy(TrainingStrategy::Custom(Arc::new(strategy)));
        let result = training.launch(learner);
        drop(result.renderer);

        let mut outcome =
            std::mem::take(&mut *outcome.lock().unwrap_or_else(PoisonError::into_inner));
        // The writers of checkpoints have ended by now.
        if let Some(error) = checkpoints.take_failure().or(outcome.failure.take()) {
            return Err(error);
        }
        if let Some(error) = result.error {
            return Err(Error::Training(error.to_string()));
        }
        if let Some(error) = failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error.into());
        }
        let rates = RealisedRates::of(&plan, outcome.steps);
        let loss_weights = plan.shares().iter().map(|s| s.loss_weight).collect();
        Ok(Trained { model: result.model, outcome, rates, loss_weights })
    }

    fn combine(&self, plan: &MixturePlan) -> Result<Box<dyn Combine<MultiTask>>> {
        let accumulation = self.config.accumulation;
        let has_each_task = plan.groups() == self.tasks.len();
        if !(has_each_task || self.method == MethodSpec::Average) {
            let problem = "a method that weighs tasks needs `mixture.composition=each_task`";
            return Err(Error::Usage(problem.into()));
        }
        let weighing = || Weighing {
            tasks: self.tasks.clone(),
            accumulation,
            steps: plan.steps(),
            batch_size: self.config.mixture.batch_size,
            seed: self.seed,
            padding: self.config.padding(self.pad),
            text: self.config.text.clone(),
            device: self.device.clone(),
        };
        Ok(match &self.method {
            MethodSpec::Average => Box::new(Average::of(plan.groups() * accumulation)),
            MethodSpec::Weighted(weighting) => weighting.combine(&weighing())?,
            MethodSpec::Own(own) => own.0.make(&weighing())?,
            MethodSpec::EndTask(weights) => Box::new(EndTaskAware::new(
                weights.clone(),
                self.tasks.len(),
                accumulation,
                self.dev.clone(),
                (self.seed, self.config.padding(self.pad)),
                self.device.clone(),
            )?),
        })
    }

    /// Whether all tasks are computed on one batch of the same texts.
    fn shares_texts(&self) -> bool {
        let at = |weighting: &TaskWeighting| weighting.at == GradientsAt::Representation;
        matches!(&self.method, MethodSpec::Weighted(weighting) if at(weighting))
    }

    /// What the mixture needs to know of the tasks: those that share their texts are drawn from alike.
    fn lengths(&self) -> Result<Vec<TaskLengths>> {
        let mut lengths: Vec<TaskLengths> = self.tasks.iter().map(TaskData::lengths).collect();
        if !self.shares_texts() {
            return Ok(lengths);
        }
        let first = &self.tasks[0];
        for (task, lengths) in self.tasks.iter().zip(&mut lengths) {
            if !task.has_texts_of(first) {
                return Err(Error::Usage(format!(
                    "`at=representation` is for tasks on the same texts; those of `{}` are not those of `{}`: leave it \
                     out, or give both tasks the same training examples in the same order",
                    task.spec.name, first.spec.name
                )));
            }
            lengths.key = name_key(&first.spec.name);
        }
        Ok(lengths)
    }

    fn training(
        &self,
        plan: &Arc<MixturePlan>,
        specs: &[TaskSpec],
        resumed: &CheckpointState,
        checkpoints: &Checkpoints,
        failure: &LoggerFailure,
    ) -> Result<SupervisedTraining<MultiTask>> {
        let settings = LoaderSettings {
            padding: self.config.padding(self.pad),
            threads: self.config.loader_threads,
            seed: self.seed,
            accumulation: self.config.accumulation,
        };
        let device = self.device.clone();
        let (tasks, steps, with_autodiff) =
            (self.tasks.clone(), plan.clone(), device.clone().autodiff());
        let train: Arc<dyn DataLoader<_>> = Arc::new(match self.shares_texts() {
            true => MixtureLoader::shared(tasks, steps, settings.clone(), with_autodiff),
            false => {
                let text = self.config.text.clone();
                MixtureLoader::with_text(tasks, steps, settings.clone(), text, with_autodiff)
            }
        });
        let valid: Arc<dyn DataLoader<_>> = Arc::new(EvalLoader::new(
            self.tasks.clone(),
            |task| &task.dev,
            self.config.eval_batch_size,
            settings,
            device,
        ));
        let interrupter = Interrupter::new();
        let lines = self.folder.join("metrics.jsonl");
        let lines = JsonLines::resume(&lines, resumed.step)?;
        let board = TensorBoard::create_in(self.folder)?;
        let [model_part, optimiser_part, schedule_part] = checkpoints.parts();
        let mut training = SupervisedTraining::new(self.folder, train, valid)
            .with_interrupter(interrupter.clone())
            .with_application_logger(None)
            .with_metric_logger(RunLogger::new(lines, board, failure.clone()))
            .with_custom_checkpointers(model_part, optimiser_part, schedule_part)
            .with_checkpointing_strategy(WhenAsked)
            .num_epochs(self.config.evaluations as usize)
            .label(self.label)
            .renderer(self.renderer(plan.steps(), resumed.step, interrupter));
        if resumed.step > 0 {
            training = training.checkpoint(resumed.step as usize);
        }
        Ok(with_metrics(training, specs, &self.method))
    }

    fn renderer(
        &self,
        total: u64,
        done: u64,
        interrupter: Interrupter,
    ) -> Box<dyn MetricsRenderer> {
        match self.view {
            View::Dashboard => Box::new(TuiMetricsRendererWrapper::new(interrupter, None)),
            View::Lines => Box::new(LineRenderer::new(self.label, done, total)),
        }
    }
}

fn with_metrics(
    mut training: SupervisedTraining<MultiTask>,
    specs: &[TaskSpec],
    method: &MethodSpec,
) -> SupervisedTraining<MultiTask> {
    for name in [
        "loss",
        "step",
        "learning rate",
        "gradient norm",
        "gold weight",
        "padding",
        "skipped steps",
    ] {
        training = training.metric_train_numeric(Figure::new(name, false));
    }
    for (index, spec) in specs.iter().enumerate() {
        training = training.metric_train_numeric(Figure::task_loss(index, &spec.name));
        if *method != MethodSpec::Average {
            let weight = Figure::named(&format!("{}/weight", spec.name), &weight_key(index));
            training = training.metric_train_numeric(weight);
        }
        if let MethodSpec::EndTask(TaskWeights::Learned(_)) = method {
            let name = format!("{}/dev cosine", spec.name);
            training = training.metric_train_numeric(Figure::named(&name, &cosine_key(index)));
        }
    }
    training = training.metric_valid_numeric(Figure::new("score", true));
    training = training.metric_valid_numeric(Figure::new("step", false));
    for spec in specs {
        for metric in &spec.metrics {
            let name = format!("{}/{metric}", spec.name);
            training = training.metric_valid_numeric(Figure::new(&name, true));
        }
    }
    training
}
