//! Layer norm (Ba et al. 2016, arXiv 1607.06450), alone and with what precedes it in a transformer
//! block of the original order: dropout of the sublayer's output and the residual sum.

use burn::backend::Dispatch;
use burn::prelude::*;

use super::backend::{Kernels, Optional};
use super::dropout::{Dropout, DropoutKey};
use super::specs::NormSpec;

/// Normalises the last dimension to mean 0 and variance 1, then scales and shifts.
///
/// # Shapes
/// - x and output: `[.., width]`; gamma, beta: `[width]`
pub fn layer_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    norm(x, None, gamma, beta, epsilon, None)
}

/// Layer norm of `x + residual`.
///
/// # Shapes
/// - x, residual and output: `[.., width]`; gamma, beta: `[width]`
pub fn add_layer_norm<const D: usize>(
    x: Tensor<D>,
    residual: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    norm(x, Some(residual), gamma, beta, epsilon, None)
}

/// Layer norm of `dropout(x) + residual`; the mask is the one of [`dropout`](super::dropout()).
///
/// # Shapes
/// - x, residual and output: `[.., width]`; gamma, beta: `[width]`
pub fn dropout_add_layer_norm<const D: usize>(
    x: Tensor<D>,
    residual: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    dropout: Option<(f64, DropoutKey)>,
) -> Tensor<D> {
    norm(x, Some(residual), gamma, beta, epsilon, dropout)
}

fn norm<const D: usize>(
    x: Tensor<D>,
    residual: Option<Tensor<D>>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    dropout: Option<(f64, DropoutKey)>,
) -> Tensor<D> {
    let spec = NormSpec { epsilon, dropout: Dropout::from(dropout) };
    Tensor::from_dispatch(Dispatch::norm(
        x.into_dispatch(),
        Optional::new(residual.map(Tensor::into_dispatch)),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        spec,
    ))
}
