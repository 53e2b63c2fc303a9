//! Born-again targets: the teacher's output mixed with the gold label.
//!
//! BAM! (Clark et al., 2019), section 2: a student is trained towards λ·y + (1 − λ)·f(x, teacher). λ is the weight of
//! the *gold* label. Teacher annealing raises it linearly from 0 to 1 over the student's training, so that the student
//! ends on the gold labels alone and can surpass its teacher. For classes the target is a distribution (temperature
//! 1), for scores a number. Pure functions on the host: the network never sees the teacher.

use serde::{Deserialize, Serialize};

/// The weight λ of the gold label as a function of training progress.
///
/// ```
/// use taskgraft_train::methods::Anneal;
///
/// assert_eq!(Anneal::Linear.gold_weight(50, 200), 0.25);
/// assert_eq!(Anneal::Constant(0.5).gold_weight(50, 200), 0.5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anneal {
    /// λ = step / total: teacher annealing.
    #[default]
    Linear,
    /// The same λ throughout; 0 is the teacher alone, 1 the gold label alone.
    Constant(f32),
}

impl Anneal {
    /// Distillation without gold labels.
    pub const TEACHER_ONLY: Anneal = Anneal::Constant(0.0);

    /// # Errors
    /// A weight outside [0, 1].
    pub fn check(self) -> crate::Result<()> {
        match self {
            Anneal::Constant(weight) if !(0.0..=1.0).contains(&weight) => {
                let what = "λ, the weight of gold labels against the teacher, must lie in [0, 1]";
                Err(crate::Error::Usage(format!("{what}; it is {weight}")))
            }
            _ => Ok(()),
        }
    }

    /// λ after `step` of `total` steps.
    pub fn gold_weight(self, step: u64, total: u64) -> f32 {
        match self {
            Anneal::Linear => (step as f64 / total.max(1) as f64) as f32,
            Anneal::Constant(weight) => weight,
        }
    }
}

/// λ·one-hot(gold) + (1 − λ)·softmax(teacher logits), written into `out`.
///
/// # Panics
/// If `gold` or the teacher's logits don't fit `out`.
pub fn mixed_class_target(gold: usize, teacher: Option<&[f32]>, gold_weight: f32, out: &mut [f32]) {
    out.fill(0.0);
    let gold_weight = match teacher {
        None => 1.0,
        Some(logits) => {
            assert_eq!(logits.len(), out.len(), "the teacher has another number of labels");
            let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let total: f32 = logits.iter().map(|l| (l - highest).exp()).sum();
            for (o, l) in out.iter_mut().zip(logits) {
                *o = (1.0 - gold_weight) * (l - highest).exp() / total;
            }
            gold_weight
        }
    };
    out[gold] += gold_weight;
}

/// λ·gold + (1 − λ)·teacher, both on the scale the network is trained on.
pub fn mixed_score_target(gold: f32, teacher: Option<f32>, gold_weight: f32) -> f32 {
    match teacher {
        None => gold,
        Some(teacher) => gold_weight * gold + (1.0 - gold_weight) * teacher,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_target(gold: usize, teacher: Option<&[f32]>, weight: f32) -> Vec<f32> {
        let mut out = vec![0.0; 3];
        mixed_class_target(gold, teacher, weight, &mut out);
        out
    }

    #[test]
    fn the_target_is_the_teacher_at_the_first_step_and_gold_at_the_last() {
        let logits = [0.0, 1.0, 2.0];
        let start = class_target(0, Some(&logits), Anneal::Linear.gold_weight(0, 100));
        let total: f32 = logits.iter().map(|l| l.exp()).sum();
        for (target, logit) in start.iter().zip(logits) {
            assert!((target - logit.exp() / total).abs() < 1e-6);
        }
        let end = class_target(0, Some(&logits), Anneal::Linear.gold_weight(100, 100));
        assert_eq!(end, [1.0, 0.0, 0.0]);
    }

    #[test]
    fn the_gold_weight_rises_linearly_on_the_gold_side() {
        assert_eq!(Anneal::Linear.gold_weight(25, 100), 0.25);
        assert_eq!(mixed_score_target(1.0, Some(0.0), Anneal::Linear.gold_weight(25, 100)), 0.25);
        assert_eq!(Anneal::TEACHER_ONLY.gold_weight(99, 100), 0.0);
        assert_eq!(Anneal::Constant(0.5).gold_weight(99, 100), 0.5);
    }

    #[test]
    fn every_class_target_is_a_distribution() {
        for weight in [0.0, 0.3, 1.0] {
            for logits in [[0.0, 0.0, 0.0], [80.0, -80.0, 3.0], [1e4, 1e4, -1e4]] {
                let target = class_target(2, Some(&logits), weight);
                assert!((target.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                assert!(target.iter().all(|p| (0.0..=1.0).contains(p)));
            }
        }
    }

    #[test]
    fn without_a_teacher_the_target_is_gold_whatever_the_weight() {
        assert_eq!(class_target(1, None, 0.2), [0.0, 1.0, 0.0]);
        assert_eq!(mixed_score_target(0.7, None, 0.2), 0.7);
    }
}
