//! Masked language modelling (BERT, section 3.1; RoBERTa's dynamic masking): some tokens are hidden, and predicted.
//!
//! Every token that is not special is chosen independently with probability `rate` (the masking of the code TARTAN
//! released; BERT's own fixes the number a text). A chosen token becomes `[MASK]` with probability 0.8, a token drawn
//! evenly from the whole vocabulary (special ones and the original included) with 0.1, and stays with 0.1; its label
//! is the original in all three cases. With `whole_word` the pieces of a word are chosen together, and each piece
//! still meets a fate of its own.
//!
//! A draw that chooses nothing would leave a mean over no tokens. So the token that comes nearest to being chosen is
//! taken instead; a text of `n` tokens then has `rate + (1 - rate)^n / n` of them chosen on average. Only a text of
//! nothing but special tokens has no positions, and must be left out of the mean.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draw::{DrawKey, chosen};
use crate::{Error, Result, text::TextEncoder};

/// How tokens are masked; the defaults are BERT's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MaskConfig {
    /// Probability that a token is to be predicted.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub rate: f64,
    /// The share of chosen tokens that become the mask token.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub masked: f64,
    /// The share of chosen tokens that become a random token; the rest stay as they are.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub random: f64,
    /// Whether the pieces of a word are chosen together.
    pub whole_word: bool,
}

impl Default for MaskConfig {
    fn default() -> Self {
        MaskConfig { rate: 0.15, masked: 0.8, random: 0.1, whole_word: false }
    }
}

/// What masking must know of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskVocabulary {
    /// Random tokens are drawn from the ids below it.
    pub size: usize,
    /// The mask token.
    pub mask: u32,
    /// Tokens that are never chosen, the mask token among them.
    pub special: Vec<u32>,
    /// For every id, whether its piece continues a word; `None` where the pieces don't tell.
    pub continues: Option<Vec<bool>>,
}

impl MaskVocabulary {
    /// The vocabulary of an encoder. Padding, unknown, class, separator and mask token are special.
    pub fn of(encoder: &TextEncoder) -> Self {
        MaskVocabulary {
            size: encoder.vocab_size(),
            mask: encoder.mask_id(),
            special: vec![
                encoder.pad_id(),
                encoder.unk_id(),
                encoder.cls_id(),
                encoder.sep_id(),
                encoder.mask_id(),
            ],
            continues: encoder.word_continuations(),
        }
    }
}

/// A text with hidden tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// The input, as long as the text.
    pub tokens: Vec<u32>,
    /// Where tokens are to be predicted, ascending.
    pub positions: Vec<u32>,
    /// The original token at each of the positions.
    pub labels: Vec<u32>,
}

/// Masked language modelling over one vocabulary.
#[derive(Clone, Debug)]
pub struct MaskedLm {
    config: MaskConfig,
    vocabulary: MaskVocabulary,
}

/// The purposes of random numbers.
const CHOICE: u64 = 1;
const FATE: u64 = 2;
const REPLACEMENT: u64 = 3;

impl MaskedLm {
    /// # Errors
    /// A rate outside (0, 1], shares below 0 or above 1 together, a mask token outside the vocabulary or not among
    /// the special ones, or whole words wanted of a vocabulary whose pieces don't tell where a word starts.
    pub fn new(config: MaskConfig, mut vocabulary: MaskVocabulary) -> Result<Self> {
        let invalid = |problem: String| Err(Error::Invalid(format!("masked LM: {problem}")));
        let MaskConfig { rate, masked, random, whole_word } = config;
        if !(rate > 0.0 && rate <= 1.0) {
            return invalid(format!("rate is {rate}; it must be above 0 and at most 1"));
        }
        // Shares such as 0.9 and 0.1 may sum to a little more than 1.
        if !(masked >= 0.0 && random >= 0.0 && masked + random <= 1.0 + 1e-9) {
            return invalid(format!(
                "`masked` is {masked} and `random` {random}; these shares must be 0 or more, and at most 1 together"
            ));
        }
        let mask = vocabulary.mask;
        if mask as usize >= vocabulary.size || !vocabulary.special.contains(&mask) {
            return invalid(format!(
                "mask token {mask} must be one of the special tokens of a vocabulary of {}",
                vocabulary.size
            ));
        }
        if whole_word && vocabulary.continues.is_none() {
            return invalid(
                "the pieces of this vocabulary don't tell where a word starts; switch `whole_word` off".into(),
            );
        }
        vocabulary.special.sort_unstable();
        Ok(MaskedLm { config, vocabulary })
    }

    pub fn config(&self) -> &MaskConfig {
        &self.config
    }

    /// Hides tokens of a text (ids with special tokens, padded or not), anew for every key.
    pub fn mask(&self, tokens: &[u32], key: DrawKey) -> Masked {
        let words = self.words(tokens);
        let firsts: Vec<usize> = words.iter().map(|word| word.start).collect();
        let chosen = chosen(&firsts, self.config.rate, key.of(CHOICE));

        let mut masked =
            Masked { tokens: tokens.to_vec(), positions: Vec::new(), labels: Vec::new() };
        for (word, _) in words.into_iter().zip(chosen).filter(|(_, chosen)| *chosen) {
            for at in word {
                masked.positions.push(at as u32);
                masked.labels.push(tokens[at]);
                masked.tokens[at] = self.replacement(tokens[at], at, key);
            }
        }
        masked
    }

    /// Positions that may be chosen, in runs that are chosen together.
    fn words(&self, tokens: &[u32]) -> Vec<Range<usize>> {
        let mut words: Vec<Range<usize>> = Vec::with_capacity(tokens.len());
        for (at, token) in tokens.iter().enumerate() {
            if self.vocabulary.special.binary_search(token).is_ok() {
                continue;
            }
            match words.last_mut() {
                // A piece after a special token starts a word, whatever its mark.
                Some(word) if word.end == at && self.continues(*token) => word.end += 1,
                _ => words.push(at..at + 1),
            }
        }
        words
    }

    fn continues(&self, token: u32) -> bool {
        let known = self.vocabulary.continues.as_ref().filter(|_| self.config.whole_word);
        known.is_some_and(|continues| continues.get(token as usize).copied().unwrap_or(false))
    }

    fn replacement(&self, original: u32, at: usize, key: DrawKey) -> u32 {
        let fate = key.of(FATE).unit(at);
        if fate < self.config.masked {
            self.vocabulary.mask
        } else if fate < self.config.masked + self.config.random {
            key.of(REPLACEMENT).below(self.vocabulary.size, at) as u32
        } else {
            original
        }
    }
}
