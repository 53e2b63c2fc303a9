//! META-TARTAN's task weights (Dery et al., 2022, section 3.2): a softmax whose logits descend the end-task's dev loss.
//!
//! After a step of size β along -Σ wᵢ gᵢ the dev loss has, to first order, the derivative -β ⟨g_dev, gᵢ⟩ in wᵢ. The
//! logits move against it by plain gradient descent. The released code differs in three ways, each of which is a choice
//! here: it takes cosines in place of inner products, leaves out the softmax's Jacobian, and drops β (as everything
//! here does; it is part of the logits' learning rate).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the agreement of a task's gradient with the dev gradient is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// ⟨g_dev, gᵢ⟩ / (‖g_dev‖ ‖gᵢ‖): tasks whose losses are on other scales compare (released code).
    #[default]
    Cosine,
    /// ⟨g_dev, gᵢ⟩: the derivative itself.
    Dot,
}

/// How weights are learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MetaWeights {
    /// Learning rate of the logits.
    #[schemars(range(min = 0.0))]
    pub lr: f64,
    /// How agreement with the dev gradient is measured.
    pub alignment: Alignment,
    /// Whether the logits' gradient goes through the softmax; the released code takes the weights' for it.
    pub jacobian: bool,
}

impl Default for MetaWeights {
    fn default() -> Self {
        Self { lr: 0.1, alignment: Alignment::Cosine, jacobian: true }
    }
}

/// Inner products of the dev gradient with itself, with a task's, and of the task's with itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    pub dev: f64,
    pub with_task: f64,
    pub task: f64,
}

impl Agreement {
    /// The cosine; 0 where a gradient is zero.
    pub fn cosine(self) -> f64 {
        let norms = self.dev.max(0.0).sqrt() * self.task.max(0.0).sqrt();
        if norms > 0.0 { self.with_task / norms } else { 0.0 }
    }
}

impl MetaWeights {
    /// Moves the logits by what a step's agreements say.
    pub fn update(&self, logits: &mut [f64], agreements: &[Agreement]) {
        let of_weight = |a: &Agreement| match self.alignment {
            Alignment::Cosine => -a.cosine(),
            Alignment::Dot => -a.with_task,
        };
        let gradient: Vec<f64> = agreements.iter().map(of_weight).collect();
        let weights = softmax(logits);
        let mean: f64 = weights.iter().zip(&gradient).map(|(w, g)| w * g).sum();
        for ((logit, weight), gradient) in logits.iter_mut().zip(weights).zip(gradient) {
            *logit -= self.lr * if self.jacobian { weight * (gradient - mean) } else { gradient };
        }
    }
}

/// Positive numbers that sum to 1.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|l| (l - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|p| p / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        logits: Vec<f64>,
        weights: Vec<f64>,
        dev_grad: Vec<f64>,
        task_grads: Vec<Vec<f64>>,
        cosines: Vec<f64>,
        sgd_lr: f64,
        logits_after: Vec<f64>,
        as_released_logits_after: Vec<f64>,
    }

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    fn near(got: &[f64], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-9, "{got}, not {expected}");
        }
    }

    /// The fixture, or another file of its shape where `GOLDEN_DIR` is set.
    fn golden() -> Golden {
        let text = match std::env::var("GOLDEN_DIR") {
            Ok(dir) => {
                std::fs::read_to_string(format!("{dir}/numerics/meta_weights.json")).unwrap()
            }
            Err(_) => {
                include_str!("../../../tests/fixtures/numerics/meta_weights.json").to_string()
            }
        };
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn logits_move_as_the_reference_values_say() {
        for case in golden().cases {
            near(&softmax(&case.logits), &case.weights);
            let agreements: Vec<Agreement> = case
                .task_grads
                .iter()
                .map(|g| Agreement {
                    dev: dot(&case.dev_grad, &case.dev_grad),
                    with_task: dot(&case.dev_grad, g),
                    task: dot(g, g),
                })
                .collect();
            near(&agreements.iter().map(|a| a.cosine()).collect::<Vec<_>>(), &case.cosines);
            let moved = |alignment, jacobian| {
                let mut logits = case.logits.clone();
                let rule = MetaWeights { lr: case.sgd_lr, alignment, jacobian };
                rule.update(&mut logits, &agreements);
                logits
            };
            near(&moved(Alignment::Dot, true), &case.logits_after);
            near(&moved(Alignment::Cosine, false), &case.as_released_logits_after);
        }
    }

    #[test]
    fn the_task_that_agrees_gains_and_the_one_that_opposes_loses() {
        let mut logits = vec![0.0; 3];
        let with = |with_task| Agreement { dev: 1.0, with_task, task: 1.0 };
        MetaWeights::default().update(&mut logits, &[with(0.9), with(0.0), with(-0.9)]);
        assert!(logits[0] > logits[1] && logits[1] > logits[2], "{logits:?}");
    }

    #[test]
    fn a_gradient_of_zero_moves_nothing_without_jacobian() {
        let mut logits = vec![0.5, -0.5];
        let zero = Agreement { dev: 1.0, with_task: 0.0, task: 0.0 };
        let rule = MetaWeights { jacobian: false, ..Default::default() };
        rule.update(&mut logits, &[zero, zero]);
        assert_eq!(logits, [0.5, -0.5]);
    }
}
