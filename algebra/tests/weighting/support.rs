//! What the test files of weightings share: runs of a registered method, and random gradients.

use proptest::prelude::*;
use serde_json::{Value, json};
pub use taskgraft_algebra::conformance::{Outcome, data::*};
use taskgraft_algebra::{
    conformance,
    weighting::{Weighting, by_name},
};

/// Options under which every phase of a method is met within a few steps.
pub fn options(name: &str, tasks: usize) -> Value {
    match name {
        "dwa" => json!({ "period": 2 }),
        "stch" => json!({ "warmup": 3, "reference": 2 }),
        _ => {
            let mut methods = taskgraft_algebra::weighting::all();
            methods.find(|m| m.name == name).unwrap().example_options(tasks)
        }
    }
}

/// A method by name, with those options.
pub fn made(name: &str, tasks: usize) -> Box<dyn Weighting> {
    by_name(name, &options(name, tasks)).unwrap()
}

/// A method on its way through steps.
pub struct Run(pub conformance::Run);

impl Run {
    pub fn new(name: &str, tasks: usize) -> Self {
        Self(conformance::Run::of(made(name, tasks)))
    }

    /// One step as a learner takes it; losses after the update are those before it times `after`.
    pub fn step(&mut self, rows: &Rows, losses: &[f64], after: &[f64]) -> Outcome {
        self.0.step(rows, losses, after).unwrap()
    }
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
