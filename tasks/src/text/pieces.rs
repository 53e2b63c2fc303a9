//! From a text to the ids of its pieces, remembering words that were seen before.
//!
//! BERT's rules never look across a space or, in ASCII, across punctuation: the pieces of a text are those of what
//! lies between, one after the other. Most words of a data set are repetitions, so remembering them is many times
//! faster than running normalisation and matching again. Other tokenizers (byte-level ones keep the space) see every
//! text whole.

use std::collections::HashMap;

use tokenizers::{ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

use crate::{Error, Result};

/// So many words are remembered at most; later new ones are tokenised each time.
const REMEMBERED: usize = 1 << 18;

/// Tokenises texts one after the other.
pub(super) struct Pieces<'a> {
    tokenizer: &'a Tokenizer,
    known: Option<HashMap<String, Box<[u32]>>>,
}

impl<'a> Pieces<'a> {
    /// For a single text: remembers nothing.
    pub fn once(tokenizer: &'a Tokenizer) -> Self {
        Pieces { tokenizer, known: None }
    }

    /// For many texts.
    pub fn remembering(tokenizer: &'a Tokenizer) -> Self {
        Pieces { tokenizer, known: has_berts_rules(tokenizer).then(HashMap::new) }
    }

    pub fn of(&mut self, text: &str) -> Result<Vec<u32>> {
        let Some(known) = &mut self.known else {
            return tokenise(self.tokenizer, text);
        };
        let mut pieces = Vec::with_capacity(text.len() / 3);
        for mut rest in text.split(' ') {
            while !rest.is_empty() {
                let (word, after) = rest.split_at(end_of_first(rest));
                rest = after;
                if let Some(of_word) = known.get(word) {
                    pieces.extend_from_slice(of_word);
                    continue;
                }
                let of_word = tokenise(self.tokenizer, word)?;
                pieces.extend_from_slice(&of_word);
                if known.len() < REMEMBERED {
                    known.insert(word.into(), of_word.into());
                }
            }
        }
        Ok(pieces)
    }
}

/// Where the first word or punctuation mark ends. What may hold an added token (they start with a bracket), or is
/// not ASCII, stays whole.
fn end_of_first(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !text.is_ascii() || bytes.contains(&b'[') {
        return text.len();
    }
    match bytes.iter().position(u8::is_ascii_punctuation) {
        Some(0) => 1,
        Some(mark) => mark,
        None => text.len(),
    }
}

fn tokenise(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    let encoding =
        tokenizer.encode_fast(text, false).map_err(|e| Error::Tokenizer(e.to_string()))?;
    Ok(encoding.get_ids().to_vec())
}

/// Whether the tokenizer follows BERT's rules, and its added tokens are of the form `[NAME]`.
fn has_berts_rules(tokenizer: &Tokenizer) -> bool {
    matches!(tokenizer.get_model(), ModelWrapper::WordPiece(_))
        && matches!(tokenizer.get_normalizer(), Some(NormalizerWrapper::BertNormalizer(_)))
        && matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)))
        && tokenizer.get_added_tokens_decoder().values().all(|token| {
            token.content.starts_with('[')
                && !(token.content.contains(' ')
                    || token.lstrip
                    || token.rstrip
                    || token.single_word)
        })
}
