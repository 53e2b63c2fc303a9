//! Every own operation of the networks beside its plain definition in double precision on the host.
//!
//! An [`Operation`] computes on a device what a function of the [`Tape`] defines; [`measure`] gives the errors of its
//! value and of its gradients. Inputs are float32 numbers that both start from, so an error is the operation's alone.
//! Sizes are odd on purpose, and some rows have nothing to attend to.

mod attention;
mod dense;
mod losses;
mod optimisers;
mod rows;
mod vectors;

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::{
    tape::{Number, Tape},
    ulp::Errors,
};
use crate::{Error, Result};

/// What an operation computes on a device, from flat inputs to a flat output.
type Run = Box<dyn Fn(&[Tensor<1>]) -> Tensor<1>>;
/// The same as defined.
type Define = Box<dyn for<'t> Fn(&[Vec<Number<'t>>]) -> Vec<Number<'t>>>;

/// Numbers that an operation starts from.
#[derive(Clone, Debug)]
pub struct Input {
    pub name: &'static str,
    pub values: Vec<f32>,
}

/// An operation at one size.
pub struct Operation {
    pub name: &'static str,
    /// What distinguishes it from others of the name.
    pub case: String,
    pub inputs: Vec<Input>,
    /// Whether it has gradients.
    pub is_differentiable: bool,
    /// The largest relative error that is no fault.
    pub bound: f64,
    run: Run,
    define: Define,
}

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

/// All operations, those of one name behind each other.
pub fn all() -> Vec<Operation> {
    let parts = [
        dense::operations(),
        rows::operations(),
        attention::operations(),
        losses::operations(),
        vectors::operations(),
        optimisers::operations(),
    ];
    parts.into_iter().flatten().collect()
}

/// Numbers in [-1, 1), the same on every call, called `name`.
fn input(name: &'static str, count: usize) -> Input {
    scaled(name, count, 1.0)
}

/// Numbers in [-scale, scale).
fn scaled(name: &'static str, count: usize, scale: f32) -> Input {
    let seed =
        name.bytes().fold(count as u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
    Input { name, values: numbers(count, seed).into_iter().map(|v| v * scale).collect() }
}

/// Numbers in [-1, 1), a function of the seed (xorshift).
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Relative errors of sums and of approximations below this are no fault; those of single products and sums are smaller.
const BOUND: f64 = 1e-4;

/// The seed of the weights that make one number of an operation's output, whose gradient is asked for.
const WEIGHTS: u64 = 77;

impl Operation {
    /// An operation with gradients.
    fn new(
        name: &'static str,
        case: String,
        inputs: Vec<Input>,
        run: impl Fn(&[Tensor<1>]) -> Tensor<1> + 'static,
        define: impl for<'t> Fn(&[Vec<Number<'t>>]) -> Vec<Number<'t>> + 'static,
    ) -> Self {
        let (run, define) = (Box::new(run), Box::new(define));
        Self { name, case, inputs, is_differentiable: true, bound: BOUND, run, define }
    }

    fn without_gradients(mut self) -> Self {
        self.is_differentiable = false;
        self
    }

    fn within(mut self, bound: f64) -> Self {
        self.bound = bound;
        self
    }

    /// The same with another function on the device, such as a wrong one.
    pub fn computed_by(mut self, run: impl Fn(&[Tensor<1>]) -> Tensor<1> + 'static) -> Self {
        self.run = Box::new(run);
        self
    }

    /// What the device computes from these inputs.
    pub fn run(&self, inputs: &[Tensor<1>]) -> Tensor<1> {
        (self.run)(inputs)
    }

    /// Errors on a device, without autodiff: of the value, then of each input's gradient, by name.
    ///
    /// # Errors
    /// If the device fails, or gives another number of values than defined.
    pub fn errors(&self, device: &Device) -> Result<Vec<(String, Errors)>> {
        let tape = Tape::default();
        let numbers: Vec<_> = self.inputs.iter().map(|i| tape.numbers(&i.values)).collect();
        let defined = (self.define)(&numbers);
        let exact: Vec<f64> = defined.iter().map(|number| number.value).collect();

        let tensors: Vec<Tensor<1>> = self.inputs.iter().map(|i| self.leaf(i, device)).collect();
        let y = self.run(&tensors);
        let mut errors = vec![self.compare("value", &y, &exact)?];
        if !self.is_differentiable {
            return Ok(errors);
        }
        let weights = self::numbers(exact.len(), WEIGHTS);
        let sum: Vec<_> = defined.into_iter().zip(weights.iter().map(|&w| f64::from(w))).collect();
        let slopes = tape.slopes(&sum);
        let device = device.clone().autodiff();
        let weights = Tensor::from_data(TensorData::from(&weights[..]), &device);
        let gradients = (y * weights).sum().backward();
        for ((input, tensor), numbers) in self.inputs.iter().zip(&tensors).zip(&numbers) {
            let exact: Vec<f64> = numbers.iter().map(|number| number.slope(&slopes)).collect();
            let what = format!("gradient of {}", input.name);
            let gradient = tensor.grad(&gradients).ok_or_else(|| {
                Error::Training(format!("{} ({}) has no {what}", self.name, self.case))
            })?;
            errors.push(self.compare(&what, &gradient, &exact)?);
        }
        Ok(errors)
    }

    fn leaf(&self, input: &Input, device: &Device) -> Tensor<1> {
        let data = TensorData::from(&input.values[..]);
        match self.is_differentiable {
            true => Tensor::from_data(data, &device.clone().autodiff()).require_grad(),
            false => Tensor::from_data(data, device),
        }
    }

    fn compare(&self, what: &str, found: &Tensor<1>, exact: &[f64]) -> Result<(String, Errors)> {
        let failed = |problem: String| {
            Error::Training(format!("{what} of {} ({}): {problem}", self.name, self.case))
        };
        let data = found.clone().try_into_data().map_err(|e| failed(e.to_string()))?;
        let found: Vec<f32> = data.iter().collect();
        if found.len() != exact.len() {
            return Err(failed(format!("{} values, {} are defined", found.len(), exact.len())));
        }
        Ok((what.to_string(), Errors::of(&found, exact)))
    }
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
