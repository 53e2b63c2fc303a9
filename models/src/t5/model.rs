//! The whole network: shared embeddings, both stacks, and the output.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

use super::{Decoder, Encoder, T5Config, initial, masks};
use crate::kernels::{self, DropoutKey, Precision};
use crate::layers::{Embedding, Linear};
use crate::{Error, Result};

/// A batch of token sequences, padded to one length.
#[derive(Debug, Clone)]
pub struct TokenBatch {
    /// `[batch, length]`
    pub tokens: Tensor<2, Int>,
    /// `[batch, length]`, 1 for real tokens and 0 for padding
    pub mask: Tensor<2>,
    /// `[batch, length]`: which of the texts packed into a row a token belongs to. Attention stays
    /// within a text, and a target's text sees the source's of the same number. `None` where each
    /// row is one text.
    pub segments: Option<Tensor<2, Int>>,
}

/// What the decoder attends to.
#[derive(Debug, Clone)]
pub struct Memory {
    /// The encoder's output, `[batch, source, d_model]`.
    pub hidden: Tensor<3>,
    /// As in the source's [`TokenBatch`].
    pub mask: Tensor<2>,
    /// As in the source's [`TokenBatch`].
    pub segments: Option<Tensor<2, Int>>,
}

/// A T5 encoder-decoder.
#[derive(Module, Debug)]
pub struct T5 {
    /// Of source and target tokens, and of the output where it is tied.
    pub shared: Embedding,
    pub encoder: Encoder,
    pub decoder: Decoder,
    /// `[d_model, vocabulary]`; `None` where tied.
    pub output: Option<Linear>,
    #[module(skip)]
    config: T5Config,
    #[module(skip)]
    precision: Precision,
}

/// Dropout sites of the stacks.
const ENCODER: u64 = 0;
const DECODER: u64 = 1;

impl T5 {
    /// A network with first values drawn from `seed`.
    ///
    /// # Errors
    /// Where the configuration does not describe a T5.
    pub fn new(config: &T5Config, seed: u64, device: &Device) -> Result<Self> {
        config.check().map_err(Error::Invalid)?;
        Ok(initial::draw(Self::zeros(config, device), seed))
    }

    /// A network whose values are still to be loaded.
    pub(crate) fn zeros(config: &T5Config, device: &Device) -> Self {
        let output = || Linear::without_bias(config.d_model, config.vocab_size, device);
        Self {
            shared: Embedding::zeros(config.vocab_size, config.d_model, device),
            encoder: Encoder::zeros(config, device),
            decoder: Decoder::zeros(config, device),
            output: (!config.tie_word_embeddings).then(output),
            config: config.clone(),
            precision: Precision::F32,
        }
    }

    /// Sets the precision of all products with matrices, the output's included.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        let of_encoder = self.encoder.layers.iter_mut().flat_map(|layer| {
            let (attention, feed) = (&mut layer.attention, &mut layer.feed_forward);
            [&mut attention.qkv, &mut attention.output, &mut feed.up, &mut feed.down]
        });
        of_encoder.for_each(|linear| linear.precision = precision);
        for layer in &mut self.decoder.layers {
            let (attention, feed) = (&mut layer.attention, &mut layer.feed_forward);
            let cross = &mut layer.cross_attention;
            let of_layer = [
                &mut attention.qkv,
                &mut attention.output,
                &mut cross.query,
                &mut cross.key,
                &mut cross.value,
                &mut cross.output,
                &mut feed.up,
                &mut feed.down,
            ];
            of_layer.into_iter().for_each(|linear| linear.precision = precision);
        }
        if let Some(output) = &mut self.output {
            output.precision = precision;
        }
        self.precision = precision;
        self
    }

    pub fn config(&self) -> &T5Config {
        &self.config
    }

    /// Encodes a batch; `dropout` is given in training only, and two calls with one key drop the
    /// same.
    pub fn encode(&self, source: &TokenBatch, dropout: Option<DropoutKey>) -> Memory {
        self.run_encoder(source, dropout, |_| {})
    }

    /// As [`encode`](Self::encode), with the embeddings' and every layer's output; the last is
    /// normalised.
    pub fn encode_with_layers(
        &self,
        source: &TokenBatch,
        dropout: Option<DropoutKey>,
    ) -> (Memory, Vec<Tensor<3>>) {
        let mut layers = Vec::new();
        let memory = self.run_encoder(source, dropout, |hidden| layers.push(hidden.clone()));
        (memory, layers)
    }

    fn run_encoder(
        &self,
        source: &TokenBatch,
        dropout: Option<DropoutKey>,
        keep: impl FnMut(&Tensor<3>),
    ) -> Memory {
        let [_, length] = source.tokens.dims();
        let mut bias = self.encoder.positions.bias(0, length, length);
        if let Some(segments) = &source.segments {
            bias = bias + masks::segments(segments, segments);
        }
        let hidden = self.encoder.forward(
            self.shared.forward(source.tokens.clone()),
            masks::padding(&source.mask),
            bias,
            dropout.map(|key| key.site(ENCODER)),
            keep,
        );
        Memory { hidden, mask: source.mask.clone(), segments: source.segments.clone() }
    }

    /// The decoder's states for the tokens it reads, which are the labels shifted right
    /// ([`decoder_inputs`](super::decoder_inputs)). Padding at their end needs no mask: no token
    /// before it sees it. `segments` is theirs, given where the memory's is.
    ///
    /// # Shapes
    /// `tokens` and `segments` `[batch, target]` to `[batch, target, d_model]`
    pub fn decode(
        &self,
        tokens: Tensor<2, Int>,
        segments: Option<&Tensor<2, Int>>,
        memory: &Memory,
        dropout: Option<DropoutKey>,
    ) -> Tensor<3> {
        let [batch, length] = tokens.dims();
        let causal = masks::causal(0, length, length, &memory.hidden.device());
        let mut bias = self.decoder.positions.bias(0, length, length) + causal;
        let mut memory_bias = None;
        if let Some(own) = segments {
            bias = bias + masks::segments(own, own);
            memory_bias = memory.segments.as_ref().map(|theirs| {
                let [_, source] = theirs.dims();
                masks::segments(own, theirs).expand([batch, self.config.num_heads, length, source])
            });
        }
        self.decoder.forward(
            self.shared.forward(tokens),
            bias,
            memory.hidden.clone(),
            masks::padding(&memory.mask),
            memory_bias,
            dropout.map(|key| key.site(DECODER)),
        )
    }

    /// Logits of the next token from the decoder's states of any rank.
    ///
    /// # Shapes
    /// `[.., d_model]` to `[.., vocabulary]`
    pub fn logits<const D: usize>(&self, hidden: Tensor<D>) -> Tensor<D> {
        let hidden = match self.config.scales_output() {
            true => hidden * (self.config.d_model as f64).sqrt().recip(),
            false => hidden,
        };
        match &self.output {
            Some(output) => output.forward(hidden),
            None => kernels::linear_transposed(hidden, self.shared.weight.val(), self.precision),
        }
    }

    /// Encoder, decoder and output together, for the tokens that the decoder reads.
    ///
    /// # Shapes
    /// `target` `[batch, target]` to `[batch, target, vocabulary]`
    pub fn forward(
        &self,
        source: &TokenBatch,
        target: Tensor<2, Int>,
        segments: Option<&Tensor<2, Int>>,
        dropout: Option<DropoutKey>,
    ) -> Tensor<3> {
        let memory = self.encode(source, dropout);
        self.logits(self.decode(target, segments, &memory, dropout))
    }
}
