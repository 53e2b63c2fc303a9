//! The learning-rate schedules of fine-tuning: linear warm-up from 0, then linear decay to 0 after the last step, or no
//! decay.
//!
//! The first is that of transformers' `get_linear_schedule_with_warmup`. BERT's original optimiser, and with it BAM's, decays
//! over all steps instead and overrides the first with the warm-up, so that its rate drops a little where they meet.
use burn::{
    lr_scheduler::{LrScheduler, LrSchedulerRecord},
    optim::LearningRate,
};
use serde::{Deserialize, Serialize};

/// What follows the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// The rate falls linearly to 0.
    #[default]
    Linear,
    /// The rate stays.
    Constant,
}

/// Linear warm-up, then linear decay to 0 or none.
#[derive(Clone, Debug)]
pub struct WarmupLinear {
    peak: f64,
    decay: Decay,
    warmup: u64,
    total: u64,
    steps_done: u64,
}

impl WarmupLinear {
    /// Rises to `peak` over the first `warmup` of `total` steps and falls to 0 over the rest, as transformers'
    /// `get_linear_schedule_with_warmup` does.
    pub fn new(peak: f64, warmup: u64, total: u64) -> Self {
        Self { peak, decay: Decay::Linear, warmup, total, steps_done: 0 }
    }

    /// Sets what follows the warm-up.
    #[must_use]
    pub fn with_decay(mut self, decay: Decay) -> Self {
        self.decay = decay;
        self
    }

    /// The rate of the step after `done` steps.
    pub fn at(&self, done: u64) -> f64 {
        if done < self.warmup {
            return self.peak * done as f64 / self.warmup as f64;
        }
        if self.decay == Decay::Constant {
            return self.peak;
        }
        let left = self.total.saturating_sub(done) as f64;
        self.peak * left / self.total.saturating_sub(self.warmup).max(1) as f64
    }
}

impl LrScheduler for WarmupLinear {
    fn step(&mut self) -> LearningRate {
        let rate = self.at(self.steps_done);
        self.steps_done += 1;
        rate
    }

    fn to_record(&self) -> LrSchedulerRecord {
        LrSchedulerRecord::new().with_scalar("steps_done", self.steps_done)
    }

    fn load_record(&mut self, record: LrSchedulerRecord) {
        if let Some(steps) = record.scalar("steps_done") {
            self.steps_done = steps;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_to_nothing() {
        let schedule = WarmupLinear::new(2.0, 4, 12);
        assert_eq!(schedule.at(0), 0.0);
        assert_eq!(schedule.at(2), 1.0);
        assert_eq!(schedule.at(4), 2.0);
        assert_eq!(schedule.at(8), 1.0);
        assert_eq!(schedule.at(12), 0.0);
        assert_eq!(WarmupLinear::new(2.0, 0, 10).at(0), 2.0);
    }

    #[test]
    fn a_constant_rate_stays_after_the_warm_up() {
        let schedule = WarmupLinear::new(2.0, 4, 12).with_decay(Decay::Constant);
        assert_eq!((schedule.at(2), schedule.at(4), schedule.at(11)), (1.0, 2.0, 2.0));
    }

    #[test]
    fn a_loaded_record_goes_on_where_it_was_saved() {
        let mut schedule = WarmupLinear::new(1.0, 3, 10);
        for _ in 0..5 {
            schedule.step();
        }
        let mut resumed = WarmupLinear::new(1.0, 3, 10);
        resumed.load_record(schedule.to_record());
        assert_eq!(resumed.step(), schedule.step());
    }
}
