//! A class per token: dropout, then one dense layer on every hidden state.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::drop_input;
use crate::bert::BertConfig;
use crate::kernels::DropoutKey;
use crate::layers::Linear;
use crate::parameters::{Initial, initialise};

/// `output(dropout(hidden))`
#[derive(Module, Debug)]
pub struct TaggingHead {
    pub output: Linear,
    dropout: f64,
}

impl TaggingHead {
    /// A head with first values drawn from `seed`.
    pub fn new(
        config: &BertConfig,
        tags: usize,
        initial: Initial,
        seed: u64,
        device: &Device,
    ) -> Self {
        initialise(Self::zeros(config, tags, device), initial, seed)
    }

    pub(crate) fn zeros(config: &BertConfig, tags: usize, device: &Device) -> Self {
        Self {
            output: Linear::zeros(config.hidden_size, tags, device),
            dropout: config.head_dropout(),
        }
    }

    /// # Shapes
    /// `[batch, length, hidden]` to `[batch, length, tags]`
    pub fn forward(&self, hidden: Tensor<3>, dropout: Option<DropoutKey>) -> Tensor<3> {
        self.output.forward(drop_input(hidden, self.dropout, dropout, 0))
    }
}
