//! The configuration of any trunk, and what all of them say: the type's name, sizes, and what heads are made to.

use serde_json::{Map, Value};

use crate::bert::{BertConfig, Family};
use crate::sizes::num_labels;
use crate::t5::{T5Config, T5Family};

/// The values of `model_type` that are read.
pub const MODEL_TYPES: [&str; 4] = ["bert", "roberta", "t5", "mt5"];

/// The configuration of a trunk.
#[derive(Debug, Clone, PartialEq)]
pub enum TrunkConfig {
    /// BERT or RoBERTa.
    Bert(BertConfig),
    /// T5 or mT5.
    T5(T5Config),
}

impl TrunkConfig {
    /// `model_type`, as `config.json` spells it.
    pub fn model_type(&self) -> &'static str {
        match self {
            Self::Bert(config) => match config.model_type {
                Family::Bert => "bert",
                Family::Roberta => "roberta",
            },
            Self::T5(config) => match config.model_type {
                T5Family::T5 => "t5",
                T5Family::Mt5 => "mt5",
            },
        }
    }

    /// The number of entries in the table of word embeddings.
    pub fn vocab_size(&self) -> usize {
        match self {
            Self::Bert(config) => config.vocab_size,
            Self::T5(config) => config.vocab_size,
        }
    }

    /// The longest text that there are positions for; `None` where there is no bound.
    pub fn max_length(&self) -> Option<usize> {
        match self {
            Self::Bert(config) => Some(config.max_length()),
            Self::T5(_) => None,
        }
    }

    /// The sizes that heads are made to, as an encoder's configuration spells them.
    pub fn head_config(&self) -> BertConfig {
        match self {
            Self::Bert(config) => config.clone(),
            Self::T5(config) => {
                BertConfig::new(config.vocab_size, config.d_model, config.num_layers)
                    .with_dropout(config.dropout_rate)
            }
        }
    }

    /// The number of parameters in matrices and tables, at least, with a classifier.
    pub(crate) fn matrix_parameters(&self) -> u64 {
        match self {
            Self::Bert(config) => config.matrix_parameters(),
            Self::T5(config) => {
                config.parameters() + (num_labels(&config.other) * config.d_model) as u64
            }
        }
    }

    pub(crate) fn architectures(&self) -> &[String] {
        let names = match self {
            Self::Bert(config) => &config.architectures,
            Self::T5(config) => &config.architectures,
        };
        names.as_deref().unwrap_or_default()
    }

    pub(crate) fn other(&self) -> &Map<String, Value> {
        match self {
            Self::Bert(config) => &config.other,
            Self::T5(config) => &config.other,
        }
    }
}
