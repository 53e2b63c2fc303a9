//! GELU and dropout on tensors of any rank.

use burn::backend::Dispatch;
use burn::prelude::*;

use super::backend::Kernels;
use super::dropout::{Dropout, DropoutKey};

/// The Gaussian error linear unit `x Φ(x)`, by the error function and not its tanh approximation.
///
/// # Shapes
/// - input and output: `[..]`
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::exact_gelu(x.into_dispatch()))
}

/// Zeroes each element with this probability and scales the others by its complement's inverse.
///
/// The mask is a function of the key and the element's position in row-major order: the same in the
/// backward pass, on every backend and in every run. A probability of 0 returns the input.
///
/// # Shapes
/// - input and output: `[..]`
pub fn dropout<const D: usize>(x: Tensor<D>, probability: f64, key: DropoutKey) -> Tensor<D> {
    let dropout = Dropout::new(probability, key);
    if dropout.is_none() {
        return x;
    }
    Tensor::from_dispatch(Dispatch::keyed_dropout(x.into_dispatch(), dropout))
}
