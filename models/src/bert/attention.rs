//! Self-attention with its residual and norm (post-norm).
//!
//! Query, key and value come from one product with a fused `[hidden, 3 · hidden]` matrix, in this
//! order; import and export split it into Hugging Face's three.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::BertConfig;
use crate::kernels::{self, AttentionOptions, DropoutKey};
use crate::layers::{LayerNorm, Linear};

/// `norm(x + dropout(output(attention(x))))`
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// `[hidden, 3 · hidden]`: query, key, value
    pub qkv: Linear,
    pub output: Linear,
    pub norm: LayerNorm,
    heads: usize,
    probability_dropout: f64,
    output_dropout: f64,
}

impl SelfAttention {
    pub(super) fn zeros(config: &BertConfig, device: &Device) -> Self {
        let width = config.hidden_size;
        Self {
            qkv: Linear::zeros(width, 3 * width, device),
            output: Linear::zeros(width, width, device),
            norm: LayerNorm::identity(width, config.layer_norm_eps, device),
            heads: config.num_attention_heads,
            probability_dropout: config.attention_probs_dropout_prob,
            output_dropout: config.hidden_dropout_prob,
        }
    }

    /// `key_bias` is added to the scores of each key: 0 for a real token, very negative for
    /// padding.
    ///
    /// # Shapes
    /// `x` `[batch, length, hidden]`, `key_bias` `[batch, length]`, to `[batch, length, hidden]`
    pub fn forward(
        &self,
        x: Tensor<3>,
        key_bias: Tensor<2>,
        dropout: Option<DropoutKey>,
    ) -> Tensor<3> {
        let width = x.dims()[2];
        let qkv = self.qkv.forward(x.clone());
        let options = AttentionOptions {
            heads: self.heads,
            scale: ((width / self.heads) as f32).sqrt().recip(),
            dropout: dropout.map(|key| (self.probability_dropout, key.site(0))),
        };
        let mixed = kernels::qkv_attention(qkv, Some(key_bias), None, options);
        let y = self.output.forward(mixed);
        let dropout = dropout.map(|key| (self.output_dropout, key.site(1)));
        self.norm.forward_with_dropped(y, x, dropout)
    }
}
