//! From target tokens to what the decoder reads and to the loss: cross-entropy over the vocabulary,
//! and T5's z-loss, a penalty on the square of the logits' log-partition that keeps it near zero.

use burn::tensor::{Int, Tensor};

use crate::kernels;

/// The label of positions without a target.
pub const NO_LABEL: i64 = -100;

/// The labels shifted right by one behind `start`, `padding` where there is no label. Where several
/// texts share a row, each begins with `start`.
///
/// # Shapes
/// `labels` and `segments` `[batch, length]` to `[batch, length]`
pub fn decoder_inputs(
    labels: Tensor<2, Int>,
    segments: Option<&Tensor<2, Int>>,
    start: usize,
    padding: usize,
) -> Tensor<2, Int> {
    let [batch, length] = labels.dims();
    let labels = labels.clone().mask_fill(labels.lower_elem(0), padding as i64);
    let first = Tensor::full([batch, 1], start as i64, &labels.device());
    let shifted = Tensor::cat(vec![first, labels.narrow(1, 0, length - 1)], 1);
    match segments {
        None => shifted,
        Some(segments) => {
            let before = segments.clone().narrow(1, 0, length - 1);
            let before = Tensor::cat(vec![segments.clone().narrow(1, 0, 1), before], 1);
            let begins = segments.clone().not_equal(before);
            shifted.mask_fill(begins, start as i64)
        }
    }
}

/// The loss of every position, 0 where it has no label: `log z - logit + z_loss (log z)²`.
///
/// # Shapes
/// `logits` `[batch, length, vocabulary]`, `labels` `[batch, length]`, to `[batch, length]`
pub fn token_losses(logits: Tensor<3>, labels: Tensor<2, Int>, z_loss: f64) -> Tensor<2> {
    let [batch, length, vocabulary] = logits.dims();
    let logits = logits.reshape([batch * length, vocabulary]);
    let losses = kernels::token_losses(logits, labels.reshape([batch * length]), z_loss);
    losses.reshape([batch, length])
}

/// The mean of [`token_losses`] over the positions that have a label; 0 where none has.
///
/// # Shapes
/// `logits` `[batch, length, vocabulary]`, `labels` `[batch, length]`, to `[1]`
pub fn mean_loss(logits: Tensor<3>, labels: Tensor<2, Int>, z_loss: f64) -> Tensor<1> {
    let count = labels.clone().greater_equal_elem(0).float().sum().clamp_min(1.0);
    token_losses(logits, labels, z_loss).sum() / count
}
