//! Adafactor (Shazeer and Stern 2018, arXiv 1804.04235) as T5 uses it: second moments of matrices
//! kept as the means of their rows and columns, updates clipped by their root mean square, steps
//! relative to the parameter's own size, no momentum and no weight decay.
//!
//! On the CPU backend factored second moments are updated, and applied, in three passes over memory;
//! whole ones are of small tensors, in plain operations. Parameters and gradients are tensors without
//! autodiff, as Burn's optimisers give them.
//!
//! A matrix that holds several side by side, as a fused query, key and value does, is treated as
//! those several: each has its own size and its own clipping. Tensors of other ranks keep their
//! second moment whole.

// Burn deprecates its ndarray backend, which stays for portability checks.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource};
use burn::prelude::*;

use super::portable;
use super::specs::AdafactorStep;

/// Adafactor's hyperparameters; T5's by [`Default`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adafactor {
    /// After t updates the second moment's decay is `1 - t^-decay`.
    pub decay: f64,
    /// Added to squared gradients.
    pub epsilon: f64,
    /// The largest root mean square of an update before it is scaled.
    pub clip: f64,
    /// Whether steps are multiplied by the parameter's root mean square.
    pub scale_parameter: bool,
    /// The least root mean square of a parameter for that purpose.
    pub least_scale: f64,
    /// Whether the rate given is multiplied by `min(0.01, 1/√t)`, t being the number of updates.
    pub relative_step: bool,
    /// The second moment is factored where both sides of a matrix are at least this.
    pub factored_from: usize,
    /// Matrices of equal width that lie side by side in one parameter.
    pub side_by_side: usize,
}

impl Default for Adafactor {
    fn default() -> Self {
        Self {
            decay: 0.8,
            epsilon: 1e-30,
            clip: 1.0,
            scale_parameter: true,
            least_scale: 1e-3,
            relative_step: false,
            factored_from: 128,
            side_by_side: 1,
        }
    }
}

/// What Adafactor remembers of one parameter, which it sees as `[rows, matrices, columns]`.
#[derive(Clone, Debug)]
pub struct AdafactorState<const D: usize> {
    /// Number of updates.
    pub time: usize,
    /// The second moment: whole, or its means over columns, `[rows, matrices, 1]`, and over rows,
    /// `[1, matrices, columns]`.
    pub second: Vec<Tensor<3>>,
}

/// Names of the second moment's parts in checkpoints.
const WHOLE: [&str; 1] = ["second"];
const FACTORS: [&str; 2] = ["rows", "columns"];

impl<const D: usize> RecordState for AdafactorState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "time", self.time.into());
        let names = if self.second.len() == 1 { &WHOLE[..] } else { &FACTORS };
        for (name, part) in names.iter().zip(&self.second) {
            out.push_tensor(prefix, name, part.to_data());
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let time = source.take_scalar(prefix, "time")?.try_into().ok()?;
        let mut part = |name| Some(Tensor::from_data(source.take_tensor(prefix, name)?, device));
        let second = match part(WHOLE[0]) {
            Some(second) => vec![second],
            None => FACTORS.into_iter().map(part).collect::<Option<_>>()?,
        };
        Some(Self { time, second })
    }
}

impl Adafactor {
    /// Rows, matrices and columns of a parameter of these dimensions.
    fn view<const D: usize>(&self, dims: [usize; D]) -> [usize; 3] {
        match dims[..] {
            [rows, columns] => [rows, self.side_by_side, columns / self.side_by_side],
            _ => [dims.iter().product(), 1, 1],
        }
    }

    fn is_factored(&self, [rows, _, columns]: [usize; 3]) -> bool {
        rows.min(columns) >= self.factored_from.max(2)
    }

    fn empty(&self, view: [usize; 3], device: &Device) -> Vec<Tensor<3>> {
        let [rows, matrices, columns] = view;
        match self.is_factored(view) {
            true => vec![
                Tensor::zeros([rows, matrices, 1], device),
                Tensor::zeros([1, matrices, columns], device),
            ],
            false => vec![Tensor::zeros(view, device)],
        }
    }
}

/// Updates as an extension of Burn's `Backend`, of parameters `[rows, matrices, columns]`.
#[backend_extension(
    Flex: cfg(feature = "cpu"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube")
)]
pub trait AdafactorKernels: Backend {
    /// New parameter and second moment, both of one shape.
    #[fusion(default)]
    fn adafactor_whole(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdafactorStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        portable::adafactor_whole::<Self>(parameter, gradient, second, step)
    }

    /// New parameter, and the second moment's means `[rows, matrices, 1]` and `[1, matrices, columns]`.
    #[fusion(default)]
    fn adafactor_factored(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        rows: FloatTensor<Self>,
        columns: FloatTensor<Self>,
        step: AdafactorStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        portable::adafactor_factored::<Self>(parameter, gradient, rows, columns, step)
    }
}

#[cfg(feature = "ndarray")]
impl AdafactorKernels for burn::backend::NdArray {}

#[cfg(feature = "tch")]
impl AdafactorKernels for burn::backend::LibTorch {}

#[cfg(feature = "cube")]
impl AdafactorKernels for burn_cubecl::CubeBackend {}

#[cfg(feature = "cpu")]
impl AdafactorKernels for burn::backend::Flex {
    fn adafactor_factored(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        rows: FloatTensor<Self>,
        columns: FloatTensor<Self>,
        step: AdafactorStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        super::flex::adafactor_factored(parameter, gradient, rows, columns, step)
    }
}

impl Optimizer for Adafactor {
    type State<const D: usize> = AdafactorState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (shape, device) = (parameter.shape(), parameter.device());
        let view = self.view(parameter.dims());
        let state =
            state.unwrap_or_else(|| AdafactorState { time: 0, second: self.empty(view, &device) });
        let time = state.time + 1;
        let relative =
            if self.relative_step { (time as f64).sqrt().recip().min(0.01) } else { 1.0 };
        let step = AdafactorStep {
            new: (time as f64).powf(-self.decay),
            epsilon: self.epsilon,
            clip: self.clip,
            rate: rate * relative,
            least_scale: self.scale_parameter.then_some(self.least_scale),
        };
        let parameter = parameter.reshape(view).into_dispatch();
        let gradient = gradient.reshape(view).into_dispatch();
        let (parameter, second) = match <[Tensor<3>; 2]>::try_from(state.second) {
            Ok([rows, columns]) => {
                let [rows, columns] = [rows, columns].map(Tensor::into_dispatch);
                let (parameter, rows, columns) =
                    Dispatch::adafactor_factored(parameter, gradient, rows, columns, step);
                (parameter, vec![rows, columns])
            }
            Err(mut whole) => {
                let whole = whole.swap_remove(0).into_dispatch();
                let (parameter, second) =
                    Dispatch::adafactor_whole(parameter, gradient, whole, step);
                (parameter, vec![second])
            }
        };
        let second = second.into_iter().map(Tensor::from_dispatch).collect();
        let parameter = Tensor::<3>::from_dispatch(parameter).reshape(shape);
        (parameter, Some(AdafactorState { time, second }))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.second = state.second.into_iter().map(|part| part.to_device(device)).collect();
        state
    }
}
