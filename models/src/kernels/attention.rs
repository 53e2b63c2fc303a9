//! Multi-head attention as one node (Vaswani et al. 2017), with an additive key mask, an additive
//! differentiable bias (relative positions), and dropout of the weights. The weights are not kept:
//! the backward pass makes them again from the scores and two numbers per row (Dao et al. 2022,
//! FlashAttention, section 3.1). Causal attention is a bias.

use burn::backend::Dispatch;
use burn::prelude::*;

use super::backend::{Kernels, Optional};
use super::dropout::{Dropout, DropoutKey};
use super::specs::AttentionSpec;

/// What attention needs beside its tensors.
#[derive(Clone, Copy, Debug)]
pub struct AttentionOptions {
    /// Number of heads; queries' and keys' width is a multiple of it.
    pub heads: usize,
    /// Factor of the products of queries and keys, often `1 / sqrt(width / heads)`.
    pub scale: f32,
    /// Probability and mask key of the dropout of attention weights.
    pub dropout: Option<(f64, DropoutKey)>,
}

impl AttentionOptions {
    fn spec(&self) -> AttentionSpec {
        AttentionSpec { heads: self.heads, scale: self.scale, dropout: Dropout::from(self.dropout) }
    }
}

/// `dropout(softmax(scale q kᵀ + bias + key_mask)) v` for each head.
///
/// The mask is added over keys and gets no gradient. Keys masked with -1e4 or less at the end of a
/// sequence that has other keys are not computed at all. A row of which every score is minus
/// infinity gives zeros and gradients of zero.
///
/// # Shapes
/// - q: `[b, sq, h * dk]`, k: `[b, sk, h * dk]`, v: `[b, sk, h * dv]`
/// - key_mask: `[b, sk]`, bias: `[1 or b, h, sq, sk]`
/// - output: `[b, sq, h * dv]`
pub fn attention(
    q: Tensor<3>,
    k: Tensor<3>,
    v: Tensor<3>,
    key_mask: Option<Tensor<2>>,
    bias: Option<Tensor<4>>,
    options: AttentionOptions,
) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::heads_attention(
        q.into_dispatch(),
        k.into_dispatch(),
        v.into_dispatch(),
        Optional::new(key_mask.map(Tensor::into_dispatch)),
        Optional::new(bias.map(Tensor::into_dispatch)),
        options.spec(),
    ))
}

/// Self-attention from one product that holds queries, keys and values side by side; otherwise as
/// [`attention`].
///
/// # Shapes
/// - qkv: `[b, s, 3 * h * dk]`
/// - key_mask: `[b, s]`, bias: `[1 or b, h, s, s]`
/// - output: `[b, s, h * dk]`
pub fn qkv_attention(
    qkv: Tensor<3>,
    key_mask: Option<Tensor<2>>,
    bias: Option<Tensor<4>>,
    options: AttentionOptions,
) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::packed_attention(
        qkv.into_dispatch(),
        Optional::new(key_mask.map(Tensor::into_dispatch)),
        Optional::new(bias.map(Tensor::into_dispatch)),
        options.spec(),
    ))
}
