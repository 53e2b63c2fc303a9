//! The sizes and settings of a T5, as Hugging Face's `config.json` spells them: T5 1.0 and 1.1,
//! Flan-T5 and mT5. Fields that this crate does not use are kept and written back.
//!
//! Whether logits are scaled and whether the output is tied to the embeddings are two things.
//! Files of transformers up to 4 say both by `tie_word_embeddings`; later ones always write `true`
//! there, say `scale_decoder_outputs` beside it, and untie where the checkpoint has an output of
//! its own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::sizes::{check_layers, check_sizes, num_labels};

/// Which of the two lines a configuration describes; they differ in defaults alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum T5Family {
    T5,
    Mt5,
}

/// The position-wise layer between the two products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeedForwardKind {
    /// `relu(x U) D`: T5 1.0.
    #[serde(rename = "relu")]
    Relu,
    /// `(gelu(x G) ⊙ (x U)) D` with GELU's tanh approximation: T5 1.1 (Shazeer, 2020).
    #[serde(rename = "gated-gelu")]
    GatedGelu,
}

/// The configuration of an encoder-decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct T5Config {
    pub model_type: T5Family,
    pub vocab_size: usize,
    pub d_model: usize,
    /// The width of one head's queries, keys and values; not bound to `d_model / num_heads`.
    pub d_kv: usize,
    pub d_ff: usize,
    /// Of the encoder.
    pub num_layers: usize,
    /// As many as the encoder's where absent.
    #[serde(default)]
    pub num_decoder_layers: Option<usize>,
    pub num_heads: usize,
    #[serde(default = "buckets")]
    pub relative_attention_num_buckets: usize,
    #[serde(default = "distance")]
    pub relative_attention_max_distance: usize,
    #[serde(default = "relu")]
    pub feed_forward_proj: FeedForwardKind,
    #[serde(default = "tenth")]
    pub dropout_rate: f64,
    #[serde(default = "epsilon")]
    pub layer_norm_epsilon: f64,
    #[serde(default = "one")]
    pub initializer_factor: f64,
    #[serde(default = "yes")]
    pub tie_word_embeddings: bool,
    /// See [`scales_output`](Self::scales_output).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_decoder_outputs: Option<bool>,
    #[serde(default)]
    pub pad_token_id: usize,
    #[serde(default = "one_id")]
    pub eos_token_id: usize,
    /// What the decoder reads first.
    #[serde(default)]
    pub decoder_start_token_id: usize,
    /// Names such as `T5ForConditionalGeneration`.
    #[serde(default)]
    pub architectures: Option<Vec<String>>,
    /// What else the file says.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn buckets() -> usize {
    32
}
fn distance() -> usize {
    128
}
fn relu() -> FeedForwardKind {
    FeedForwardKind::Relu
}
fn tenth() -> f64 {
    0.1
}
fn epsilon() -> f64 {
    1e-6
}
fn one() -> f64 {
    1.0
}
fn one_id() -> usize {
    1
}
fn yes() -> bool {
    true
}

impl T5Config {
    /// A T5 1.0: ReLU, tied and scaled output, as many decoder as encoder layers.
    pub fn v1_0(
        vocab_size: usize,
        d_model: usize,
        d_ff: usize,
        layers: usize,
        heads: usize,
    ) -> Self {
        Self {
            model_type: T5Family::T5,
            vocab_size,
            d_model,
            d_kv: 64,
            d_ff,
            num_layers: layers,
            num_decoder_layers: None,
            num_heads: heads,
            relative_attention_num_buckets: buckets(),
            relative_attention_max_distance: distance(),
            feed_forward_proj: FeedForwardKind::Relu,
            dropout_rate: tenth(),
            layer_norm_epsilon: epsilon(),
            initializer_factor: one(),
            tie_word_embeddings: true,
            scale_decoder_outputs: None,
            pad_token_id: 0,
            eos_token_id: 1,
            decoder_start_token_id: 0,
            architectures: None,
            other: Map::new(),
        }
    }

    /// A T5 1.1: gated GELU, an output of its own that is not scaled.
    pub fn v1_1(
        vocab_size: usize,
        d_model: usize,
        d_ff: usize,
        layers: usize,
        heads: usize,
    ) -> Self {
        Self {
            feed_forward_proj: FeedForwardKind::GatedGelu,
            tie_word_embeddings: false,
            ..Self::v1_0(vocab_size, d_model, d_ff, layers, heads)
        }
    }

