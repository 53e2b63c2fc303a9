//! Which tensors of a Hugging Face checkpoint a parameter of [`crate::t5::T5`] is.

use super::TensorNames;
use super::layout::Stored;
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
