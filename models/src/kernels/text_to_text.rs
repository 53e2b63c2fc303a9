//! What T5 needs beside the kernels of BERT: the RMS norm (Zhang and Sennrich, 2019), the end of a
//! pre-norm sublayer, the gates of its feed-forward layers (Shazeer, 2020), and tied outputs and
//! the loss of tokens over a large vocabulary.

use burn::backend::Dispatch;
use burn::prelude::*;

use super::backend::t5::T5Kernels;
use super::dropout::{Dropout, DropoutKey};
use super::precision::Precision;
use super::specs::Gate;

/// Divides the last dimension by its root mean square, then scales it.
///
/// # Shapes
/// - x and output: `[.., width]`; gamma: `[width]`
pub fn rms_norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, epsilon: f64) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::rms_norm(x.into_dispatch(), gamma.into_dispatch(), epsilon))
}

/// `x + dropout(y)`; the mask is the one of [`dropout`](super::dropout()).
///
/// # Shapes
/// - x, y and output: `[..]`, the same
pub fn add_dropped<const D: usize>(
    x: Tensor<D>,
    y: Tensor<D>,
    dropout: Option<(f64, DropoutKey)>,
) -> Tensor<D> {
    let dropout = Dropout::from(dropout);
    Tensor::from_dispatch(Dispatch::add_dropped(x.into_dispatch(), y.into_dispatch(), dropout))
}

/// `dropout(gate(x))`; the mask is the one of [`dropout`](super::dropout()).
///
/// # Shapes
/// - x: `[.., columns]`, or `[.., 2 · columns]` where the [`Gate`] takes two halves
/// - output: `[.., columns]`
pub fn gate<const D: usize>(
    x: Tensor<D>,
    gate: Gate,
    dropout: Option<(f64, DropoutKey)>,
) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::gate(x.into_dispatch(), gate, Dropout::from(dropout)))
}

/// `x Wᵀ`, for a layer tied to a table; no transposed copy of it or of its gradient is made.
///
/// # Shapes
/// - x: `[.., inputs]`, weight: `[outputs, inputs]`
/// - output: `[.., outputs]`
pub fn linear_transposed<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    precision: Precision,
) -> Tensor<D> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::dense_transposed(x, weight, precision))
}

/// `log z - logit of the label + z_loss (log z)²` of each row, where z is the sum of the logits'
/// exponentials; 0 where the label is negative.
///
/// # Shapes
/// - logits: `[n, vocabulary]`, labels: `[n]`
/// - output: `[n]`
pub fn token_losses(logits: Tensor<2>, labels: Tensor<1, Int>, z_loss: f64) -> Tensor<1> {
    let (logits, labels) = (logits.into_dispatch(), labels.into_dispatch());
    Tensor::from_dispatch(Dispatch::token_losses(logits, labels, z_loss))
}
