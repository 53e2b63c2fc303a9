//! The position-wise half of a layer, pre-norm, with T5 1.0's ReLU or 1.1's gated GELU.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{FeedForwardKind, Sublayer, T5Config};
use crate::kernels::{self, DropoutKey, Gate};
use crate::layers::{Linear, RmsNorm};

/// `x + dropout(down(dropout(activation(up(norm(x))))))`
#[derive(Module, Debug)]
pub struct FeedForward {
    pub norm: RmsNorm,
    /// `[d_model, d_ff]`, or `[d_model, 2 · d_ff]` with the gate first.
    pub up: Linear,
    pub down: Linear,
    #[module(skip)]
    kind: FeedForwardKind,
    dropout: f64,
}

/// Dropout sites within the sublayer.
const HIDDEN: u64 = 0;
const OUTPUT: u64 = 1;

impl FeedForward {
    pub(super) fn zeros(config: &T5Config, device: &Device) -> Self {
        let (width, inner) = (config.d_model, config.d_ff);
        let up = match config.feed_forward_proj {
            FeedForwardKind::Relu => inner,
            FeedForwardKind::GatedGelu => 2 * inner,
        };
        Self {
            norm: RmsNorm::identity(width, config.layer_norm_epsilon, device),
            up: Linear::without_bias(width, up, device),
            down: Linear::without_bias(inner, width, device),
            kind: config.feed_forward_proj,
            dropout: config.dropout_rate,
        }
    }

    /// # Shapes
    /// `[batch, length, d_model]` to `[batch, length, d_model]`
    pub fn forward(&self, x: Tensor<3>, dropout: Option<DropoutKey>) -> Tensor<3> {
        let up = self.up.forward(self.norm.forward(x.clone()));
        let gate = match self.kind {
            FeedForwardKind::Relu => Gate::Relu,
            FeedForwardKind::GatedGelu => Gate::GatedGelu,
        };
        let inner = kernels::gate(up, gate, dropout.map(|key| (self.dropout, key.site(HIDDEN))));
        let sublayer = Sublayer { dropout: self.dropout, site: OUTPUT };
        sublayer.add(x, self.down.forward(inner), dropout)
    }
}
