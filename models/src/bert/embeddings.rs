//! The sum of word, position and segment embeddings, normalised and dropped out.
//!
//! BERT's positions are 0, 1, 2, … for every row, so their table is sliced and broadcast; RoBERTa
//! counts only tokens that are not padding, from one past the padding id, and padding itself has
//! the padding id as its position. As in PyTorch, looking up padding gives its vectors no gradient.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

use super::{BertConfig, EncoderInput, Family};
use crate::kernels::{self, DropoutKey};
use crate::layers::{Embedding, LayerNorm};

/// Tokens to vectors.
#[derive(Module, Debug)]
pub struct Embeddings {
    pub words: Embedding,
    pub positions: Embedding,
    pub segments: Embedding,
    pub norm: LayerNorm,
    dropout: f64,
    #[module(skip)]
    family: Family,
    #[module(skip)]
    padding: usize,
}

impl Embeddings {
    pub(super) fn zeros(config: &BertConfig, device: &Device) -> Self {
        let width = config.hidden_size;
        Self {
            words: Embedding::zeros(config.vocab_size, width, device),
            positions: Embedding::zeros(config.max_position_embeddings, width, device),
            segments: Embedding::zeros(config.type_vocab_size, width, device),
            norm: LayerNorm::identity(width, config.layer_norm_eps, device),
            dropout: config.hidden_dropout_prob,
            family: config.model_type,
            padding: config.padding(),
        }
    }

    /// # Shapes
    /// tokens and segments `[batch, length]` to `[batch, length, hidden]`
    pub fn forward(&self, input: &EncoderInput, dropout: Option<DropoutKey>) -> Tensor<3> {
        let words = self.words.forward_padded(input.tokens.clone(), self.padding);
        let segments = self.segments.forward(input.segments.clone());
        let positions = self.position_vectors(&input.tokens);
        let sum = self.norm.forward(words + segments + positions);
        match dropout {
            Some(key) if self.dropout > 0.0 => kernels::dropout(sum, self.dropout, key),
            _ => sum,
        }
    }

    /// `[1 or batch, length, hidden]`
    fn position_vectors(&self, tokens: &Tensor<2, Int>) -> Tensor<3> {
        match self.family {
            Family::Bert => {
                let [_, length] = tokens.dims();
                self.positions.weight.val().slice(0..length).unsqueeze()
            }
            Family::Roberta => {
                let real = tokens.clone().not_equal_elem(self.padding as i64).int();
                let counted = real.clone().cumsum(1) * real + self.padding as i64;
                self.positions.forward_padded(counted, self.padding)
            }
        }
    }
}
