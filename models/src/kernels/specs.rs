//! What kernels are given beside their tensors, and what backward passes are given: plain values on
//! which the traits, their portable bodies and the hand-written ones agree.

use burn::backend::Backend;
use burn::backend::tensor::FloatTensor;

use super::dropout::Dropout;

/// What a layer norm needs beside its tensors.
#[derive(Clone, Copy, Debug)]
pub struct NormSpec {
    /// Added to the variance.
    pub epsilon: f64,
    /// Dropout of the first summand.
    pub dropout: Dropout,
}

/// What attention needs beside its tensors.
#[derive(Clone, Copy, Debug)]
pub struct AttentionSpec {
    /// Number of heads; the width of queries and keys is a multiple of it.
    pub heads: usize,
    /// Factor of the products of queries and keys.
    pub scale: f32,
    /// Dropout of the attention weights.
    pub dropout: Dropout,
}

/// One AdamW update: `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g²`,
/// `p = decay p - rate m / (root_scale sqrt(v) + epsilon)`.
#[derive(Clone, Copy, Debug)]
pub struct AdamWStep {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Keeps the division finite.
    pub epsilon: f32,
    /// Learning rate, with the first moment's bias correction where there is one.
    pub rate: f32,
    /// The second moment's bias correction under the root.
    pub root_scale: f32,
    /// One minus learning rate times weight decay.
    pub decay: f32,
}

/// What the backward pass of attention is given: the inputs, the output, and each row's largest
/// score and inverse sum of exponentials.
#[derive(Clone, Debug)]
pub struct AttentionTape<B: Backend> {
    pub q: FloatTensor<B>,
    pub k: FloatTensor<B>,
    pub v: FloatTensor<B>,
    pub key_mask: Option<FloatTensor<B>>,
    pub bias: Option<FloatTensor<B>>,
    pub output: FloatTensor<B>,
    pub statistics: FloatTensor<B>,
}

/// Gradients of q, k, v and bias.
pub type AttentionGradients<B> =
    (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, Option<FloatTensor<B>>);

/// What is between the two products of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// `max(x, 0)`.
    Relu,
    /// GELU's tanh approximation of the first half of the columns, times the second half.
    GatedGelu,
}

/// One Adafactor update, beside its tensors.
#[derive(Clone, Copy, Debug)]
pub struct AdafactorStep {
    /// The new gradient's part of the second moment.
    pub new: f64,
    /// Added to squared gradients.
    pub epsilon: f64,
    /// The largest root mean square of an update before it is scaled.
    pub clip: f64,
    /// Learning rate.
    pub rate: f64,
    /// The least root mean square of a parameter that scales its steps; none where nothing does.
    pub least_scale: Option<f64>,
}
