//! The loop over steps, as a burn-train learning strategy.
//!
//! burn-train counts epochs; here its "epoch" is the stretch of steps between two evaluations, so that its events,
//! dashboard and early stopping work unchanged. The loop accumulates gradients (averaging), clips by global norm, steps
//! the schedule and the optimiser, evaluates at given steps, checkpoints and stops early. A loss or
//! gradient that is not finite stops training; it is read a step late, so that the device never waits for the host.
//! Where such steps are to be left out they are waited for instead, before anything has changed.

mod saving;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use burn::{
    data::dataloader::Progress,
    optim::GradientsParams,
    tensor::{Device, ExecutionError},
    train::{
        EventProcessorTraining, InferenceStep, Interrupter, Learner, LearnerEvent, LearnerModel,
        SupervisedLearningStrategy, SupervisedTrainingEventProcessor, TrainLoader, TrainStep,
        TrainingComponents, TrainingItem, ValidLoader,
    },
};
use taskgraft_tasks::mixture::PaddingWaste;

use super::{
    CheckpointState, Checkpoints, Combine, EvalBatch, EvalItem, MethodState, MicroBatch, NonFinite,
    Select, StepItem, TaskData, logger::LoggerFailure, step,
};
use crate::{
    Error, Result,
    evaluation::{TaskOutputs, TaskScores, collect, mean_score, score},
    signals,
};

/// What came of a training, beside the network.
#[derive(Debug, Default)]
pub struct Outcome {
    pub steps: u64,
    /// Step and scores of every evaluation.
    pub evaluations: Vec<(u64, Vec<TaskScores>)>,
    /// What the network that came out put out for the dev sets; none where another process evaluated it.
    pub outputs: Option<Vec<TaskOutputs>>,
    pub waste: PaddingWaste,
    /// Time spent in training steps, evaluation excluded.
    pub step_seconds: f64,
    /// Steps that were left out, since a loss or gradient was not finite.
    pub skipped: u64,
    pub failure: Option<Error>,
}

impl Outcome {
    fn resume(&mut self, state: &CheckpointState) {
        self.steps = state.step;
        self.evaluations.clone_from(&state.evaluations);
        self.waste = state.waste;
        self.step_seconds = state.step_seconds;
        self.skipped = state.skipped;
    }
}

/// A step-based strategy for learners that take [`MicroBatch`]es.
pub struct StepStrategy<M> {
    /// How a step's gradients are made.
    pub combine: Mutex<Box<dyn Combine<M>>>,
    pub device: Device,
    /// Steps after which the network is evaluated; the last is the end.
    pub evaluations: Vec<u64>,
    /// Largest global norm; 0 for none.
    pub clip: f64,
    pub non_finite: NonFinite,
    pub select: Select,
    pub patience: Option<usize>,
    /// Evaluations between checkpoints; 0 for none.
    pub checkpoint_every: u64,
    /// Steps between checkpoints that are not at evaluations; 0 for none.
    pub checkpoint_steps: u64,
    pub checkpoints: Option<Checkpoints>,
    /// Where the run was resumed, or its start.
    pub resumed: CheckpointState,
    pub tasks: Arc<Vec<TaskData>>,
    pub outcome: Arc<Mutex<Outcome>>,
    /// Where the logger's first failure is kept.
    pub logger: LoggerFailure,
}

/// So many steps left out one after the other are no accident.
const MOST_SKIPPED_IN_A_ROW: u64 = 20;

/// Whether training goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Continue,
    Stop,
}

