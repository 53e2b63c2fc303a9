//! A class per row from the first token: RoBERTa's own head, which stands in for the pooler. With
//! one class, it is a score.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::drop_input;
use crate::bert::{BertConfig, first_token};
use crate::kernels::DropoutKey;
use crate::layers::Linear;
use crate::parameters::{Initial, initialise};

/// `output(dropout(tanh(dense(dropout(first token)))))`
#[derive(Module, Debug)]
pub struct RobertaClassificationHead {
    pub dense: Linear,
    pub output: Linear,
    dropout: f64,
}

impl RobertaClassificationHead {
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
        let width = config.hidden_size;
        Self {
            dense: Linear::zeros(width, width, device),
            output: Linear::zeros(width, classes, device),
            dropout: config.head_dropout(),
        }
    }

    /// A head of a trained pooler and the output layer behind it.
    pub(crate) fn from_parts(config: &BertConfig, pooler: Linear, output: Linear) -> Self {
        Self { dense: pooler, output, dropout: config.head_dropout() }
    }

    /// # Shapes
    /// `[batch, length, hidden]` to `[batch, classes]`
    pub fn forward(&self, hidden: Tensor<3>, dropout: Option<DropoutKey>) -> Tensor<2> {
        let first = drop_input(first_token(hidden), self.dropout, dropout, 0);
        let inner = self.dense.forward(first).tanh();
        self.output.forward(drop_input(inner, self.dropout, dropout, 1))
    }
}
