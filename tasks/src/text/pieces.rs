//! From a text to the ids of its pieces, remembering words that were seen before.
//!
//! BERT's rules never look across a space: the pieces of a text are those of what lies between its spaces, one after
//! the other. Most words of a data set are repetitions, so remembering them is many times faster than running
//! normalisation and matching again. Other tokenizers (byte-level ones keep the space) see every text whole.

use std::collections::HashMap;

use tokenizers::{ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

use crate::{Error, Result};

/// So many words are remembered at most; later new ones are tokenised each time.
const REMEMBERED: usize = 1 << 18;

/// Tokenises texts one after the other.
pub(super) struct Pieces<'a> {
    tokenizer: &'a Tokenizer,
    words: Option<HashMap<String, Box<[u32]>>>,
}

impl<'a> Pieces<'a> {
    /// For a single text: remembers nothing.
    pub fn once(tokenizer: &'a Tokenizer) -> Self {
        Pieces {
            tokenizer,
            words: None,
        }
    }

    /// For many texts.
    pub fn remembering(tokenizer: &'a Tokenizer) -> Self {
        Pieces {
            tokenizer,
            words: splits_at_spaces(tokenizer).then(HashMap::new),
        }
    }

    pub fn of(&mut self, text: &str) -> Result<Vec<u32>> {
        let Some(words) = &mut self.words else {
            return tokenise(self.tokenizer, text);
        };
        let mut pieces = Vec::with_capacity(text.len() / 4);
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if let Some(known) = words.get(word) {
                pieces.extend_from_slice(known);
                continue;
            }
            let new = tokenise(self.tokenizer, word)?;
            pieces.extend_from_slice(&new);
            if words.len() < REMEMBERED {
                words.insert(word.into(), new.into());
            }
        }
        Ok(pieces)
    }
}

fn tokenise(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    let encoding = tokenizer
        .encode_fast(text, false)
        .map_err(|e| Error::Tokenizer(e.to_string()))?;
    Ok(encoding.get_ids().to_vec())
}

/// Whether the tokenizer follows BERT's rules, and has no added token that reaches across a space.
fn splits_at_spaces(tokenizer: &Tokenizer) -> bool {
    matches!(tokenizer.get_model(), ModelWrapper::WordPiece(_))
        && matches!(
            tokenizer.get_normalizer(),
            Some(NormalizerWrapper::BertNormalizer(_))
        )
        && matches!(
            tokenizer.get_pre_tokenizer(),
            Some(PreTokenizerWrapper::BertPreTokenizer(_))
        )
        && tokenizer.get_added_tokens_decoder().values().all(|token| {
            !(token.lstrip || token.rstrip || token.single_word || token.content.contains(' '))
        })
}
