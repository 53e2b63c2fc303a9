//! Prefix language modelling (T5, section 3.2.1; UL2's sequential denoising): the start of a passage is read, the
//! rest is to be written.
//!
//! The number of tokens to be written is drawn evenly from 1 to twice its mean, and at least one token is read. With
//! the mean of one half, every place to cut is as likely, as in T5. Of several documents the last one is cut, and
//! those before it are read whole, so that what is written is of one document.

use serde::{Deserialize, Serialize};

use super::{
    DrawKey,
    text_to_text::{Lengths, Objective, T5Tokens, TextToText, joined},
};
use crate::{Error, Result};

/// Prefix language modelling; the default is T5's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrefixLm {
    /// The share of the last document that is to be written on average, at most one half.
    pub mean_suffix: f64,
    pub tokens: T5Tokens,
}

impl Default for PrefixLm {
    fn default() -> Self {
        PrefixLm { mean_suffix: 0.5, tokens: T5Tokens::default() }
    }
}

impl PrefixLm {
    /// The longest suffix of a document.
    fn longest_suffix(&self, document: usize) -> usize {
        let twice = (2.0 * self.mean_suffix * document as f64).round() as usize;
        twice.saturating_sub(1).max(1)
    }
}

impl Objective for PrefixLm {
    fn example(&self, documents: &[&[u32]], key: DrawKey) -> Result<TextToText> {
        let mean = self.mean_suffix;
        if !(mean > 0.0 && mean <= 0.5) {
            return Err(Error::Invalid(format!(
                "prefix LM: the mean suffix is {mean} of the text; it must be above 0 and at most 0.5"
            )));
        }
        let passage = joined(documents, &self.tokens)?;
        // An empty document is none; the passage has tokens, so there is a last one.
        let last = documents.iter().rev().map(|d| d.len()).find(|length| *length > 0).unwrap_or(0);
        let most = self.longest_suffix(last).min(passage.len() - 1);
        let cut = passage.len() - 1 - key.below(most, 0);
        let (inputs, targets) = passage.split_at(cut);
        let eos = self.tokens.eos;
        Ok(TextToText { inputs: [inputs, &[eos]].concat(), targets: [targets, &[eos]].concat() })
    }

    fn lengths(&self, tokens: usize) -> Lengths {
        Lengths { inputs: tokens, targets: self.longest_suffix(tokens) + 1 }
    }
}
