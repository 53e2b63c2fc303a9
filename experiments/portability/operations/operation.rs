//! One operation at one size: what a device computes, and what a function of the [`Tape`] defines.
//!
//! Inputs are float32 numbers that both start from, so an error is the operation's alone. Gradients are those of a
//! weighted sum of the output.

use burn::tensor::{Device, Tensor, TensorData};
use taskgraft::{Error, Result};

use super::super::{
    tape::{Number, Tape},
    ulp::Errors,
};

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

/// Numbers in [-1, 1), the same on every call, called `name`.
pub(super) fn input(name: &'static str, count: usize) -> Input {
    scaled(name, count, 1.0)
}

/// Numbers in [-scale, scale).
pub(super) fn scaled(name: &'static str, count: usize, scale: f32) -> Input {
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

/// Relative errors of sums and of approximations below this are no fault; those of single products and sums are
/// smaller.
pub(super) const BOUND: f64 = 1e-4;

/// The seed of the weights that make one number of an operation's output, whose gradient is asked for.
const WEIGHTS: u64 = 77;

impl Operation {
    /// An operation with gradients.
    pub(super) fn new(
        name: &'static str,
        case: String,
        inputs: Vec<Input>,
        run: impl Fn(&[Tensor<1>]) -> Tensor<1> + 'static,
        define: impl for<'t> Fn(&[Vec<Number<'t>>]) -> Vec<Number<'t>> + 'static,
    ) -> Self {
        let (run, define) = (Box::new(run), Box::new(define));
        Self { name, case, inputs, is_differentiable: true, bound: BOUND, run, define }
    }

    pub(super) fn without_gradients(mut self) -> Self {
        self.is_differentiable = false;
        self
    }

    pub(super) fn within(mut self, bound: f64) -> Self {
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
            return Err(failed(format!(
                "there are {} values, but {} are defined",
                found.len(),
                exact.len()
            )));
        }
        Ok((what.to_string(), Errors::of(&found, exact)))
    }
}
