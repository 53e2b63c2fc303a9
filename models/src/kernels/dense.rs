//! Dense layers and embedding look-up.

use burn::backend::Dispatch;
use burn::prelude::*;

use super::backend::{Kernels, Optional};
use super::precision::Precision;

/// `x W + b`.
///
/// # Shapes
/// - x: `[.., inputs]`, weight: `[inputs, outputs]`, bias: `[outputs]`
/// - output: `[.., outputs]`
pub fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    precision: Precision,
) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::dense(
        x.into_dispatch(),
        weight.into_dispatch(),
        Optional::new(bias.map(Tensor::into_dispatch)),
        precision,
    ))
}

/// `gelu(x W + b)` in one node, with the exact GELU.
///
/// # Shapes
/// - x: `[.., inputs]`, weight: `[inputs, outputs]`, bias: `[outputs]`
/// - output: `[.., outputs]`
pub fn linear_gelu<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    precision: Precision,
) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::dense_gelu(
        x.into_dispatch(),
        weight.into_dispatch(),
        Optional::new(bias.map(Tensor::into_dispatch)),
        precision,
    ))
}

/// The rows of `weight` that `ids` name. The gradient is dense: rows not named are zero.
///
/// # Shapes
/// - weight: `[vocabulary, width]`, ids: `[batch, length]`
/// - output: `[batch, length, width]`
pub fn embedding(weight: Tensor<2>, ids: Tensor<2, Int>) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::lookup(weight.into_dispatch(), ids.into_dispatch()))
}
