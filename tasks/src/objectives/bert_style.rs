//! BERT-style denoising in text-to-text form (T5, section 3.3.1): some tokens of the inputs are replaced, and the whole
//! passage is to be written.
//!
//! Every token is chosen independently with probability 0.15; a chosen one becomes sentinel 0 (each time the same)
//! with probability 0.9 and a random token otherwise. Random tokens are drawn evenly from those below the sentinels,
//! without the first three (padding, EOS, unknown). A draw that chooses nothing takes the token that comes nearest to
//! being chosen.

use serde::{Deserialize, Serialize};

use super::{
    draw::{DrawKey, chosen},
    text_to_text::{Lengths, Objective, T5Tokens, TextToText, joined},
};
use crate::{Error, Result};

/// Padding, EOS and unknown are never drawn.
const RESERVED: usize = 3;

const CHOICE: u64 = 1;
const FATE: u64 = 2;
const REPLACEMENT: u64 = 3;

/// BERT-style denoising; the defaults are T5's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BertStyle {
    /// Probability that a token is replaced.
    pub rate: f64,
    /// The share of replaced tokens that become a random one.
    pub random: f64,
    pub tokens: T5Tokens,
}

impl Default for BertStyle {
    fn default() -> Self {
        BertStyle { rate: 0.15, random: 0.1, tokens: T5Tokens::default() }
    }
}

impl Objective for BertStyle {
    fn example(&self, documents: &[&[u32]], key: DrawKey) -> Result<TextToText> {
        let BertStyle { rate, random, tokens } = self;
        if !(*rate > 0.0 && *rate <= 1.0 && (0.0..=1.0).contains(random)) {
            return Err(Error::Invalid(format!(
                "BERT-style denoising: the rate is {rate} and the share of random tokens {random}; the rate must be \
                 above 0 and at most 1, the share from 0 to 1"
            )));
        }
        let ordinary = (tokens.sentinel as usize + 1).saturating_sub(tokens.sentinels as usize);
        if ordinary <= RESERVED {
            return Err(Error::Invalid(format!(
                "BERT-style denoising: the vocabulary has {ordinary} tokens below the sentinels; take a larger one"
            )));
        }
        let mask = tokens.sentinel(0)?;
        let passage = joined(documents, tokens)?;
        let places: Vec<usize> = (0..passage.len()).collect();
        let mut inputs = passage.clone();
        for (at, _) in
            places.iter().zip(chosen(&places, *rate, key.of(CHOICE))).filter(|(_, chosen)| *chosen)
        {
            inputs[*at] = if key.of(FATE).unit(*at) < *random {
                (RESERVED + key.of(REPLACEMENT).below(ordinary - RESERVED, *at)) as u32
            } else {
                mask
            };
        }
        inputs.push(tokens.eos);
        Ok(TextToText { inputs, targets: [passage.as_slice(), &[tokens.eos]].concat() })
    }

    fn lengths(&self, tokens: usize) -> Lengths {
        Lengths { inputs: tokens + 1, targets: tokens + 1 }
    }
}
