//! What a checkpoint is for, and the names that transformers gives to such classes.
//!
//! Transformers has a class for a trunk of the BERT family with each head, and for T5's encoder with a class per token.
//! Its `T5ForSequenceClassification` reads the decoder's last state, which is another function than a head on the mean
//! of the encoder's states; and it has no masked language model on T5. Those two have names of Taskgraft's own, which
//! no class of transformers claims.

use super::{Checkpoint, TrunkConfig};
use crate::bert::Family;
use crate::t5::T5Family;

/// Starts the names of networks that transformers has no class for.
const OWN: &str = "Taskgraft";
/// The name of T5's class in files of the first release.
const FIRST_T5: &str = "T5WithLMHeadModel";

/// What a checkpoint is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// A trunk without a head: an encoder, or an encoder-decoder that writes.
    Trunk,
    SequenceClassification,
    TokenClassification,
    MaskedLanguageModel,
}

impl Architecture {
    pub(super) const ALL: [Self; 4] = [
        Self::Trunk,
        Self::SequenceClassification,
        Self::TokenClassification,
        Self::MaskedLanguageModel,
    ];

    /// The architecture that the configuration names, or else the one that the tensors' names
    /// tell; `Err` with the name where it is another.
    pub fn of(config: &TrunkConfig, checkpoint: &Checkpoint) -> Result<Self, String> {
        let named = config.architectures().first();
        let of_name = |name: &String| match config {
            TrunkConfig::Bert(_) => Self::of_encoder(name),
            TrunkConfig::T5(_) => Self::of_t5(name),
        };
        match named {
            Some(name) => of_name(name).ok_or_else(|| name.clone()),
            None => Ok(match config {
                TrunkConfig::Bert(_) => Self::by_tensors(checkpoint),
                TrunkConfig::T5(_) => Self::Trunk,
            }),
        }
    }

    fn of_encoder(name: &str) -> Option<Self> {
        let rest = name.strip_prefix("Bert").or(name.strip_prefix("Roberta"))?;
        Some(match rest {
            "Model" => Self::Trunk,
            "ForSequenceClassification" => Self::SequenceClassification,
            "ForTokenClassification" => Self::TokenClassification,
            "ForMaskedLM" | "ForPreTraining" => Self::MaskedLanguageModel,
            _ => return None,
        })
    }

    fn of_t5(name: &str) -> Option<Self> {
        if name == FIRST_T5 {
            return Some(Self::Trunk);
        }
        let (own, name) = name.strip_prefix(OWN).map_or((false, name), |name| (true, name));
        let rest = name.strip_prefix("T5").or(name.strip_prefix("MT5"))?;
        Some(match (own, rest) {
            (false, "ForConditionalGeneration") => Self::Trunk,
            (false, "ForTokenClassification") => Self::TokenClassification,
            (true, "ForSequenceClassification") => Self::SequenceClassification,
            (true, "ForMaskedLM") => Self::MaskedLanguageModel,
            _ => return None,
        })
    }

    /// BERT's two classifiers have the same names; the one for tokens has no pooler.
    fn by_tensors(checkpoint: &Checkpoint) -> Self {
        let any = |start: &str| checkpoint.names().any(|name| name.contains(start));
        if any("cls.predictions.") || any("lm_head.") {
            Self::MaskedLanguageModel
        } else if any("classifier.out_proj.") {
            Self::SequenceClassification
        } else if any("classifier.") {
            match any("pooler.") {
                true => Self::SequenceClassification,
                false => Self::TokenClassification,
            }
        } else {
            Self::Trunk
        }
    }

    /// The name of the class in `config.json`.
    pub fn class_name(self, config: &TrunkConfig) -> String {
        let suffix = match (self, config) {
            (Self::Trunk, TrunkConfig::Bert(_)) => "Model",
            (Self::Trunk, TrunkConfig::T5(_)) => "ForConditionalGeneration",
            (Self::SequenceClassification, _) => "ForSequenceClassification",
            (Self::TokenClassification, _) => "ForTokenClassification",
            (Self::MaskedLanguageModel, _) => "ForMaskedLM",
        };
        let (family, has_heads) = match config {
            TrunkConfig::Bert(config) => match config.model_type {
                Family::Bert => ("Bert", true),
                Family::Roberta => ("Roberta", true),
            },
            TrunkConfig::T5(config) => match config.model_type {
                T5Family::T5 => ("T5", false),
                T5Family::Mt5 => ("MT5", false),
            },
        };
        let is_known = has_heads || matches!(self, Self::Trunk | Self::TokenClassification);
        let own = if is_known { "" } else { OWN };
        format!("{own}{family}{suffix}")
    }
}
