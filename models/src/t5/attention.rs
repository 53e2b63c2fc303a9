//! Attention in T5's form: pre-norm, no biases, scores not scaled (the first values of the query
//! matrix make up for it), heads of a width of their own, and the residual added outside the norm.
//!
//! Self-attention takes query, key and value from one product with a fused matrix, in this order;
//! cross-attention has three, because memory is projected once per sequence in generation.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{Sublayer, T5Config};
use crate::kernels::{self, AttentionOptions, DropoutKey};
use crate::layers::{Linear, RmsNorm};

/// Keys and values, each `[batch, length, heads · d_kv]`.
#[derive(Debug, Clone)]
pub struct KeysAndValues {
    pub keys: Tensor<3>,
    pub values: Tensor<3>,
}

/// `x + dropout(output(attention(norm(x))))`
#[derive(Module, Debug)]
pub struct SelfAttention {
    pub norm: RmsNorm,
    /// `[d_model, 3 · heads · d_kv]`: query, key, value
    pub qkv: Linear,
    pub output: Linear,
    heads: usize,
    dropout: f64,
}

/// Dropout sites within an attention.
const WEIGHTS: u64 = 0;
const OUTPUT: u64 = 1;

impl SelfAttention {
    pub(super) fn zeros(config: &T5Config, device: &Device) -> Self {
        let (width, inner) = (config.d_model, config.inner_width());
        Self {
            norm: RmsNorm::identity(width, config.layer_norm_epsilon, device),
            qkv: Linear::without_bias(width, 3 * inner, device),
            output: Linear::without_bias(inner, width, device),
            heads: config.num_heads,
            dropout: config.dropout_rate,
        }
    }

    /// `key_mask` is added to the scores of each key, `bias` to each pair's.
    ///
    /// # Shapes
    /// `x` `[batch, length, d_model]`, `key_mask` `[batch, length]`, `bias`
    /// `[1 or batch, heads, length, length]`, to `[batch, length, d_model]`
    pub fn forward(
        &self,
        x: Tensor<3>,
        key_mask: Option<Tensor<2>>,
        bias: Tensor<4>,
        dropout: Option<DropoutKey>,
    ) -> Tensor<3> {
        let qkv = self.qkv.forward(self.norm.forward(x.clone()));
        let options = options(self.heads, self.dropout, dropout);
        let mixed = kernels::qkv_attention(qkv, key_mask, Some(bias), options);
        self.sublayer().add(x, self.output.forward(mixed), dropout)
    }

    /// New positions on all positions so far; theirs are appended to `past`. No dropout.
    ///
    /// # Shapes
    /// `x` `[batch, new, d_model]`, `bias` `[1, heads, new, past + new]`, to
    /// `[batch, new, d_model]`
    pub fn forward_cached(
        &self,
        x: Tensor<3>,
        past: &mut Option<KeysAndValues>,
        bias: Tensor<4>,
    ) -> Tensor<3> {
        let qkv = self.qkv.forward(self.norm.forward(x.clone()));
        let inner = qkv.dims()[2] / 3;
        let part = |n: usize| qkv.clone().narrow(2, n * inner, inner);
        let (keys, values) = match past.take() {
            None => (part(1), part(2)),
            Some(past) => (
                Tensor::cat(vec![past.keys, part(1)], 1),
                Tensor::cat(vec![past.values, part(2)], 1),
            ),
        };
        *past = Some(KeysAndValues { keys: keys.clone(), values: values.clone() });
        let options = options(self.heads, self.dropout, None);
        let mixed = kernels::attention(part(0), keys, values, None, Some(bias), options);
        self.sublayer().add(x, self.output.forward(mixed), None)
    }

    fn sublayer(&self) -> Sublayer {
        Sublayer { dropout: self.dropout, site: OUTPUT }
    }
}

/// `x + dropout(output(attention of norm(x) on memory))`; memory has its own final norm.
#[derive(Module, Debug)]
pub struct CrossAttention {
    pub norm: RmsNorm,
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub output: Linear,
    heads: usize,
    dropout: f64,
}

impl CrossAttention {
    pub(super) fn zeros(config: &T5Config, device: &Device) -> Self {
        let (width, inner) = (config.d_model, config.inner_width());
        let inward = || Linear::without_bias(width, inner, device);
        Self {
            norm: RmsNorm::identity(width, config.layer_norm_epsilon, device),
            query: inward(),
            key: inward(),
            value: inward(),
            output: Linear::without_bias(inner, width, device),
            heads: config.num_heads,
            dropout: config.dropout_rate,
        }
    }

    /// # Shapes
    /// `[batch, source, d_model]` to keys and values of `[batch, source, heads · d_kv]`
    pub fn keys_and_values(&self, memory: Tensor<3>) -> KeysAndValues {
        KeysAndValues { keys: self.key.forward(memory.clone()), values: self.value.forward(memory) }
    }

    /// # Shapes
    /// `x` `[batch, target, d_model]`, `key_mask` `[batch, source]`, `bias`
    /// `[batch, heads, target, source]`, to `[batch, target, d_model]`
    pub fn forward(
        &self,
        x: Tensor<3>,
        memory: KeysAndValues,
        key_mask: Tensor<2>,
        bias: Option<Tensor<4>>,
        dropout: Option<DropoutKey>,
    ) -> Tensor<3> {
        let queries = self.query.forward(self.norm.forward(x.clone()));
        let options = options(self.heads, self.dropout, dropout);
        let KeysAndValues { keys, values } = memory;
        let mixed = kernels::attention(queries, keys, values, Some(key_mask), bias, options);
        let sublayer = Sublayer { dropout: self.dropout, site: OUTPUT };
        sublayer.add(x, self.output.forward(mixed), dropout)
    }
}

fn options(heads: usize, probability: f64, dropout: Option<DropoutKey>) -> AttentionOptions {
    AttentionOptions {
        heads,
        scale: 1.0,
        dropout: dropout.map(|key| (probability, key.site(WEIGHTS))),
    }
}
