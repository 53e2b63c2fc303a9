//! Which tensors of a Hugging Face checkpoint a parameter of a [`super::Model`] of the BERT family is.

use super::layout::Stored;
use super::{Checkpoint, T5ModelNames, TrunkConfig};
use crate::bert::Family;

/// Where a checkpoint has a module's parameters.
pub(crate) trait TensorNames {
    /// The tensors of the parameter at `path`; `None` for a parameter that is not the checkpoint's.
    fn stored(&self, path: &str) -> Option<Stored>;
}

/// The spelling of a checkpoint of any family.
#[derive(Debug, Clone)]
pub(crate) enum ModelNames {
    Bert(Naming),
    T5(T5ModelNames),
}

impl ModelNames {
    /// As Hugging Face's class with or without a head spells them.
    pub(super) fn of_class(config: &TrunkConfig, has_head: bool) -> Self {
        match config {
            TrunkConfig::Bert(config) if has_head => {
                Self::Bert(Naming::prefixed(config.model_type))
            }
            TrunkConfig::Bert(config) => Self::Bert(Naming::bare(config.model_type)),
            TrunkConfig::T5(config) => Self::T5(T5ModelNames::new(config, has_head)),
        }
    }

    /// As the checkpoint spells them.
    pub(super) fn of_file(config: &TrunkConfig, checkpoint: &Checkpoint) -> Self {
        match config {
            TrunkConfig::Bert(config) => Self::Bert(Naming::of(config.model_type, checkpoint)),
            TrunkConfig::T5(config) => Self::T5(T5ModelNames::of(config, checkpoint)),
        }
    }
}

impl TensorNames for ModelNames {
    fn stored(&self, path: &str) -> Option<Stored> {
        match self {
            Self::Bert(names) => names.stored(path),
            Self::T5(names) => names.stored(path),
        }
    }
}

/// The spelling of a checkpoint of the BERT family: its family, and whether trunk names have the family's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    family: Family,
    prefix: &'static str,
}

impl Naming {
    /// With the prefix `bert.` or `roberta.`, as in models with a head.
    pub fn prefixed(family: Family) -> Self {
        let prefix = match family {
            Family::Bert => "bert.",
            Family::Roberta => "roberta.",
        };
        Self { family, prefix }
    }

    /// Without a prefix, as in bare encoders.
    pub fn bare(family: Family) -> Self {
        Self { family, prefix: "" }
    }

    /// The spelling that a checkpoint uses.
    pub fn of(family: Family, checkpoint: &Checkpoint) -> Self {
        let prefixed = Self::prefixed(family);
        let mut names = checkpoint.names();
        match names.any(|name| name.starts_with(prefixed.prefix)) {
            true => prefixed,
            false => Self::bare(family),
        }
    }

    pub(super) fn prefix(&self) -> &'static str {
        self.prefix
    }

    fn head(&self, owner: &str) -> Option<&'static str> {
        Some(match (self.family, owner) {
            (_, "Classification.output" | "Regression.output" | "Tagging.output") => "classifier",
            (_, "RobertaClassification.dense") => "classifier.dense",
            (_, "RobertaClassification.output") => "classifier.out_proj",
            (Family::Bert, "MaskedLanguageModel.dense") => "cls.predictions.transform.dense",
            (Family::Bert, "MaskedLanguageModel.norm") => "cls.predictions.transform.LayerNorm",
            (Family::Bert, "MaskedLanguageModel") => "cls.predictions",
            (Family::Roberta, "MaskedLanguageModel.dense") => "lm_head.dense",
            (Family::Roberta, "MaskedLanguageModel.norm") => "lm_head.layer_norm",
            (Family::Roberta, "MaskedLanguageModel") => "lm_head",
            _ => return None,
        })
    }

    /// The tensors that a file may hold a second time under another name, with the first's name:
    /// the masked-LM decoder, tied to the word embeddings and to the bias beside it.
    pub(crate) fn tied(&self) -> [(&'static str, String); 2] {
        let words = format!("{}embeddings.word_embeddings.weight", self.prefix);
        match self.family {
            Family::Bert => [
                ("cls.predictions.decoder.weight", words),
                ("cls.predictions.decoder.bias", "cls.predictions.bias".into()),
            ],
            Family::Roberta => {
                [("lm_head.decoder.weight", words), ("lm_head.decoder.bias", "lm_head.bias".into())]
            }
        }
    }
}

impl TensorNames for Naming {
    /// Paths start with `trunk.Encoder.` or `head.`.
    fn stored(&self, path: &str) -> Option<Stored> {
        let (owner, parameter) = path.rsplit_once('.')?;
        let of_trunk = owner.strip_prefix("trunk.Encoder.");
        let owners = match (of_trunk, owner.strip_prefix("head.")) {
            (Some(owner), _) => {
                trunk(owner)?.into_iter().map(|name| format!("{}{name}", self.prefix)).collect()
            }
            (None, Some(owner)) => vec![self.head(owner)?.to_owned()],
            (None, None) => return None,
        };
        let is_table = of_trunk.is_some_and(|owner| owner.starts_with("embeddings."));
        let kind = match parameter {
            "weight" | "gamma" => "weight",
            "bias" | "beta" => "bias",
            _ => return None,
        };
        Some(Stored {
            names: owners.iter().map(|owner: &String| format!("{owner}.{kind}")).collect(),
            transposed: parameter == "weight" && !is_table,
        })
    }
}

/// The trunk's modules under Hugging Face's names, without prefix.
fn trunk(owner: &str) -> Option<Vec<String>> {
    let plain = match owner {
        "embeddings.words" => "embeddings.word_embeddings",
        "embeddings.positions" => "embeddings.position_embeddings",
        "embeddings.segments" => "embeddings.token_type_embeddings",
        "embeddings.norm" => "embeddings.LayerNorm",
        "pooler" => "pooler.dense",
        _ => return layer(owner),
    };
    Some(vec![plain.to_owned()])
}

fn layer(owner: &str) -> Option<Vec<String>> {
    let (index, part) = owner.strip_prefix("layers.")?.split_once('.')?;
    let parts: &[&str] = match part {
        "attention.qkv" => &["attention.self.query", "attention.self.key", "attention.self.value"],
        "attention.output" => &["attention.output.dense"],
        "attention.norm" => &["attention.output.LayerNorm"],
        "feed_forward.up" => &["intermediate.dense"],
        "feed_forward.down" => &["output.dense"],
        "feed_forward.norm" => &["output.LayerNorm"],
        _ => return None,
    };
    let full = |part: &&str| format!("encoder.layer.{index}.{part}");
    Some(parts.iter().map(full).collect())
}

/// The name under which older checkpoints have a norm's tensor, or `None` for other tensors.
pub(super) fn older_name(name: &str) -> Option<String> {
    let (owner, kind) = name.rsplit_once('.')?;
    let older = match kind {
        "weight" => "gamma",
        "bias" => "beta",
        _ => return None,
    };
    let is_norm = owner.ends_with("LayerNorm");
    is_norm.then(|| format!("{owner}.{older}"))
}
