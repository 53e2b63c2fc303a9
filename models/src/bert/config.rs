//! The sizes and settings of a BERT or RoBERTa encoder, as Hugging Face's `config.json` spells
//! them. Fields that this crate does not use are kept and written back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::layers::Activation;
use crate::sizes::{check_layers, check_sizes, num_labels};

/// Which of the two encoders a configuration describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Bert,
    Roberta,
}

/// The configuration of an encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BertConfig {
    pub model_type: Family,
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub hidden_act: Activation,
    pub max_position_embeddings: usize,
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    #[serde(default = "epsilon")]
    pub layer_norm_eps: f64,
    #[serde(default = "tenth")]
    pub hidden_dropout_prob: f64,
    #[serde(default = "tenth")]
    pub attention_probs_dropout_prob: f64,
    /// Dropout before the classifier; `hidden_dropout_prob` where absent.
    #[serde(default)]
    pub classifier_dropout: Option<f64>,
    #[serde(default = "initializer_range")]
    pub initializer_range: f64,
    /// Where absent: 0 for BERT, 1 for RoBERTa. See [`padding`](Self::padding).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad_token_id: Option<usize>,
    /// Names such as `BertForSequenceClassification`.
    #[serde(default)]
    pub architectures: Option<Vec<String>>,
    /// What else the file says.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn two() -> usize {
    2
}
fn epsilon() -> f64 {
    1e-12
}
fn tenth() -> f64 {
    0.1
}
fn initializer_range() -> f64 {
    0.02
}

impl BertConfig {
    /// A BERT of the given width and depth, with heads of width 32 (or one head, if narrower) and
    /// the usual fourfold feed-forward width.
    pub fn new(vocab_size: usize, hidden_size: usize, layers: usize) -> Self {
        Self {
            model_type: Family::Bert,
            vocab_size,
            hidden_size,
            num_hidden_layers: layers,
            num_attention_heads: (hidden_size / 32).max(1),
            intermediate_size: 4 * hidden_size,
            hidden_act: Activation::Gelu,
            max_position_embeddings: 512,
            type_vocab_size: two(),
            layer_norm_eps: epsilon(),
            hidden_dropout_prob: tenth(),
            attention_probs_dropout_prob: tenth(),
            classifier_dropout: None,
            initializer_range: initializer_range(),
            pad_token_id: None,
            architectures: None,
            other: Map::new(),
        }
    }

    /// 2 layers of width 64, to train from scratch in seconds.
    pub fn tiny(vocab_size: usize) -> Self {
        Self::new(vocab_size, 64, 2)
    }

    /// 4 layers of width 128, to train from scratch in minutes.
    pub fn mini(vocab_size: usize) -> Self {
        Self::new(vocab_size, 128, 4)
    }

    pub fn with_dropout(mut self, probability: f64) -> Self {
        self.hidden_dropout_prob = probability;
        self.attention_probs_dropout_prob = probability;
        self
    }

    pub fn with_max_length(mut self, positions: usize) -> Self {
        self.max_position_embeddings = positions + self.position_offset();
        self
    }

    /// The position of the first token: RoBERTa counts from one past the padding id.
    pub fn position_offset(&self) -> usize {
        match self.model_type {
            Family::Bert => 0,
            Family::Roberta => self.padding() + 1,
        }
    }

    /// The id of the padding token.
    pub fn padding(&self) -> usize {
        self.pad_token_id.unwrap_or(match self.model_type {
            Family::Bert => 0,
            Family::Roberta => 1,
        })
    }

    /// The longest sequence that the position table holds.
    pub fn max_length(&self) -> usize {
        self.max_position_embeddings.saturating_sub(self.position_offset())
    }

    /// Dropout before a classifier.
    pub fn head_dropout(&self) -> f64 {
        self.classifier_dropout.unwrap_or(self.hidden_dropout_prob)
    }

    /// The number of labels that the file declares; transformers' default is 2.
    pub fn num_labels(&self) -> usize {
        num_labels(&self.other)
    }

    /// The number of parameters in matrices and tables, with a classifier and without a pooler.
    pub(crate) fn matrix_parameters(&self) -> u64 {
        let [vocabulary, width, positions, segments, labels, feed, layers] = [
            self.vocab_size,
            self.hidden_size,
            self.max_position_embeddings,
            self.type_vocab_size,
            self.num_labels(),
            self.intermediate_size,
            self.num_hidden_layers,
        ]
        .map(|n| n as u64);
        let of_layer = 4 * width * width + 2 * width * feed;
        (vocabulary + positions + segments + labels) * width + layers * of_layer
    }

    /// What stands in the way of building the encoder, in words; `Ok` where nothing does.
    pub fn check(&self) -> Result<(), String> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
            ("num_labels", self.num_labels()),
        ];
        check_sizes(&sizes)?;
        check_layers("num_hidden_layers", self.num_hidden_layers)?;
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err(format!(
                "`hidden_size` is {}; expected a multiple of `num_attention_heads`, which is {}",
                self.hidden_size, self.num_attention_heads
            ));
        }
        if self.padding() >= self.vocab_size {
            return Err(format!(
                "`pad_token_id` is {}; expected an id below `vocab_size`, which is {}",
                self.padding(),
                self.vocab_size
            ));
        }
        if self.max_length() == 0 {
            return Err(format!(
                "`max_position_embeddings` is {}, which leaves no room for a token; expected more",
                self.max_position_embeddings
            ));
        }
        let rates = [
            ("hidden_dropout_prob", self.hidden_dropout_prob),
            ("attention_probs_dropout_prob", self.attention_probs_dropout_prob),
            ("classifier_dropout", self.head_dropout()),
        ];
        if let Some((name, rate)) = rates.iter().find(|(_, rate)| !(0.0..1.0).contains(rate)) {
            return Err(format!("`{name}` is {rate}; expected 0 or more, below 1"));
        }
        match self.other.get("position_embedding_type") {
            None | Some(Value::Null) => {}
            Some(Value::String(kind)) if kind == "absolute" => {}
            Some(kind) => {
                return Err(format!(
                    "`position_embedding_type` is {kind}; only \"absolute\" is built"
                ));
            }
        }
        for field in ["is_decoder", "add_cross_attention"] {
            if self.other.get(field) == Some(&Value::Bool(true)) {
                return Err(format!("`{field}` is true; only encoders are built"));
            }
        }
        Ok(())
    }
}
