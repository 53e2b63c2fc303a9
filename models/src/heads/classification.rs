//! A class per row from the pooled output: dropout, then one dense layer (BERT's and BAM's head).

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::drop_input;
use crate::bert::BertConfig;
use crate::kernels::DropoutKey;
use crate::layers::Linear;
use crate::parameters::{Initial, initialise};

/// `output(dropout(pooled))`
#[derive(Module, Debug)]
pub struct ClassificationHead {
    pub output: Linear,
    dropout: f64,
}

impl ClassificationHead {
    /// A head with first values drawn from `seed`.
    pub fn new(
        config: &BertConfig,
        classes: usize,
        initial: Initial,
        seed: u64,
        device: &Device,
    ) -> Self {
        initialise(Self::zeros(config, classes, device), initial, seed)
    }

    pub(crate) fn zeros(config: &BertConfig, classes: usize, device: &Device) -> Self {
        Self {
            output: Linear::zeros(config.hidden_size, classes, device),
            dropout: config.head_dropout(),
        }
    }

    /// A head around a trained output layer.
    pub(crate) fn from_output(config: &BertConfig, output: Linear) -> Self {
        Self { output, dropout: config.head_dropout() }
    }

    /// # Shapes
    /// `[batch, hidden]` to `[batch, classes]`
    pub fn forward(&self, pooled: Tensor<2>, dropout: Option<DropoutKey>) -> Tensor<2> {
        self.output.forward(drop_input(pooled, self.dropout, dropout, 0))
    }
}
