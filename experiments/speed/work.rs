//! What is timed: the networks, their sizes, and the arithmetic of a step.
//!
//! Training steps of MiniLM's shape with a class head and AdamW, on 16 texts of 128 tokens, and of T5-small with
//! Adafactor, on 8 texts of 128 tokens and answers of 32: dropout is 0.1, gradients are clipped to norm 1, and every
//! token is a real one. Greedy generation of 64 tokens by T5-small from 8 texts of 128 tokens, with its cache.

use serde::{Deserialize, Serialize};

/// A network and its batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    MiniLm,
    T5,
    /// Greedy generation, with the cache.
    Generate,
}

/// How large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// As named.
    Full,
    /// Tiny, to see that all runs.
    Quick,
}

/// Sizes of a network and its batch.
#[derive(Clone, Copy)]
pub struct Shape {
    pub vocabulary: usize,
    pub width: usize,
    /// Of each stack.
    pub layers: usize,
    pub heads: usize,
    pub hidden: usize,
    pub batch: usize,
    pub source: usize,
    /// Tokens that are written; 0 for an encoder.
    pub target: usize,
}

impl std::str::FromStr for Work {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "minilm" => Ok(Self::MiniLm),
            "t5" => Ok(Self::T5),
            "generate" => Ok(Self::Generate),
            _ => Err(format!("unknown work `{name}`; there are minilm, t5, generate and glue")),
        }
    }
}

impl Work {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::MiniLm => "minilm",
            Self::T5 => "t5",
            Self::Generate => "generate",
        }
    }

    /// Its sizes.
    pub fn shape(self, size: Size) -> Shape {
        let (layers, target) = match self {
            Self::MiniLm => (6, 0),
            Self::T5 => (6, 32),
            Self::Generate => (6, 64),
        };
        match (self, size) {
            (Self::MiniLm, Size::Full) => Shape {
                vocabulary: 30_522,
                width: 384,
                layers,
                heads: 12,
                hidden: 1536,
                batch: 16,
                source: 128,
                target,
            },
            (Self::T5 | Self::Generate, Size::Full) => Shape {
                vocabulary: 32_128,
                width: 512,
                layers,
                heads: 8,
                hidden: 2048,
                batch: 8,
                source: 128,
                target,
            },
            (_, Size::Quick) => Shape {
                vocabulary: 500,
                width: 64,
                layers: 2,
                heads: 2,
                hidden: 128,
                batch: 4,
                source: 16,
                target: target.min(8),
            },
        }
    }

    /// In words.
    pub fn title(self, size: Size) -> String {
        let Shape { width, layers, batch, source, target, .. } = self.shape(size);
        match self {
            Self::MiniLm => format!(
                "Encoder of {layers} layers of width {width}, {batch}×{source} tokens, AdamW"
            ),
            Self::T5 => format!(
                "T5 of {layers}+{layers} layers of width {width}, {batch}×{source}→{target} tokens, Adafactor"
            ),
            Self::Generate => format!(
                "Greedy generation by a T5 of {layers}+{layers} layers of width {width}, {batch}×{source}→{target} tokens"
            ),
        }
    }

    /// Tokens of a step, read and written.
    pub fn tokens(self, size: Size) -> usize {
        let Shape { batch, source, target, .. } = self.shape(size);
        batch * (source + target)
    }

    /// Whether a step only looks at what the network makes of its batch.
    pub fn is_inference(self) -> bool {
        self == Self::Generate
    }

    /// Floating-point operations of a step's matrix products: twice the multiplications forward, and in training twice
    /// as many again backward. Nothing else is counted.
    pub fn operations(self, size: Size) -> f64 {
        let Shape { vocabulary, width, layers, hidden, batch, source, target, .. } =
            self.shape(size);
        let [read, written] = [batch * source, batch * target];
        let (square, forward) = (width * width, 2 * width * hidden);
        let attend = |queries: usize, keys: usize| 2 * batch * queries * keys * width;
        let encoder = read * (4 * square + forward) + attend(source, source);
        let of_decoder = match self {
            Self::MiniLm => 0,
            // As below, but that a token attends to those before it alone.
            Self::Generate => {
                written * (6 * square + forward)
                    + read * 2 * square
                    + attend(1, target * (target + 1) / 2)
                    + attend(target, source)
            }
            // Queries and output of both attentions are of what is written, keys and values of the second of what is
            // read.
            Self::T5 => {
                written * (6 * square + forward)
                    + read * 2 * square
                    + attend(target, target)
                    + attend(target, source)
            }
        };
        let output = written * width * vocabulary;
        let passes = if self.is_inference() { 1.0 } else { 3.0 };
        2.0 * passes * (layers * (encoder + of_decoder) + output) as f64
    }
}

#[cfg(test)]
mod tests {
    #[allow(unused_imports)] // Benches take this file in without running its tests.
    use super::*;

    #[test]
    fn products_are_counted_by_hand_once() {
        // 64 tokens through 4 products of 64×64 and two of 64×128, scores and mixtures of 4 texts of 16; two layers;
        // forward and twice backward.
        let layer = 64 * (4 * 4096 + 2 * 8192) + 2 * 4 * 16 * 16 * 64;
        assert_eq!(Work::MiniLm.operations(Size::Quick), f64::from(2 * 3 * 2 * layer));
        // The decoder writes 32 tokens, and its second attention reads the 64.
        let decoder = 32 * (6 * 4096 + 2 * 8192) + 64 * 2 * 4096 + 2 * 4 * (8 * 8 + 8 * 16) * 64;
        let all = 2 * (layer + decoder) + 32 * 64 * 500;
        assert_eq!(Work::T5.operations(Size::Quick), f64::from(2 * 3 * all));
        // Nothing is learned, and a token attends to itself and those before it.
        let decoder = decoder - 2 * 4 * (8 * 8 - 36) * 64;
        let all = 2 * (layer + decoder) + 32 * 64 * 500;
        assert_eq!(Work::Generate.operations(Size::Quick), f64::from(2 * all));
        assert_eq!((Work::MiniLm.tokens(Size::Full), Work::T5.tokens(Size::Full)), (2048, 1280));
    }
}
