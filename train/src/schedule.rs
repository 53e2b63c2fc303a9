//! Learning-rate schedules: linear warm-up from 0, then linear decay to 0 after the last step, T5's inverse square root
//! of the step, or no decay.
//!
//! The first is that of transformers' `get_linear_schedule_with_warmup`. BERT's original optimiser, and with it
//! BAM's, decays over all steps instead and overrides the first with the warm-up, so that its rate drops a little
//! where they meet.

use burn::{
    lr_scheduler::{LrScheduler, LrSchedulerRecord},
    optim::LearningRate,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What follows the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// The rate falls linearly to 0 over the steps that are left.
    #[default]
    Linear,
    /// The rate falls linearly to 0 over all steps, but below the warm-up's end the warm-up alone counts (BERT).
    LinearOverall,
    /// The rate is divided by the root of the step, or of this number where that is larger (T5: 10,000, and a rate of
    /// 1).
    InverseSqrt(u64),
    /// The rate stays.
    Constant,
}

/// Linear warm-up, then a decay or none.
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
        let warm = if done < self.warmup { done as f64 / self.warmup as f64 } else { 1.0 };
        let left = self.total.saturating_sub(done) as f64;
        self.peak
            * match self.decay {
                Decay::InverseSqrt(flat) => warm / (done.max(flat).max(1) as f64).sqrt(),
                _ if done < self.warmup => warm,
                Decay::Linear => left / self.total.saturating_sub(self.warmup).max(1) as f64,
                Decay::LinearOverall => left / self.total.max(1) as f64,
                Decay::Constant => 1.0,
            }
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
    use serde_json::Value;
    use taskgraft_models::parameters::depth_of;

    use super::*;
    use crate::methods::Anneal;

    /// The fixture, or another file of its shape where `GOLDEN_DIR` is set.
    fn golden() -> serde_json::Map<String, Value> {
        let text = match std::env::var("GOLDEN_DIR") {
            Ok(dir) => std::fs::read_to_string(format!("{dir}/numerics/schedules.json")).unwrap(),
            Err(_) => include_str!("../tests/fixtures/numerics/schedules.json").to_string(),
        };
        serde_json::from_str(&text).unwrap()
    }

    /// Our values for a case, which its name describes.
    fn ours(name: &str, count: usize) -> Vec<f64> {
        let warm = |decay| {
            let schedule = WarmupLinear::new(1e-4, 20, 200).with_decay(decay);
            (0..count as u64).map(|step| schedule.at(step)).collect()
        };
        if name.starts_with("linear warmup over 20 of 200 steps") {
            warm(Decay::Linear)
        } else if name.starts_with("linear decay to 0 over all 200 steps") {
            warm(Decay::LinearOverall)
        } else if name.starts_with("inverse square root: 1/sqrt(max(step, 10000))") {
            let schedule =
                WarmupLinear::new(1.0, 0, 1 << 20).with_decay(Decay::InverseSqrt(10_000));
            [1, 100, 10_000, 10_001, 40_000, 1_000_000].map(|step| schedule.at(step)).to_vec()
        } else if name.starts_with("bam layerwise: base 1e-4, decay 0.9, 12 encoder layers") {
            let layers = (0..12).map(|layer| format!("trunk.layers.{layer}.attention.qkv.weight"));
            let paths = std::iter::once("trunk.embeddings.words.weight".to_string())
                .chain(layers)
                .chain(["trunk.pooler.weight", "heads.0.output.weight"].map(String::from));
            paths.map(|path| 1e-4 * 0.9_f64.powi(depth_of(&path).from_head(12) as i32)).collect()
        } else if name.starts_with("teacher annealing lambda over 10 steps") {
            (0..10).map(|step| f64::from(Anneal::Linear.gold_weight(step, 10))).collect()
        } else {
            panic!("an unknown case: {name}")
        }
    }

    #[test]
    fn rates_agree_with_the_reference_values() {
        for (name, expected) in golden() {
            let expected: Vec<f64> =
                expected.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            let ours = ours(&name, expected.len());
            assert_eq!(ours.len(), expected.len(), "{name}");
            for (got, want) in ours.iter().zip(expected) {
                assert!((got - want).abs() <= 1e-7 * want.abs(), "{name}: {got}, not {want}");
            }
        }
    }

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
