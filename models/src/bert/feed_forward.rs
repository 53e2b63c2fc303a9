//! The position-wise feed-forward half of a layer, with its residual and norm (post-norm).

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::BertConfig;
use crate::kernels::DropoutKey;
use crate::layers::{Activation, LayerNorm, Linear};

/// `norm(x + dropout(down(activation(up(x)))))`
#[derive(Module, Debug)]
pub struct FeedForward {
    pub up: Linear,
    pub down: Linear,
    pub norm: LayerNorm,
    #[module(skip)]
    activation: Activation,
    dropout: f64,
}

impl FeedForward {
    pub(super) fn zeros(config: &BertConfig, device: &Device) -> Self {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        Self {
            up: Linear::zeros(width, inner, device),
            down: Linear::zeros(inner, width, device),
            norm: LayerNorm::identity(width, config.layer_norm_eps, device),
            activation: config.hidden_act,
            dropout: config.hidden_dropout_prob,
        }
    }

    /// # Shapes
    /// `[batch, length, hidden]` to `[batch, length, hidden]`
    pub fn forward(&self, x: Tensor<3>, dropout: Option<DropoutKey>) -> Tensor<3> {
        let inner = self.up.forward_activated(x.clone(), self.activation);
        let y = self.down.forward(inner);
        let dropout = dropout.map(|key| (self.dropout, key.site(2)));
        self.norm.forward_with_dropped(y, x, dropout)
    }
}