impl<M> SupervisedLearningStrategy<M> for StepStrategy<M>
where
    M: LearnerModel
        + TrainStep<Input = MicroBatch, Output = StepItem>
        + InferenceStep<Input = EvalBatch, Output = EvalItem>,
{
    fn fit(
        &self,
        components: TrainingComponents<M>,
        mut learner: Learner<M>,
        train: TrainLoader<M>,
        valid: ValidLoader<M>,
        _starting_epoch: usize,
    ) -> (M, SupervisedTrainingEventProcessor<M>) {
        learner.fork(&self.device.clone().autodiff());
        self.outcome().resume(&self.resumed);
        let mut combine = self.combine.lock().unwrap_or_else(PoisonError::into_inner);
        let mut run = Run {
            combine: combine.as_mut(),
            interrupter: components.interrupter.clone(),
            components,
            state: self.resumed.clone(),
            saved: self.resumed.step,
            best: None,
            skipped_in_a_row: 0,
            strategy: self,
        };
        let model = match run.all(&mut learner, &train, &valid) {
            Ok(()) => run.best.filter(|_| self.select == Select::Best).unwrap_or(learner.model()),
            Err(error) => {
                run.interrupter.stop(Some(&error.to_string()));
                self.outcome().failure = Some(error);
                learner.model()
            }
        };
        (model, run.components.event_processor)
    }
}

impl<M> StepStrategy<M> {
    fn outcome(&self) -> std::sync::MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Run<'a, M: LearnerModel> {
    strategy: &'a StepStrategy<M>,
    combine: &'a mut dyn Combine<M>,
    components: TrainingComponents<M>,
    interrupter: Interrupter,
    state: CheckpointState,
    /// Step of the last checkpoint.
    saved: u64,
    best: Option<M>,
    skipped_in_a_row: u64,
}

