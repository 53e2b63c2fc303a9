//! What text-to-text objectives share: an example of inputs and targets, T5's special tokens, and lengths.
//!
//! A passage is a list of documents, whose tokens are read one after the other. It is corrupted as a whole, and no
//! part that is to be predicted goes from one document into the next. Inputs and targets both end with EOS, and
//! together always hold the whole passage: nothing is cut off here, so passages are made of the length that fits
//! ([`Objective::longest`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DrawKey;
use crate::{Error, Result};

/// One example: what the encoder reads and what the decoder is to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextToText {
    /// Of the input.
    pub inputs: Vec<u32>,
    /// Of the target.
    pub targets: Vec<u32>,
}

impl TextToText {
    pub fn lengths(&self) -> Lengths {
        Lengths { inputs: self.inputs.len(), targets: self.targets.len() }
    }
}

/// Numbers of tokens, EOS included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// Tokens of an input.
    #[schemars(range(min = 1))]
    pub inputs: usize,
    /// Tokens of a target.
    #[schemars(range(min = 1))]
    pub targets: usize,
}

impl Lengths {
    /// Whether neither side is longer than that of `limit`.
    pub fn fit(self, limit: Lengths) -> bool {
        self.inputs <= limit.inputs && self.targets <= limit.targets
    }
}

/// EOS and the sentinels of a vocabulary. Sentinels are numbered from 0 and their ids descend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct T5Tokens {
    pub eos: u32,
    /// Sentinel 0, `<extra_id_0>`.
    pub sentinel: u32,
    /// How many sentinels there are.
    pub sentinels: u32,
}

impl Default for T5Tokens {
    /// Those of T5's published vocabulary: 100 sentinels from 32,099 down.
    fn default() -> Self {
        T5Tokens { eos: 1, sentinel: 32_099, sentinels: 100 }
    }
}

impl T5Tokens {
    /// The id of a sentinel.
    ///
    /// # Errors
    /// The vocabulary has too few.
    pub fn sentinel(&self, number: usize) -> Result<u32> {
        let id = u32::try_from(number).ok().filter(|n| *n < self.sentinels);
        id.and_then(|number| self.sentinel.checked_sub(number)).ok_or_else(|| {
            Error::Invalid(format!(
                "a passage needs more than the {} sentinels of the vocabulary; make passages shorter, or spans longer \
                 or fewer",
                self.sentinels
            ))
        })
    }

    /// The number of a sentinel; `None` for any other token.
    pub fn number_of(&self, token: u32) -> Option<usize> {
        let number = self.sentinel.checked_sub(token)?;
        (number < self.sentinels).then_some(number as usize)
    }
}

/// Makes examples from passages.
///
/// ```
/// use taskgraft_tasks::{
///     Error, Result,
///     objectives::{DrawKey, Lengths, Objective, TextToText},
/// };
///
/// /// The last token of a passage is written.
/// struct LastToken {
///     eos: u32,
/// }
///
/// impl Objective for LastToken {
///     fn example(&self, documents: &[&[u32]], _key: DrawKey) -> Result<TextToText> {
///         let mut inputs = documents.concat();
///         let last = inputs.pop().ok_or_else(|| Error::Invalid("an empty passage".into()))?;
///         inputs.push(self.eos);
///         Ok(TextToText { inputs, targets: vec![last, self.eos] })
///     }
///
///     fn lengths(&self, tokens: usize) -> Lengths {
///         Lengths { inputs: tokens, targets: 2 }
///     }
/// }
///
/// let example = LastToken { eos: 1 }.example(&[&[5, 6], &[7]], DrawKey::new(0, 0, 0))?;
/// assert_eq!(example, TextToText { inputs: vec![5, 6, 1], targets: vec![7, 1] });
/// # Ok::<(), Error>(())
/// ```
pub trait Objective: Send + Sync {
    /// The example of a passage; equal arguments give equal examples.
    ///
    /// # Errors
    /// Settings that make no sense, a passage of fewer than two tokens, one that holds a sentinel, or one that needs
    /// more sentinels than there are.
    fn example(&self, documents: &[&[u32]], key: DrawKey) -> Result<TextToText>;

    /// The most that inputs and targets of a passage of `tokens` tokens (two at least) can hold. A longer passage
    /// never has smaller ones.
    fn lengths(&self, tokens: usize) -> Lengths;

    /// Whether every example of a passage has exactly [`lengths`](Self::lengths), whatever is drawn.
    fn has_fixed_lengths(&self) -> bool {
        false
    }

    /// The longest passage whose inputs and targets fit; `None` if not even two tokens do.
    fn longest(&self, limit: Lengths) -> Option<usize> {
        // A passage is never longer than what it is made into, so the search ends.
        (2..).take_while(|tokens| self.lengths(*tokens).fit(limit)).last()
    }
}

/// All tokens of a passage.
///
/// # Errors
/// Fewer than two tokens, or a sentinel among them, whose meaning would be lost.
pub(super) fn joined(documents: &[&[u32]], tokens: &T5Tokens) -> Result<Vec<u32>> {
    let all = documents.concat();
    if all.len() < 2 {
        return Err(Error::Invalid(format!(
            "a passage of {} tokens has nothing to predict from; at least 2 are needed",
            all.len()
        )));
    }
    match all.iter().position(|token| tokens.number_of(*token).is_some()) {
        None => Ok(all),
        Some(at) => Err(Error::Invalid(format!(
            "token {at} of a passage is the sentinel {}; texts must not hold sentinels",
            all[at]
        ))),
    }
}
