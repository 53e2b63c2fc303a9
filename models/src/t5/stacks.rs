//! The two stacks of layers. Each has a position table that all its layers share, dropout of the
//! embeddings, and a final norm with dropout.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::attention::{CrossAttention, SelfAttention};
use super::cache::LayerCache;
use super::{Direction, FeedForward, RelativePositions, T5Config};
use crate::kernels::{self, DropoutKey};
use crate::layers::RmsNorm;

/// Dropout sites of a stack; layers follow.
const EMBEDDINGS: u64 = 0;
const FINAL: u64 = 1;
const LAYERS: u64 = 2;

/// One layer of the encoder.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    pub attention: SelfAttention,
    pub feed_forward: FeedForward,
}

/// The encoder without its embeddings, which the decoder shares.
#[derive(Module, Debug)]
pub struct Encoder {
    pub positions: RelativePositions,
    pub layers: Vec<EncoderLayer>,
    pub norm: RmsNorm,
    dropout: f64,
}

impl Encoder {
    pub(super) fn zeros(config: &T5Config, device: &Device) -> Self {
        let layer = |_| EncoderLayer {
            attention: SelfAttention::zeros(config, device),
            feed_forward: FeedForward::zeros(config, device),
        };
        Self {
            positions: RelativePositions::zeros(config, Direction::Bidirectional, device),
            layers: (0..config.num_layers).map(layer).collect(),
            norm: RmsNorm::identity(config.d_model, config.layer_norm_epsilon, device),
            dropout: config.dropout_rate,
        }
    }

    /// The embeddings' output and every layer's, the last normalised.
    ///
    /// # Shapes
    /// `embedded` `[batch, length, d_model]`, `key_mask` `[batch, length]`, `bias`
    /// `[1 or batch, heads, length, length]`
    pub(super) fn forward(
        &self,
        embedded: Tensor<3>,
        key_mask: Tensor<2>,
        bias: Tensor<4>,
        dropout: Option<DropoutKey>,
        mut keep: impl FnMut(&Tensor<3>),
    ) -> Tensor<3> {
        let mut hidden = drop(embedded, self.dropout, dropout, EMBEDDINGS);
        for (index, layer) in self.layers.iter().enumerate() {
            keep(&hidden);
            let key = dropout.map(|key| key.site(LAYERS + index as u64));
            let site = |n: u64| key.map(|key| key.site(n));
            let mask = Some(key_mask.clone());
            hidden = layer.attention.forward(hidden, mask, bias.clone(), site(0));
            hidden = layer.feed_forward.forward(hidden, site(1));
        }
        let hidden = drop(self.norm.forward(hidden), self.dropout, dropout, FINAL);
        keep(&hidden);
        hidden
    }
}

/// One layer of the decoder.
#[derive(Module, Debug)]
pub struct DecoderLayer {
    pub attention: SelfAttention,
    pub cross_attention: CrossAttention,
    pub feed_forward: FeedForward,
}

/// The decoder without embeddings and output matrix.
#[derive(Module, Debug)]
pub struct Decoder {
    pub positions: RelativePositions,
    pub layers: Vec<DecoderLayer>,
    pub norm: RmsNorm,
    dropout: f64,
}

impl Decoder {
    pub(super) fn zeros(config: &T5Config, device: &Device) -> Self {
        let layer = |_| DecoderLayer {
            attention: SelfAttention::zeros(config, device),
            cross_attention: CrossAttention::zeros(config, device),
            feed_forward: FeedForward::zeros(config, device),
        };
        Self {
            positions: RelativePositions::zeros(config, Direction::Causal, device),
            layers: (0..config.decoder_layers()).map(layer).collect(),
            norm: RmsNorm::identity(config.d_model, config.layer_norm_epsilon, device),
            dropout: config.dropout_rate,
        }
    }

    /// All positions at once. `bias` holds positions and causality.
    ///
    /// # Shapes
    /// `embedded` `[batch, target, d_model]`, `bias` `[1 or batch, heads, target, target]`,
    /// `memory` `[batch, source, d_model]`, `memory_mask` `[batch, source]`, `memory_bias`
    /// `[batch, heads, target, source]`, to `[batch, target, d_model]`
    pub(super) fn forward(
        &self,
        embedded: Tensor<3>,
        bias: Tensor<4>,
        memory: Tensor<3>,
        memory_mask: Tensor<2>,
        memory_bias: Option<Tensor<4>>,
        dropout: Option<DropoutKey>,
    ) -> Tensor<3> {
        let mut hidden = drop(embedded, self.dropout, dropout, EMBEDDINGS);
        for (index, layer) in self.layers.iter().enumerate() {
            let key = dropout.map(|key| key.site(LAYERS + index as u64));
            let site = |n: u64| key.map(|key| key.site(n));
            hidden = layer.attention.forward(hidden, None, bias.clone(), site(0));
            let cross = &layer.cross_attention;
            hidden = cross.forward(
                hidden,
                cross.keys_and_values(memory.clone()),
                memory_mask.clone(),
                memory_bias.clone(),
                site(1),
            );
            hidden = layer.feed_forward.forward(hidden, site(2));
        }
        drop(self.norm.forward(hidden), self.dropout, dropout, FINAL)
    }

    /// The next position of every row; those before it are in the cache. No dropout.
    ///
    /// # Shapes
    /// `embedded` `[rows, 1, d_model]`, `bias` `[1, heads, 1, positions so far]`, `memory_mask`
    /// `[examples, source]`, to `[rows, 1, d_model]`; rows are a multiple of examples, and those of
    /// one example lie together
    pub(super) fn step(
        &self,
        embedded: Tensor<3>,
        bias: Tensor<4>,
        caches: &mut [LayerCache],
        memory_mask: &Tensor<2>,
    ) -> Tensor<3> {
        let [rows, _, width] = embedded.dims();
        let examples = memory_mask.dims()[0];
        let mut hidden = embedded;
        for (layer, cache) in self.layers.iter().zip(caches) {
            hidden = layer.attention.forward_cached(hidden, &mut cache.past, bias.clone());
            // Cross-attention has no positions: an example's rows are queries of one sequence.
            let queries = hidden.reshape([examples, rows / examples, width]);
            let memory = cache.memory.clone();
            let mask = memory_mask.clone();
            let mixed = layer.cross_attention.forward(queries, memory, mask, None, None);
            hidden = layer.feed_forward.forward(mixed.reshape([rows, 1, width]), None);
        }
        self.norm.forward(hidden)
    }
}

fn drop(x: Tensor<3>, probability: f64, dropout: Option<DropoutKey>, site: u64) -> Tensor<3> {
    match dropout {
        Some(key) => kernels::dropout(x, probability, key.site(site)),
        None => x,
    }
}
