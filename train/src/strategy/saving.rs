//! What the loop over steps leaves behind when it ends early, and takes up again: checkpoints, the best weights, and
//! why it ended.

use std::sync::PoisonError;

use burn::train::{
    EventProcessorTraining, InferenceStep, Learner, LearnerModel, TrainStep,
    metric::store::{Aggregate, Split},
};

use super::Run;
use crate::{
    Checkpoints, Error, EvalBatch, EvalItem, MicroBatch, Result, Select, StepItem, signals::Signal,
};

impl<M> Run<'_, M>
where
    M: LearnerModel
        + TrainStep<Input = MicroBatch, Output = StepItem>
        + InferenceStep<Input = EvalBatch, Output = EvalItem>,
{
    /// Loads the best weights of before an interruption, where they will be asked for.
    pub(super) fn resume_best(&mut self, learner: &Learner<M>) -> Result<()> {
        if let (Select::Best, Some((best, _)), Some(checkpoints), Some(checkpointer)) = (
            self.strategy.select,
            self.state.best,
            &self.strategy.checkpoints,
            &self.components.checkpointer,
        ) {
            checkpoints.verify(best)?;
            let learner = checkpointer.load_checkpoint(learner.clone(), best as usize);
            self.best = Some(learner.model());
        }
        Ok(())
    }

    /// Writes a checkpoint if one is due; the best weights must be in one if they are to survive an interruption.
    pub(super) fn checkpoint(
        &mut self,
        learner: &Learner<M>,
        stretch: u64,
        is_best: bool,
    ) -> Result<()> {
        let every = self.strategy.checkpoint_every;
        let is_needed = is_best && self.strategy.select == Select::Best;
        let is_due = every > 0 && (is_needed || stretch.is_multiple_of(every));
        if is_due { self.save(learner) } else { Ok(()) }
    }

    /// Writes a checkpoint of the steps done, unless there is one; it is complete a while later, on threads of its own.
    pub(super) fn save(&mut self, learner: &Learner<M>) -> Result<()> {
        if self.state.step == self.saved {
            return Ok(());
        }
        self.flush();
        if let (Some(checkpoints), Some(checkpointer)) =
            (&self.strategy.checkpoints, &mut self.components.checkpointer)
        {
            let outcome = self.strategy.outcome();
            self.state.evaluations.clone_from(&outcome.evaluations);
            self.state.waste = outcome.waste;
            let method = self.combine.state(&learner.model());
            self.state.method = method.values;
            self.state.step_seconds = outcome.step_seconds;
            drop(outcome);
            checkpoints.announce(self.state.clone(), method.tensors)?;
            checkpointer.checkpoint(
                learner,
                self.state.step as usize,
                &self.components.event_store,
            );
            self.saved = self.state.step;
        }
        Ok(())
    }

    /// Waits until all that was measured is in the files: a checkpoint must not be complete before its metrics.
    pub(super) fn flush(&mut self) {
        let flushed = self.components.event_processor.flush();
        self.interrupter.fail_on_error(flushed);
        // The processor hands figures on to the store, which writes them on a thread that nothing flushes; but it
        // answers questions in turn.
        let store = &self.components.event_store;
        let _ = store.find_metric("score", 0, Aggregate::Mean, &Split::Valid);
    }

    /// Why a training that was asked to stop did.
    pub(super) fn stopped(&self, signal: Option<Signal>) -> Error {
        match self.interrupter.error() {
            Some(error) => Error::Training(error.to_string()),
            None => {
                let step = self.state.step;
                Error::Stopped { signal, step, saved: step > 0 && self.saved == step }
            }
        }
    }

    /// That checkpoints and metrics could be written so far.
    pub(super) fn check_written(&self) -> Result<()> {
        if let Some(error) = self.strategy.checkpoints.as_ref().and_then(Checkpoints::take_failure)
        {
            return Err(error);
        }
        match self.strategy.logger.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}
