//! The trunk that tasks share: an encoder, or an encoder-decoder.
//!
//! Heads sit on either. An encoder of the BERT family gives them its pooled first token; T5 has no
//! token of that kind, so its heads read the mean of the encoder's states over the text. What a
//! task writes is written by the decoder, which only T5 has.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::bert::{BertConfig, Encoder, EncoderInput, EncoderOutput};
use crate::heads::{Head, HeadOutput};
use crate::kernels::{DropoutKey, Precision};
use crate::t5::{T5, TokenBatch};
use crate::trunk_config::TrunkConfig;

/// One of the trunks.
#[derive(Module, Debug)]
pub enum Trunk {
    /// BERT or RoBERTa.
    Encoder(Encoder),
    T5(T5),
}

impl From<Encoder> for Trunk {
    fn from(encoder: Encoder) -> Self {
        Self::Encoder(encoder)
    }
}

impl From<T5> for Trunk {
    fn from(t5: T5) -> Self {
        Self::T5(t5)
    }
}

impl Trunk {
    /// The encoder, where it is one of the BERT family.
    pub fn as_encoder(&self) -> Option<&Encoder> {
        match self {
            Self::Encoder(encoder) => Some(encoder),
            Self::T5(_) => None,
        }
    }

    /// The encoder-decoder, where it is one.
    pub fn as_t5(&self) -> Option<&T5> {
        match self {
            Self::Encoder(_) => None,
            Self::T5(t5) => Some(t5),
        }
    }

    /// The configuration.
    pub fn config(&self) -> TrunkConfig {
        match self {
            Self::Encoder(encoder) => TrunkConfig::Bert(encoder.config().clone()),
            Self::T5(t5) => TrunkConfig::T5(t5.config().clone()),
        }
    }

    /// The sizes that heads are made to, as an encoder's configuration spells them.
    pub fn head_config(&self) -> BertConfig {
        self.config().head_config()
    }

    /// A trunk whose values are still to be loaded; the pooler is an encoder's.
    pub(crate) fn zeros(config: &TrunkConfig, pooler: bool, device: &Device) -> Self {
        match config {
            TrunkConfig::Bert(config) => Self::Encoder(Encoder::zeros(config, pooler, device)),
            TrunkConfig::T5(config) => Self::T5(T5::zeros(config, device)),
        }
    }

    /// Layers between input and heads, for rates that differ by layer.
    pub fn layers(&self) -> usize {
        match self {
            Self::Encoder(encoder) => encoder.config().num_hidden_layers,
            Self::T5(t5) => t5.config().num_layers,
        }
    }

    /// Adds what heads read, with first values drawn from `seed`, where a checkpoint came without.
    #[must_use]
    pub fn with_pooler(self, seed: u64) -> Self {
        match self {
            Self::Encoder(encoder) => Self::Encoder(encoder.with_pooler(seed)),
            t5 @ Self::T5(_) => t5,
        }
    }

    /// Sets the precision of the layers' products.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        match self {
            Self::Encoder(encoder) => Self::Encoder(encoder.with_precision(precision)),
            Self::T5(t5) => Self::T5(t5.with_precision(precision)),
        }
    }

    /// Encodes a batch; `dropout` is given in training only, and two calls with one key drop the
    /// same.
    ///
    /// # Panics
    /// Where a sequence is longer than an encoder has positions for.
    pub fn encode(&self, input: &EncoderInput, dropout: Option<DropoutKey>) -> EncoderOutput {
        match self {
            Self::Encoder(encoder) => encoder.forward(input, dropout),
            Self::T5(t5) => {
                let (tokens, mask) = (input.tokens.clone(), input.mask.clone());
                let source = TokenBatch { tokens, mask, segments: None };
                let hidden = t5.encode(&source, dropout).hidden;
                let pooled = Some(mean_over_text(hidden.clone(), source.mask));
                EncoderOutput { hidden, pooled, layers: vec![] }
            }
        }
    }

    /// Applies a head to what [`encode`](Self::encode) gave.
    pub fn apply(
        &self,
        head: &Head,
        output: &EncoderOutput,
        dropout: Option<DropoutKey>,
    ) -> HeadOutput {
        head.forward_with(output, || self.word_embeddings(), dropout)
    }

    /// `[vocabulary, hidden]`
    fn word_embeddings(&self) -> Tensor<2> {
        match self {
            Self::Encoder(encoder) => encoder.word_embeddings(),
            Self::T5(t5) => t5.shared.weight.val(),
        }
    }
}

/// The mean of the states of real tokens.
///
/// # Shapes
/// `hidden` `[batch, length, width]`, `mask` `[batch, length]`, to `[batch, width]`
fn mean_over_text(hidden: Tensor<3>, mask: Tensor<2>) -> Tensor<2> {
    let count = mask.clone().sum_dim(1).clamp_min(1.0);
    let sum: Tensor<2> = (hidden * mask.unsqueeze_dim(2)).sum_dim(1).squeeze_dim(1);
    sum / count
}