impl<M> Run<'_, M>
where
    M: LearnerModel
        + TrainStep<Input = MicroBatch, Output = StepItem>
        + InferenceStep<Input = EvalBatch, Output = EvalItem>,
{
    fn all(
        &mut self,
        learner: &mut Learner<M>,
        train: &TrainLoader<M>,
        valid: &ValidLoader<M>,
    ) -> Result<()> {
        let strategy = self.strategy;
        self.resume_best(learner)?;
        if self.is_out_of_patience() {
            return Ok(());
        }
        if self.state.step > 0
            && let Some(checkpoints) = &strategy.checkpoints
        {
            let tensors = checkpoints.method_tensors(self.state.step)?;
            let state = MethodState { values: self.state.method.clone(), tensors };
            self.combine.restore(state, &learner.model())?;
        }
        let first = self.state.step as usize * self.combine.parts();
        let rest = train.slice(first, train.num_items());
        let mut items = rest.iter();
        for (stretch, &until) in strategy.evaluations.iter().enumerate() {
            // A checkpoint at an evaluation's step may have been written before the evaluation.
            let is_evaluated =
                self.strategy.outcome().evaluations.iter().any(|(at, _)| *at == until);
            if until < self.state.step || (until == self.state.step && is_evaluated) {
                continue;
            }
            if until > self.state.step {
                self.steps(learner, &mut *items, stretch + 1, until)?;
            }
            if self.evaluate(learner, valid, stretch + 1)? == Next::Stop {
                break;
            }
        }
        Ok(())
    }

    /// Trains until `until` steps are done.
    fn steps(
        &mut self,
        learner: &mut Learner<M>,
        items: &mut dyn Iterator<Item = Result<MicroBatch, burn::data::dataset::DatasetError>>,
        stretch: usize,
        until: u64,
    ) -> Result<()> {
        let first = self.state.step;
        let count = (until - first) as usize;
        self.train_event(LearnerEvent::StartSplit { epoch_number: stretch, total_items: count });
        let mut started = Instant::now();
        let mut unread: Option<StepItem> = None;
        while self.state.step < until {
            let signal = signals::received();
            let is_stopped = signal.is_some() || self.interrupter.should_stop();
            let every = self.strategy.checkpoint_steps;
            let is_due = every > 0 && self.state.step.is_multiple_of(every);
            if is_stopped || (is_due && self.state.step > self.saved) {
                if let Some(last) = unread.take() {
                    self.check_finite(&last, self.state.step, &learner.model())?;
                }
                self.strategy.outcome().step_seconds += started.elapsed().as_secs_f64();
                started = Instant::now();
                self.save(learner)?;
            }
            if is_stopped {
                return Err(self.stopped(signal));
            }
            self.check_written()?;
            let item = self.one_step(learner, items)?;
            if let Some(last) = unread.replace(item.clone()) {
                self.check_finite(&last, self.state.step - 1, &learner.model())?;
            }
            self.strategy.outcome().waste.real += item.tokens().0;
            self.strategy.outcome().waste.computed += item.tokens().1;
            let done = (self.state.step - first) as usize;
            let progress = Progress::new(done, count, Some("steps".into()));
            let lr = learner.lr_current();
            let event = TrainingItem::new(item, progress, Some(self.state.step as usize), Some(lr));
            self.train_event(LearnerEvent::ProcessedItem(event));
        }
        if let Some(last) = unread {
            self.check_finite(&last, self.state.step, &learner.model())?;
        }
        let mut outcome = self.strategy.outcome();
        outcome.step_seconds += started.elapsed().as_secs_f64();
        outcome.steps = self.state.step;
        outcome.skipped = self.state.skipped;
        drop(outcome);
        self.train_event(LearnerEvent::EndSplit(stretch));
        Ok(())
    }

    fn one_step(
        &mut self,
        learner: &mut Learner<M>,
        items: &mut dyn Iterator<Item = Result<MicroBatch, burn::data::dataset::DatasetError>>,
    ) -> Result<StepItem> {
        let skips = self.strategy.non_finite == NonFinite::Skip;
        let before = skips.then(|| self.combine.state(&learner.model()));
        let mut made = self.gradients(learner, items);
        if let (true, Ok((_, item))) = (skips, &made)
            && let Err(error) = self.check_finite(item, self.state.step + 1, &learner.model())
        {
            made = Err(error);
        }
        learner.lr_step();
        let mut item = match (made, before) {
            (Ok((gradients, item)), _) => {
                learner.optimizer_step(gradients);
                self.combine.after(&learner.model())?;
                self.skipped_in_a_row = 0;
                item
            }
            (Err(error), Some(before)) if error.is_of_poisoned_numbers() => {
                self.skip(error, before, &learner.model())?
            }
            (Err(error), _) => return Err(error),
        };
        item.push("learning rate", learner.lr_current().base());
        self.state.step += 1;
        Ok(item)
    }

    /// Leaves a step out: the method is as it was before. Weights and optimiser have not been touched.
    fn skip(&mut self, error: Error, before: MethodState, model: &M) -> Result<StepItem> {
        self.skipped_in_a_row += 1;
        if self.skipped_in_a_row > MOST_SKIPPED_IN_A_ROW {
            return Err(error);
        }
        self.combine.abandon();
        self.combine.restore(before, model)?;
        self.state.skipped += 1;
        eprintln!("warning: {error} (left out; {} so far)", self.state.skipped);
        Ok(StepItem::skipped(self.state.step, self.state.skipped))
    }

    /// The gradients of a step, clipped.
    fn gradients(
        &mut self,
        learner: &Learner<M>,
        items: &mut dyn Iterator<Item = Result<MicroBatch, burn::data::dataset::DatasetError>>,
    ) -> Result<(GradientsParams, StepItem)> {
        // All are taken from the loader, whatever becomes of the step.
        let parts = self.combine.parts();
        let batches: Vec<_> = items.take(parts).collect();
        if batches.len() < parts {
            return Err(Error::Training("the data loader gave too few batches for a step".into()));
        }
        let batches = batches.into_iter();
        let batches = batches.map(|b| b.map_err(|e| Error::Training(format!("loading data: {e}"))));
        step::gradients(
            self.combine,
            self.state.step,
            batches,
            &learner.model(),
            self.strategy.clip,
        )
    }

    fn evaluate(
        &mut self,
        learner: &Learner<M>,
        valid: &ValidLoader<M>,
        stretch: usize,
    ) -> Result<Next> {
        let strategy = self.strategy;
        let batches = valid.num_items();
        self.valid_event(LearnerEvent::StartSplit { epoch_number: stretch, total_items: batches });
        let model = learner.model();
        let sizes: Vec<usize> = strategy.tasks.iter().map(|t| t.dev.len()).collect();
        let collected = collect(&model.valid(), valid, &sizes, &self.interrupter, |_| {});
        let outputs = match collected {
            Err(Error::Interrupted { signal, .. }) => {
                self.save(learner)?;
                return Err(self.stopped(Some(signal)));
            }
            other => other?,
        };
        let scores = strategy
            .tasks
            .iter()
            .zip(&outputs)
            .filter(|(task, _)| !task.dev.is_empty())
            .map(|(task, outputs)| score(&task.spec, outputs, &task.dev))
            .collect::<Result<Vec<_>>>()?;
        let mean = mean_score(&scores);
        let step = self.state.step;
        let mut figures = vec![("step".to_string(), step as f64)];
        if !scores.is_empty() {
            figures.push(("score".to_string(), mean));
        }
        for task in &scores {
            figures.extend(
                task.figures().map(|(name, value)| (format!("{}/{name}", task.task), value)),
            );
        }
        let progress = Progress::new(batches, batches, Some("batches".into()));
        let item =
            TrainingItem::new(EvalItem::figures(figures), progress, Some(step as usize), None);
        self.valid_event(LearnerEvent::ProcessedItem(item));
        self.valid_event(LearnerEvent::EndSplit(stretch));
        self.train_event(LearnerEvent::EndEpoch(stretch));
        self.flush();
        strategy.outcome().evaluations.push((step, scores));

        let is_best = self.state.best.is_none_or(|(_, best)| mean > best);
        if is_best {
            self.state.best = Some((step, mean));
            self.state.evaluations_since_best = 0;
            if strategy.select == Select::Best {
                self.best = Some(model);
            }
        } else {
            self.state.evaluations_since_best += 1;
        }
        if is_best || strategy.select == Select::Last {
            strategy.outcome().outputs = Some(outputs);
        }
        self.checkpoint(learner, stretch as u64, is_best)?;
        Ok(self.whether_to_stop(stretch))
    }

    fn whether_to_stop(&mut self, stretch: usize) -> Next {
        let store = &self.components.event_store;
        let asked_to = match self.components.early_stopping.as_mut() {
            Some(strategy) => strategy.should_stop(stretch, store),
            None => false,
        };
        if self.is_out_of_patience() || asked_to { Next::Stop } else { Next::Continue }
    }

    /// Whether there were too many evaluations without a better one; never before the first.
    fn is_out_of_patience(&self) -> bool {
        let too_many = |patience| self.state.evaluations_since_best >= patience;
        self.state.best.is_some() && self.strategy.patience.is_some_and(too_many)
    }

    /// Refuses losses and gradients that are not finite. The parameter is looked for only then.
    fn check_finite(&self, item: &StepItem, step: u64, model: &M) -> Result<()> {
        let failed = |e: ExecutionError| Error::Training(e.to_string());
        let name = |task: usize| self.strategy.tasks[task].spec.name.as_str();
        let (losses, norm) = item.read().map_err(failed)?;
        if let Some((task, _, value)) = losses.into_iter().find(|(_, _, loss)| !loss.is_finite()) {
            return Err(Error::NotFinite { step, task: name(task).into(), value });
        }
        if norm.is_none_or(f64::is_finite) {
            return Ok(());
        }
        let parameter = item.gradient_norm().map_or(Ok(None), |norm| norm.not_finite(model));
        let parameter = parameter.map_err(failed)?;
        let parameter = parameter.map_or("all parameters together".into(), |p| format!("`{p}`"));
        let tasks: Vec<&str> = item.tasks().map(name).collect();
        let what = format!("{parameter}, in a step of {},", tasks.join(", "));
        Err(Error::GradientNotFinite { step, what })
    }

    fn train_event(&mut self, event: LearnerEvent<StepItem>) {
        let result = self.components.event_processor.process_train(event);
        self.interrupter.fail_on_error(result);
    }

    fn valid_event(&mut self, event: LearnerEvent<EvalItem>) {
        let result = self.components.event_processor.process_valid(event);
        self.interrupter.fail_on_error(result);
    }
}
