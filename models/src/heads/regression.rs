//! A score per row from the pooled output: dropout, then one unit, not squashed (BAM's head).

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::drop_input;
use crate::bert::BertConfig;
use crate::kernels::DropoutKey;
use crate::layers::Linear;
use crate::parameters::{Initial, initialise};

/// `output(dropout(pooled))`, one unit wide
#[derive(Module, Debug)]
pub struct RegressionHead {
    pub output: Linear,
    dropout: f64,
}

impl RegressionHead {
    /// A head with first values drawn from `seed`.
    pub fn new(config: &BertConfig, initial: Initial, seed: u64, device: &Device) -> Self {
        initialise(Self::zeros(config, device), initial, seed)
    }

    pub(crate) fn zeros(config: &BertConfig, device: &Device) -> Self {
        Self {
            output: Linear::zeros(config.hidden_size, 1, device),
            dropout: config.head_dropout(),
        }
    }

    /// A head around a trained output layer.
    pub(crate) fn from_output(config: &BertConfig, output: Linear) -> Self {
        Self { output, dropout: config.head_dropout() }
    }

    /// # Shapes
    /// `[batch, hidden]` to `[batch]`
    pub fn forward(&self, pooled: Tensor<2>, dropout: Option<DropoutKey>) -> Tensor<1> {
        let dropped = drop_input(pooled, self.dropout, dropout, 0);
        self.output.forward(dropped).squeeze_dim(1)
    }
}
