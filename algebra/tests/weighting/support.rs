//! What the test files of weightings share: runs of a method on given gradients, and random gradients.

use proptest::prelude::*;
use serde_json::{Value, json};
use taskgraft_algebra::weighting::{Gramian, StepInputs, Weighting, by_name};

pub type Rows = Vec<Vec<f64>>;

/// Options under which every phase of a method is met within a few steps.
pub fn options(name: &str, tasks: usize) -> Value {
    match name {
        "dwa" => json!({ "period": 2 }),
        "stch" => json!({ "warmup": 3, "reference": 2 }),
        _ => {
            let methods = taskgraft_algebra::weighting::all();
            methods.iter().find(|m| m.name == name).unwrap().example_options(tasks)
        }
    }
}

/// A method on its way through steps, with the averages of gradients that a learner would keep for it.
pub struct Run {
    pub method: Box<dyn Weighting>,
    pub averages: Option<Rows>,
    pub step: u64,
}

/// What a step gave.
pub struct Outcome {
    pub weights: Vec<f64>,
    /// The gradients, or their averages where the method asks for them.
    pub rows: Rows,
    /// Σ wᵢ gᵢ.
    pub direction: Vec<f64>,
}

impl Run {
    pub fn new(name: &str, tasks: usize) -> Self {
        let method = by_name(name, &options(name, tasks)).unwrap();
        Self { method, averages: None, step: 0 }
    }

    /// One step as a learner takes it; losses after the update are those before it times `after`.
    pub fn step(&mut self, rows: &Rows, losses: &[f64], after: &[f64]) -> Outcome {
        let rows = self.tracked(rows, losses);
        let gramian = Gramian::from_gradients(&rows).unwrap();
        let inputs = StepInputs { step: self.step, progress: 0.5, losses, gramian: Some(&gramian) };
        let weights = self.method.weights(&inputs).unwrap();
        assert_eq!(weights.len(), losses.len());
        if self.method.needs().losses_after {
            let losses_after: Vec<f64> = losses.iter().zip(after).map(|(l, a)| l * a).collect();
            self.method.observe_losses_after(&losses_after).unwrap();
        }
        self.step += 1;
        let direction = combine(&rows, &weights);
        Outcome { weights, rows, direction }
    }

    fn tracked(&mut self, rows: &Rows, losses: &[f64]) -> Rows {
        let Some(tracking) = self.method.needs().tracking else { return rows.clone() };
        let norms = Gramian::from_gradients(rows).unwrap().norms();
        let (rate, scales) = (tracking.rate(self.step), tracking.scales(losses, &norms));
        let zeros = || rows.iter().map(|row| vec![0.0; row.len()]).collect();
        let averages = self.averages.get_or_insert_with(zeros);
        for ((average, row), scale) in averages.iter_mut().zip(rows).zip(scales) {
            for (y, g) in average.iter_mut().zip(row) {
                *y += rate * (scale * g - *y);
            }
        }
        averages.clone()
    }
}

/// Σ wᵢ gᵢ.
pub fn combine(rows: &Rows, weights: &[f64]) -> Vec<f64> {
    (0..rows[0].len()).map(|k| rows.iter().zip(weights).map(|(r, w)| r[k] * w).sum()).collect()
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

pub fn unit(a: &[f64]) -> Vec<f64> {
    let norm = norm(a);
    a.iter().map(|x| x / norm).collect()
}

/// ‖a − b‖ relative to the longer of both.
pub fn difference(a: &[f64], b: &[f64]) -> f64 {
    let between: Vec<f64> = a.iter().zip(b).map(|(x, y)| x - y).collect();
    let longest = norm(a).max(norm(b));
    if longest > 0.0 { norm(&between) / longest } else { 0.0 }
}

/// Numbers in [−1, 1] that depend on their key alone.
pub fn noise(key: u64, count: usize) -> Vec<f64> {
    let mut state = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..20).for_each(|_| _ = next());
    (0..count).map(|_| next()).collect()
}

/// Gradients of `tasks` tasks at a step, of norms within a factor of about three.
pub fn gradients(key: u64, tasks: usize, dim: usize) -> Rows {
    (0..tasks)
        .map(|task| {
            let key = key * 1000 + task as u64;
            let size = 1.7_f64.powf(noise(key + 500, 1)[0]);
            noise(key, dim).into_iter().map(|x| x * size).collect()
        })
        .collect()
}

/// Positive losses.
pub fn losses(key: u64, tasks: usize) -> Vec<f64> {
    noise(key + 77_777, tasks).into_iter().map(|x| 1.2 + x).collect()
}

/// Random gradients of two to eight tasks, of norms up to three orders of magnitude apart, in few dimensions or many.
pub fn any_gradients(dims: std::ops::Range<usize>) -> impl Strategy<Value = Rows> {
    (2_usize..9, dims).prop_flat_map(|(tasks, dim)| {
        let row = prop::collection::vec(-1.0..1.0_f64, dim);
        prop::collection::vec((row, -1.5..1.5_f64), tasks).prop_map(|rows| {
            rows.into_iter()
                .map(|(row, size)| row.into_iter().map(|x| x * 10_f64.powf(size)).collect())
                .collect()
        })
    })
}
