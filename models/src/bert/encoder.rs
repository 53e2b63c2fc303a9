//! The trunk: embeddings, layers, and the pooler where there is one.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, s};

use super::{BertConfig, Embeddings, FeedForward, SelfAttention};
use crate::kernels::{DropoutKey, Precision};
use crate::layers::Linear;
use crate::parameters::{Initial, initialise};
use crate::{Error, Result};

/// What is added to the attention scores of padding keys.
const PADDING_BIAS: f64 = -1e9;

/// A batch of token sequences, padded to one length.
#[derive(Debug, Clone)]
pub struct EncoderInput {
    /// `[batch, length]`
    pub tokens: Tensor<2, Int>,
    /// `[batch, length]`, 0 for the first text of a pair and 1 for the second
    pub segments: Tensor<2, Int>,
    /// `[batch, length]`, 1 for real tokens and 0 for padding
    pub mask: Tensor<2>,
}

/// What an encoder computes.
#[derive(Debug, Clone)]
pub struct EncoderOutput {
    /// The last layer's output, `[batch, length, hidden]`.
    pub hidden: Tensor<3>,
    /// Tanh of a dense layer on the first token, `[batch, hidden]`; absent without a pooler.
    pub pooled: Option<Tensor<2>>,
    /// The embeddings' output and every layer's, where asked for; otherwise empty.
    pub layers: Vec<Tensor<3>>,
}

impl EncoderOutput {
    /// The output with the first token alone: all that heads on whole texts read.
    pub fn first_tokens(&self) -> Self {
        let hidden = self.hidden.clone().slice(s![.., 0..1, ..]);
        Self { hidden, pooled: self.pooled.clone(), layers: vec![] }
    }

    /// The same values as leaves of a new graph.
    pub fn autodiff(self) -> Self {
        Self {
            hidden: self.hidden.autodiff(),
            pooled: self.pooled.map(Tensor::autodiff),
            layers: self.layers.into_iter().map(Tensor::autodiff).collect(),
        }
    }
}

/// One transformer layer.
#[derive(Module, Debug)]
pub struct Layer {
    pub attention: SelfAttention,
    pub feed_forward: FeedForward,
}

/// A BERT or RoBERTa encoder.
#[derive(Module, Debug)]
pub struct Encoder {
    pub embeddings: Embeddings,
    pub layers: Vec<Layer>,
    pub pooler: Option<Linear>,
    #[module(skip)]
    config: BertConfig,
}

impl Encoder {
    /// An encoder with first values drawn from `seed`, with a pooler.
    ///
    /// # Errors
    /// Where the configuration does not describe an encoder.
    pub fn new(config: &BertConfig, seed: u64, device: &Device) -> Result<Self> {
        config.check().map_err(Error::Invalid)?;
        let initial = Initial::Normal { standard_deviation: config.initializer_range };
        Ok(initialise(Self::zeros(config, true, device), initial, seed))
    }

    /// An encoder whose values are still to be loaded.
    pub(crate) fn zeros(config: &BertConfig, pooler: bool, device: &Device) -> Self {
        let layer = |_| Layer {
            attention: SelfAttention::zeros(config, device),
            feed_forward: FeedForward::zeros(config, device),
        };
        Self {
            embeddings: Embeddings::zeros(config, device),
            layers: (0..config.num_hidden_layers).map(layer).collect(),
            pooler: pooler.then(|| Linear::zeros(config.hidden_size, config.hidden_size, device)),
            config: config.clone(),
        }
    }

    /// Adds a pooler with first values drawn from `seed`, where a checkpoint came without one.
    pub fn with_pooler(mut self, seed: u64) -> Self {
        if self.pooler.is_none() {
            let device = self.embeddings.words.weight.lazy_device();
            let width = self.config.hidden_size;
            let initial = Initial::Normal { standard_deviation: self.config.initializer_range };
            let fresh = Linear::zeros(width, width, &device);
            self.pooler = Some(initialise(fresh, initial, seed));
        }
        self
    }

    /// Sets the precision of the layers' products; embeddings and pooler stay in float32.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        for Layer { attention, feed_forward } in &mut self.layers {
            let of_layer = [
                &mut attention.qkv,
                &mut attention.output,
                &mut feed_forward.up,
                &mut feed_forward.down,
            ];
            of_layer.into_iter().for_each(|linear| linear.precision = precision);
        }
        self
    }

    pub fn config(&self) -> &BertConfig {
        &self.config
    }

    /// The word embeddings, `[vocabulary, hidden]`, to which masked-LM heads are tied.
    pub fn word_embeddings(&self) -> Tensor<2> {
        self.embeddings.words.weight.val()
    }

    /// Encodes a batch; `dropout` is given in training only, and two calls with one key drop the
    /// same.
    ///
    /// # Panics
    /// Where a sequence is longer than [`BertConfig::max_length`].
    pub fn forward(&self, input: &EncoderInput, dropout: Option<DropoutKey>) -> EncoderOutput {
        self.run(input, dropout, false)
    }

    /// As [`forward`](Self::forward), keeping the embeddings' and every layer's output.
    pub fn forward_with_layers(
        &self,
        input: &EncoderInput,
        dropout: Option<DropoutKey>,
    ) -> EncoderOutput {
        self.run(input, dropout, true)
    }

    fn run(&self, input: &EncoderInput, dropout: Option<DropoutKey>, keep: bool) -> EncoderOutput {
        let [_, length] = input.tokens.dims();
        let longest = self.config.max_length();
        assert!(
            length <= longest,
            "sequences of {length} tokens, but the encoder has positions for {longest}"
        );
        let key_bias = (input.mask.clone() - 1.0) * -PADDING_BIAS;
        let site = |layer: usize| dropout.map(|key| key.site(layer as u64));
        let mut hidden = self.embeddings.forward(input, site(0));
        let mut layers = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            if keep {
                layers.push(hidden.clone());
            }
            let key = site(index + 1);
            hidden = layer.attention.forward(hidden, key_bias.clone(), key);
            hidden = layer.feed_forward.forward(hidden, key);
        }
        if keep {
            layers.push(hidden.clone());
        }
        let pooled = self.pooler.as_ref().map(|pooler| {
            let first = first_token(hidden.clone());
            pooler.forward(first).tanh()
        });
        EncoderOutput { hidden, pooled, layers }
    }
}

/// The hidden state of each row's first token.
///
/// # Shapes
/// `[batch, length, hidden]` to `[batch, hidden]`
pub(crate) fn first_token(hidden: Tensor<3>) -> Tensor<2> {
    hidden.slice(s![.., 0..1, ..]).squeeze_dim(1)
}
