//! From a text to the ids of its pieces, remembering words that were seen before.
//!
//! BERT's rules never look across a space or, in ASCII, across punctuation; T5's never across a single space between
//! ASCII characters. The pieces of a text are those of what lies between, one after the other. Most words of a data set
//! are repetitions, so remembering them is many times faster than running normalisation and matching again. Other
//! tokenizers (byte-level ones keep the space) see every text whole.

use std::collections::HashMap;

use rayon::prelude::*;
use tokenizers::{
    ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer,
    pre_tokenizers::metaspace::PrependScheme,
};

use super::guarded::guarded;
use crate::{Error, Result};

/// So many words are remembered at most; later new ones are tokenised each time.
const REMEMBERED: usize = 1 << 18;

/// Longer ones, in bytes, are not worth it.
const LONGEST: usize = 64;

/// Texts that a thread encodes in one go at least, so that remembering words pays.
const AT_ONCE: usize = 256;

/// Where texts can be cut without changing their pieces.
#[derive(Clone, Copy)]
enum Rules {
    Bert,
    T5,
}

/// Tokenises texts one after the other.
pub(super) struct Pieces<'a> {
    tokenizer: &'a Tokenizer,
    /// `None` where texts are not cut.
    rules: Option<Rules>,
    known: HashMap<String, Box<[u32]>>,
}

/// Encodes texts in parallel, each thread remembering words, and keeps their order.
pub(super) fn batched<T: Sync, U: Send>(
    tokenizer: &Tokenizer,
    texts: &[T],
    encode: impl Fn(&T, &mut Pieces) -> Result<U> + Sync,
) -> Result<Vec<U>> {
    let at_once = texts.len().div_ceil(2 * rayon::current_num_threads()).max(AT_ONCE);
    let encode_some = |texts: &[T]| {
        let mut pieces = Pieces::remembering(tokenizer);
        texts.iter().map(|text| encode(text, &mut pieces)).collect::<Result<Vec<_>>>()
    };
    let encoded: Vec<_> = texts.par_chunks(at_once).map(encode_some).collect::<Result<_>>()?;
    Ok(encoded.into_iter().flatten().collect())
}

impl<'a> Pieces<'a> {
    /// For a single text: remembers nothing.
    pub fn once(tokenizer: &'a Tokenizer) -> Self {
        Pieces { tokenizer, rules: None, known: HashMap::new() }
    }

    /// For many texts.
    pub fn remembering(tokenizer: &'a Tokenizer) -> Self {
        let rules = match tokenizer.get_model() {
            ModelWrapper::WordPiece(_) if has_berts_rules(tokenizer) => Some(Rules::Bert),
            ModelWrapper::Unigram(_) if has_t5s_rules(tokenizer) => Some(Rules::T5),
            _ => None,
        };
        Pieces { tokenizer, rules, known: HashMap::new() }
    }

    pub fn of(&mut self, text: &str) -> Result<Vec<u32>> {
        let first_of = match self.rules {
            Some(Rules::Bert) => first_of_berts,
            // Added tokens start with the bracket, and what is beside them depends on them.
            Some(Rules::T5) if !text.contains('<') => first_of_t5s,
            _ => return tokenise(self.tokenizer, text),
        };
        let mut pieces = Vec::with_capacity(text.len() / 3);
        let mut rest = text;
        while !rest.is_empty() {
            let (word, after) = first_of(rest);
            rest = after;
            if let Some(of_word) = self.known.get(word) {
                pieces.extend_from_slice(of_word);
                continue;
            }
            let of_word = tokenise(self.tokenizer, word)?;
            pieces.extend_from_slice(&of_word);
            if self.known.len() < REMEMBERED && word.len() <= LONGEST {
                self.known.insert(word.into(), of_word.into());
            }
        }
        Ok(pieces)
    }
}

/// The first word or punctuation mark, and what follows. What may hold an added token (they start with a bracket), or is
/// not ASCII, stays whole.
fn first_of_berts(text: &str) -> (&str, &str) {
    let (word, after) = text.split_once(' ').unwrap_or((text, ""));
    let bytes = word.as_bytes();
    if word.is_ascii()
        && !bytes.contains(&b'[')
        && let Some(mark) = bytes.iter().position(u8::is_ascii_punctuation)
        && word.len() > 1
    {
        return text.split_at(mark.max(1));
    }
    (word, after)
}

/// The first word, and what follows it. Only a space between two visible ASCII characters ends a word: what
/// normalisation makes of others may depend on both sides.
fn first_of_t5s(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let visible = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_graphic);
    let ends = |&at: &usize| bytes[at] == b' ' && at > 0 && visible(at - 1) && visible(at + 1);
    match (0..bytes.len()).find(ends) {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    }
}

fn tokenise(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    let encoding = guarded(|| tokenizer.encode_fast(text, false)).map_err(Error::Tokenizer)?;
    Ok(encoding.get_ids().to_vec())
}

/// Whether the tokenizer follows BERT's rules, and its added tokens are of the form `[NAME]`.
fn has_berts_rules(tokenizer: &Tokenizer) -> bool {
    matches!(tokenizer.get_normalizer(), Some(NormalizerWrapper::BertNormalizer(_)))
        && matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)))
        && tokenizer.get_added_tokens_decoder().values().all(|token| {
            token.content.starts_with('[')
                && !(token.content.contains(' ')
                    || token.lstrip
                    || token.rstrip
                    || token.single_word)
        })
}

/// Whether the tokenizer marks every word, wherever it stands, and normalises no further than a space; and its added
/// tokens are of the form `<NAME>`.
fn has_t5s_rules(tokenizer: &Tokenizer) -> bool {
    fn marks_words(rules: &PreTokenizerWrapper) -> bool {
        match rules {
            PreTokenizerWrapper::Metaspace(mark) => {
                mark.split && mark.prepend_scheme == PrependScheme::Always
            }
            PreTokenizerWrapper::Sequence(rules) => match rules.as_ref() {
                [PreTokenizerWrapper::WhitespaceSplit(_), last] => marks_words(last),
                _ => false,
            },
            _ => false,
        }
    }
    fn is_local(normalizer: &NormalizerWrapper) -> bool {
        match normalizer {
            NormalizerWrapper::Precompiled(_)
            | NormalizerWrapper::NFKC(_)
            | NormalizerWrapper::Nmt(_)
            | NormalizerWrapper::StripNormalizer(_) => true,
            NormalizerWrapper::Sequence(all) => all.as_ref().iter().all(is_local),
            _ => false,
        }
    }
    tokenizer.get_pre_tokenizer().is_some_and(marks_words)
        && tokenizer.get_normalizer().is_none_or(is_local)
        && tokenizer.get_added_tokens_decoder().values().all(|token| token.content.starts_with('<'))
}
