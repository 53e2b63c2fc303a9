//! AdamW with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101) in one pass
//! over parameter, gradient and moments. BERT's own optimiser is this without bias correction. As
//! in PyTorch, epsilon is added to the root of the corrected second moment.

use burn::backend::Dispatch;
use burn::optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource};
use burn::prelude::*;

use super::backend::Kernels;
use super::specs::AdamWStep;

/// AdamW's hyperparameters; PyTorch's defaults by [`Default`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Decay per unit of learning rate, applied to the parameter itself.
    pub weight_decay: f32,
    /// Whether the moments are divided by `1 - beta^t`.
    pub bias_correction: bool,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01, bias_correction: true }
    }
}

/// The moments of one parameter, and how many updates they have seen.
#[derive(Clone, Debug)]
pub struct AdamWState<const D: usize> {
    /// Number of updates.
    pub time: usize,
    /// First moment.
    pub first: Tensor<D>,
    /// Second moment.
    pub second: Tensor<D>,
}

impl<const D: usize> RecordState for AdamWState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "time", self.time.into());
        out.push_tensor(prefix, "first", self.first.to_data());
        out.push_tensor(prefix, "second", self.second.to_data());
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        Some(Self {
            time: source.take_scalar(prefix, "time")?.try_into().ok()?,
            first: Tensor::from_data(source.take_tensor(prefix, "first")?, device),
            second: Tensor::from_data(source.take_tensor(prefix, "second")?, device),
        })
    }
}

impl Optimizer for AdamW {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let state = state.unwrap_or_else(|| AdamWState {
            time: 0,
            first: gradient.zeros_like(),
            second: gradient.zeros_like(),
        });
        let time = state.time + 1;
        let correction = |beta: f32| match self.bias_correction {
            true => 1.0 - f64::from(beta).powf(time as f64),
            false => 1.0,
        };
        let step = AdamWStep {
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            rate: (rate / correction(self.beta1)) as f32,
            root_scale: (1.0 / correction(self.beta2).sqrt()) as f32,
            decay: (1.0 - rate * f64::from(self.weight_decay)) as f32,
        };
        let (parameter, first, second) = Dispatch::adamw_step(
            parameter.into_dispatch(),
            gradient.into_dispatch(),
            state.first.into_dispatch(),
            state.second.into_dispatch(),
            step,
        );
        let state = AdamWState {
            time,
            first: Tensor::from_dispatch(first),
            second: Tensor::from_dispatch(second),
        };
        (Tensor::from_dispatch(parameter), Some(state))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.first = state.first.to_device(device);
        state.second = state.second.to_device(device);
        state
    }
}