    pub fn with_head_width(mut self, d_kv: usize) -> Self {
        self.d_kv = d_kv;
        self
    }

    pub fn with_decoder_layers(mut self, layers: usize) -> Self {
        self.num_decoder_layers = Some(layers);
        self
    }

    /// T5 1.1 is pre-trained with 0 and fine-tuned with 0.1.
    pub fn with_dropout(mut self, probability: f64) -> Self {
        self.dropout_rate = probability;
        self
    }

    pub fn decoder_layers(&self) -> usize {
        self.num_decoder_layers.unwrap_or(self.num_layers)
    }

    /// The width of all heads together.
    pub fn inner_width(&self) -> usize {
        self.num_heads * self.d_kv
    }

    /// Whether the decoder's states are multiplied by `d_model^-0.5` before the output matrix.
    pub fn scales_output(&self) -> bool {
        let by_tie = match self.model_type {
            T5Family::T5 => self.tie_word_embeddings,
            T5Family::Mt5 => false,
        };
        self.scale_decoder_outputs.unwrap_or(by_tie)
    }

    /// Whether a file with this configuration may have an output of its own although it says
    /// `tie_word_embeddings`, as files of transformers 5 do.
    pub(crate) fn may_be_untied(&self) -> bool {
        self.scale_decoder_outputs.is_some() || self.model_type == T5Family::Mt5
    }

    /// This configuration with an output of its own, logits scaled as before.
    pub(crate) fn untied(mut self) -> Self {
        self.scale_decoder_outputs = Some(self.scales_output());
        self.tie_word_embeddings = false;
        self
    }

    /// The number of parameters, each counted once.
    pub fn parameters(&self) -> u64 {
        let [vocabulary, width, inner, feed] =
            [self.vocab_size, self.d_model, self.inner_width(), self.d_ff].map(|n| n as u64);
        let attention = 4 * width * inner + width;
        let matrices = match self.feed_forward_proj {
            FeedForwardKind::Relu => 2,
            FeedForwardKind::GatedGelu => 3,
        };
        let feed_forward = matrices * width * feed + width;
        let tables = if self.tie_word_embeddings { 1 } else { 2 };
        let positions = (self.relative_attention_num_buckets * self.num_heads) as u64;
        let [encoder, decoder] = [self.num_layers, self.decoder_layers()].map(|n| n as u64);
        tables * vocabulary * width
            + 2 * (positions + width)
            + encoder * (attention + feed_forward)
            + decoder * (2 * attention + feed_forward)
    }

    /// What stands in the way of building the network, in words; `Ok` where nothing does.
    pub fn check(&self) -> Result<(), String> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("d_model", self.d_model),
            ("d_kv", self.d_kv),
            ("d_ff", self.d_ff),
            ("num_heads", self.num_heads),
            ("relative_attention_num_buckets", self.relative_attention_num_buckets),
            ("num_labels", num_labels(&self.other)),
        ];
        check_sizes(&sizes)?;
        check_sizes(&[("num_heads * d_kv", self.inner_width())])?;
        check_layers("num_layers", self.num_layers)?;
        check_layers("num_decoder_layers", self.decoder_layers())?;
        let (buckets, distance) =
            (self.relative_attention_num_buckets, self.relative_attention_max_distance);
        if buckets < 4 || buckets % 2 == 1 {
            return Err(format!(
                "`relative_attention_num_buckets` is {buckets}; expected an even number, at least 4"
            ));
        }
        if distance <= buckets / 2 {
            return Err(format!(
                "`relative_attention_max_distance` is {distance}; expected more than half of the \
                 {buckets} buckets"
            ));
        }
        let ids = [
            ("pad_token_id", self.pad_token_id),
            ("eos_token_id", self.eos_token_id),
            ("decoder_start_token_id", self.decoder_start_token_id),
        ];
        if let Some((name, id)) = ids.iter().find(|(_, id)| *id >= self.vocab_size) {
            return Err(format!(
                "`{name}` is {id}; expected an id below `vocab_size`, which is {}",
                self.vocab_size
            ));
        }
        if !(0.0..1.0).contains(&self.dropout_rate) {
            return Err(format!(
                "`dropout_rate` is {}; expected 0 or more, below 1",
                self.dropout_rate
            ));
        }
        Ok(())
    }
}
