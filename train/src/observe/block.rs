//! Parts of the trunk that gradients are compared in.

use std::fmt;

use serde::{Deserialize, Serialize};
use taskgraft_models::parameters::{Depth, depth_of, is_norm_or_bias};

/// A part of the trunk, from the input up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    Embeddings,
    /// Counted from 0 at the input.
    Layer(usize),
    Pooler,
}

/// Which of the trunk's parameters a comparison is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All.
    Whole,
    /// All but embeddings, biases and norms: word embeddings have gradients at the words of a batch alone, and biases
    /// are few but share directions, so both move a cosine much.
    Matrices,
    Block(Block),
}

/// What a scope is made from: the parameters of a block, biases and norms apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub block: Block,
    pub is_matrix: bool,
}

impl Kind {
    /// Of the parameter at a path within the trunk.
    pub fn of(path: &str) -> Self {
        let block = match depth_of(path) {
            Depth::Embeddings => Block::Embeddings,
            Depth::Layer(index) => Block::Layer(index),
            Depth::Pooler | Depth::Head => Block::Pooler,
        };
        Self { block, is_matrix: !is_norm_or_bias(path) }
    }
}

impl Scope {
    /// Whether parameters of a kind belong to it.
    pub(super) fn holds(self, kind: Kind) -> bool {
        match self {
            Self::Whole => true,
            Self::Matrices => kind.is_matrix && kind.block != Block::Embeddings,
            Self::Block(block) => kind.block == block,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.pad("whole trunk"),
            Self::Matrices => f.pad("layers' matrices"),
            Self::Block(Block::Embeddings) => f.pad("embeddings"),
            Self::Block(Block::Layer(index)) => f.pad(&format!("layer {}", index + 1)),
            Self::Block(Block::Pooler) => f.pad("pooler"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_without_embeddings_biases_and_norms() {
        let paths = [
            ("embeddings.words.weight", false),
            ("layers.3.attention.qkv.weight", true),
            ("layers.3.attention.qkv.bias", false),
            ("layers.3.attention.norm.gamma", false),
            ("pooler.weight", true),
        ];
        for (path, is_held) in paths {
            let kind = Kind::of(path);
            assert_eq!(Scope::Matrices.holds(kind), is_held, "{path}");
            assert!(Scope::Whole.holds(kind) && Scope::Block(kind.block).holds(kind), "{path}");
        }
        assert_eq!(Scope::Block(Block::Layer(3)).to_string(), "layer 4");
    }
}
