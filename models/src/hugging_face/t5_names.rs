//! Which tensors of a Hugging Face checkpoint a parameter of [`crate::t5::T5`] is, alone or with a head.
//!
//! A trunk with a head is spelled as transformers' `T5ForTokenClassification` spells it: `transformer.` before the
//! trunk's names, and `classifier`. The decoder goes with the trunk, although that class does not read it. A head that
//! transformers has no class for is spelled after the same fashion.

use super::layout::Stored;
use super::{Checkpoint, TensorNames};
use crate::t5::{FeedForwardKind, T5Config};

/// The spelling of T5 checkpoints. A gated feed-forward's fused matrix is two tensors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct T5Names {
    is_gated: bool,
}

impl T5Names {
    pub(crate) fn new(config: &T5Config) -> Self {
        Self { is_gated: config.feed_forward_proj == FeedForwardKind::GatedGelu }
    }

    /// The tensors that a file may hold a second time, with the first's name.
    pub(super) fn first_of_copy(name: &str) -> Option<&'static str> {
        let copies = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"];
        (copies.contains(&name) || name == OUTPUT).then_some(SHARED)
    }

    /// What a file of the first release has although no network reads it.
    pub(super) fn is_unused(name: &str) -> bool {
        name == "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
    }

    fn of_stack(self, stack: &str, part: &str) -> Option<Vec<String>> {
        let single = |name: &str| Some(vec![format!("{stack}.{name}")]);
        match part {
            "positions" => return single("block.0.layer.0.SelfAttention.relative_attention_bias"),
            "norm" => return single("final_layer_norm"),
            _ => {}
        }
        let (index, part) = part.strip_prefix("layers.")?.split_once('.')?;
        let (sublayer, part) = part.split_once('.')?;
        // The decoder has cross-attention between the two.
        let (number, name) = match sublayer {
            "attention" => (0, "SelfAttention"),
            "cross_attention" => (1, "EncDecAttention"),
            "feed_forward" if stack == "encoder" => (1, "DenseReluDense"),
            "feed_forward" => (2, "DenseReluDense"),
            _ => return None,
        };
        let block = format!("{stack}.block.{index}.layer.{number}");
        let parts: &[&str] = match part {
            "norm" => return Some(vec![format!("{block}.layer_norm")]),
            "qkv" => &["q", "k", "v"],
            "query" => &["q"],
            "key" => &["k"],
            "value" => &["v"],
            "output" => &["o"],
            "up" if self.is_gated => &["wi_0", "wi_1"],
            "up" => &["wi"],
            "down" => &["wo"],
            _ => return None,
        };
        Some(parts.iter().map(|part| format!("{block}.{name}.{part}")).collect())
    }
}

pub(super) const SHARED: &str = "shared.weight";
pub(super) const OUTPUT: &str = "lm_head.weight";

impl TensorNames for T5Names {
    fn stored(&self, path: &str) -> Option<Stored> {
        let (owner, parameter) = path.rsplit_once('.')?;
        let owners = match owner.split_once('.') {
            None if owner == "shared" => vec!["shared".into()],
            None if owner == "output" => vec!["lm_head".into()],
            Some((stack @ ("encoder" | "decoder"), part)) => self.of_stack(stack, part)?,
            _ => return None,
        };
        let is_table = owner == "shared" || owner.ends_with("positions");
        Some(Stored {
            names: owners.iter().map(|owner| format!("{owner}.weight")).collect(),
            transposed: parameter == "weight" && !is_table,
        })
    }
}

/// The spelling of a T5 with or without a head.
#[derive(Debug, Clone)]
pub(crate) struct T5ModelNames {
    trunk: T5Names,
    prefix: &'static str,
}

/// Before the trunk's names where there is a head.
const PREFIX: &str = "transformer.";
const HEADS: [&str; 2] = ["classifier.", "mlm_head."];

impl T5ModelNames {
    pub(super) fn new(config: &T5Config, has_head: bool) -> Self {
        Self { trunk: T5Names::new(config), prefix: if has_head { PREFIX } else { "" } }
    }

    /// The spelling that a checkpoint uses.
    pub(super) fn of(config: &T5Config, checkpoint: &Checkpoint) -> Self {
        Self::new(config, checkpoint.names().any(|name| name.starts_with(PREFIX)))
    }

    /// A trunk's tensor under the name that it has here.
    pub(super) fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The name of a trunk's tensor without prefix.
    pub(super) fn bare<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(self.prefix).unwrap_or(name)
    }

    /// Whether a tensor is a head's.
    pub(super) fn is_of_head(name: &str) -> bool {
        HEADS.iter().any(|head| name.starts_with(head))
    }

    fn head(owner: &str) -> Option<&'static str> {
        Some(match owner {
            "Classification.output" | "Regression.output" | "Tagging.output" => "classifier",
            "MaskedLanguageModel.dense" => "mlm_head.dense",
            "MaskedLanguageModel.norm" => "mlm_head.layer_norm",
            "MaskedLanguageModel" => "mlm_head",
            _ => return None,
        })
    }
}

impl TensorNames for T5ModelNames {
    /// Paths start with `trunk.T5.` or `head.`.
    fn stored(&self, path: &str) -> Option<Stored> {
        if let Some(path) = path.strip_prefix("trunk.T5.") {
            let mut stored = self.trunk.stored(path)?;
            stored.names.iter_mut().for_each(|name| *name = self.full(name));
            return Some(stored);
        }
        let (owner, parameter) = path.strip_prefix("head.")?.rsplit_once('.')?;
        let kind = match parameter {
            "weight" | "gamma" => "weight",
            "bias" | "beta" => "bias",
            _ => return None,
        };
        let name = format!("{}.{kind}", Self::head(owner)?);
        Some(Stored { names: vec![name], transposed: parameter == "weight" })
    }
}
