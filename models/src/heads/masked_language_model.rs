//! A word per token: dense, activation, norm, then a decoder tied to the word embeddings plus a
//! bias of its own. BERT and RoBERTa differ only in the activation (RoBERTa's is always GELU).
//! In training, give it the masked positions alone: it takes hidden states of any rank.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::bert::{BertConfig, Family};
use crate::kernels;
use crate::layers::{Activation, LayerNorm, Linear};
use crate::parameters::{Initial, initialise};

/// `norm(activation(dense(hidden))) @ word_embeddingsᵀ + bias`
#[derive(Module, Debug)]
pub struct MaskedLanguageModelHead {
    pub dense: Linear,
    pub norm: LayerNorm,
    /// `[vocabulary]`
    pub bias: Param<Tensor<1>>,
    #[module(skip)]
    activation: Activation,
}

impl MaskedLanguageModelHead {
    /// A head with first values drawn from `seed`.
    pub fn new(config: &BertConfig, seed: u64, device: &Device) -> Self {
        let initial = Initial::Normal { standard_deviation: config.initializer_range };
        initialise(Self::zeros(config, device), initial, seed)
    }

    pub(crate) fn zeros(config: &BertConfig, device: &Device) -> Self {
        let width = config.hidden_size;
        Self {
            dense: Linear::zeros(width, width, device),
            norm: LayerNorm::identity(width, config.layer_norm_eps, device),
            bias: Param::from_tensor(Tensor::zeros([config.vocab_size], device)),
            activation: match config.model_type {
                Family::Bert => config.hidden_act,
                Family::Roberta => Activation::Gelu,
            },
        }
    }

    /// # Shapes
    /// `hidden` `[.., hidden]`, `words` `[vocabulary, hidden]`, to `[.., vocabulary]`
    pub fn forward<const D: usize>(&self, hidden: Tensor<D>, words: Tensor<2>) -> Tensor<D> {
        let inner = self.activation.forward(self.dense.forward(hidden));
        let inner = self.norm.forward(inner);
        kernels::linear(inner, words.transpose(), Some(self.bias.val()), self.dense.precision)
    }
}
