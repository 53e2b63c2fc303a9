//! Errors of operations on one device, over all cases of a name: how many values, how far off, and where.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use taskgraft::Result;

use super::{super::ulp::Errors, operation::Operation};

/// Errors of an operation's values, or of its gradients, over all its cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorSummary {
    /// Values that were compared.
    pub values: usize,
    /// In units in the last place.
    pub median: f64,
    pub largest: f64,
    /// Largest error over the exact value's size.
    pub relative: f64,
    /// Where the largest error was.
    pub place: String,
}

/// How far off an operation is on one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationErrors {
    pub name: String,
    /// The largest relative error that is no fault.
    pub bound: f64,
    pub forward: ErrorSummary,
    /// `None` where it has no gradients.
    pub backward: Option<ErrorSummary>,
}

impl OperationErrors {
    /// Whether values and gradients are within the bound.
    pub fn is_within(&self) -> bool {
        let is_within = |errors: &ErrorSummary| errors.relative <= self.bound;
        is_within(&self.forward) && self.backward.as_ref().is_none_or(is_within)
    }
}

/// Errors of operations on a device, without autodiff; those of one name stand behind each other.
///
/// # Errors
/// If the device fails.
pub fn measure(operations: &[Operation], device: &Device) -> Result<Vec<OperationErrors>> {
    let mut all: Vec<OperationErrors> = Vec::new();
    for cases in operations.chunk_by(|a, b| a.name == b.name) {
        let (mut forward, mut backward) = (Gathered::default(), Gathered::default());
        for operation in cases {
            for (index, (what, errors)) in operation.errors(device)?.into_iter().enumerate() {
                let into = if index == 0 { &mut forward } else { &mut backward };
                into.add(format!("{what}, {}", operation.case), &errors);
            }
        }
        all.push(OperationErrors {
            name: cases[0].name.into(),
            bound: cases[0].bound,
            forward: forward.summary(),
            backward: cases[0].is_differentiable.then(|| backward.summary()),
        });
    }
    Ok(all)
}

/// Errors of several tensors, and where the largest was.
#[derive(Default)]
struct Gathered {
    errors: Errors,
    largest: f64,
    place: String,
}

impl Gathered {
    fn add(&mut self, place: String, errors: &Errors) {
        if errors.largest() > self.largest {
            (self.largest, self.place) = (errors.largest(), place);
        }
        self.errors.join(errors);
    }

    /// JSON has no infinity: the largest number stands for it.
    fn summary(self) -> ErrorSummary {
        ErrorSummary {
            values: self.errors.units.len(),
            median: self.errors.median().min(f64::MAX),
            largest: self.largest.min(f64::MAX),
            relative: self.errors.relative.min(f64::MAX),
            place: self.place,
        }
    }
}
