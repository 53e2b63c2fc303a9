//! The special tokens of a model family and how they surround a text or a pair.
//!
//! BERT: `[CLS] a [SEP] b [SEP]`, segments 0 and 1. RoBERTa: `<s> a </s> </s> b </s>`, all segments 0. Which one it
//! is follows from the names of the tokens in the vocabulary.

use tokenizers::Tokenizer;

use super::missing;
use crate::{Error, Result};

/// BERT's special tokens, in the order of its published vocabularies.
pub(super) const BERT: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const ROBERTA: [&str; 5] = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"];

#[derive(Clone, Debug)]
pub(super) struct SpecialTokens {
    /// Of padding, unknown, start, separator and mask.
    pub names: [&'static str; 5],
    pub pad: u32,
    pub unk: u32,
    pub cls: u32,
    pub sep: u32,
    pub mask: u32,
    /// Separators between the texts of a pair.
    pub between: usize,
    /// Segment of the second text of a pair.
    pub second_segment: u8,
}

impl SpecialTokens {
    /// # Errors
    /// A tokenizer that has neither family's tokens.
    pub fn of(tokenizer: &Tokenizer) -> Result<Self> {
        let ids = |names: [&str; 5]| -> Option<[u32; 5]> {
            let ids: Vec<u32> = names.iter().map_while(|n| tokenizer.token_to_id(n)).collect();
            ids.try_into().ok()
        };
        let (names, found, between, second_segment) = if let Some(found) = ids(BERT) {
            (BERT, found, 1, 1)
        } else if let Some(found) = ids(ROBERTA) {
            (ROBERTA, found, 2, 0)
        } else {
            let what =
                missing::in_place_of_an_encoders(tokenizer).unwrap_or("special tokens missing");
            return Err(Error::Tokenizer(format!(
                "{what}; expected all of {} or all of {}",
                BERT.join(" "),
                ROBERTA.join(" ")
            )));
        };
        let [pad, unk, cls, sep, mask] = found;
        Ok(SpecialTokens { names, pad, unk, cls, sep, mask, between, second_segment })
    }

    /// Whether the family is BERT's.
    pub fn are_berts(&self) -> bool {
        self.names == BERT
    }

    /// Special tokens around a pair.
    pub fn around_pair(&self) -> usize {
        2 + self.between
    }
}
