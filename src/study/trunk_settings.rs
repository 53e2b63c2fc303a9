//! The network that a study makes from scratch where none is given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which kind of trunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrunkKind {
    /// An encoder of the BERT family.
    #[default]
    Encoder,
    /// An encoder-decoder: T5 1.1.
    T5,
}

/// A trunk that is made from scratch, with the tokenizer that is trained for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrunkSettings {
    /// Which kind of network.
    pub kind: TrunkKind,
    /// Layers of the encoder; a T5 has as many in its decoder.
    #[schemars(range(min = 1))]
    pub layers: usize,
    /// Width of an encoder's states.
    #[schemars(range(min = 1))]
    pub hidden: usize,
    /// Dropout on embeddings, attention weights, and the outputs of attention and feed-forward layers.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub dropout: f64,
    /// Largest size of the vocabulary that is learned from the tasks' texts; a T5's holds its sentinels.
    #[schemars(range(min = 1))]
    pub vocabulary: usize,
    /// Width of a T5's states.
    #[schemars(range(min = 1))]
    pub d_model: usize,
    /// Width of one of a T5's attention heads.
    #[schemars(range(min = 1))]
    pub d_kv: usize,
    /// Width inside a T5's feed-forward layers.
    #[schemars(range(min = 1))]
    pub d_ff: usize,
    /// Attention heads of a T5.
    #[schemars(range(min = 1))]
    pub heads: usize,
    /// Sentinels of a T5's vocabulary.
    #[schemars(range(min = 1))]
    pub sentinels: usize,
    /// Texts that a T5's tokenizer is trained on, at most.
    #[schemars(range(min = 1))]
    pub tokenizer_texts: usize,
}

impl Default for TrunkSettings {
    fn default() -> Self {
        Self {
            kind: TrunkKind::Encoder,
            layers: 2,
            hidden: 128,
            dropout: 0.1,
            vocabulary: 2000,
            d_model: 256,
            d_kv: 32,
            d_ff: 512,
            heads: 8,
            sentinels: 100,
            tokenizer_texts: 50_000,
        }
    }
}
