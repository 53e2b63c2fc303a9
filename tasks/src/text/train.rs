//! Training of a WordPiece vocabulary on the fly, for built-in data: pairs of pieces are merged by frequency, with
//! BERT's normalisation and word splitting (uncased).
//!
//! The same texts in any order give the same vocabulary. The trainer of the tokenizers crate numbers the pieces
//! inside words (`##a`) in the order of a randomly seeded map; they are handed to it sorted and numbered instead.

use std::collections::BTreeSet;

use tokenizers::{
    AddedToken, NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString,
    PreTokenizer, Tokenizer, Trainer,
    models::wordpiece::{WordPiece, WordPieceTrainer},
    normalizers::BertNormalizer,
    pre_tokenizers::bert::BertPreTokenizer,
};

use super::{load, special::BERT};
use crate::{Error, Result};

/// # Errors
/// Texts without words, or a vocabulary too small for their characters.
pub(super) fn wordpiece<'a>(
    texts: impl Iterator<Item = &'a str>,
    vocab_size: usize,
) -> Result<Tokenizer> {
    let failed = |e: tokenizers::Error| Error::Tokenizer(e.to_string());
    let normalizer = BertNormalizer::default();
    let mut words = Vec::new();
    for text in texts {
        words.extend(split(text, &normalizer).map_err(failed)?);
    }
    let inner: BTreeSet<char> = words.iter().flat_map(|word| word.chars().skip(1)).collect();
    let all: BTreeSet<char> = words.iter().flat_map(|word| word.chars()).collect();
    let least = BERT.len() + inner.len() + all.len();
    if words.is_empty() || vocab_size < least {
        return Err(Error::Tokenizer(format!(
            "cannot train a vocabulary of {vocab_size} pieces on {} words; at least {least} are needed, and at least \
             one word",
            words.len()
        )));
    }

    // The trainer reserves room for a whole vocabulary; every merge takes up a character, so there are no more pieces.
    let most = least + words.iter().map(String::len).sum::<usize>();
    let numbered = BERT.map(String::from).into_iter().chain(inner.iter().map(|c| format!("##{c}")));
    let mut trainer = WordPieceTrainer::builder()
        .vocab_size(vocab_size.min(most))
        .special_tokens(numbered.map(|piece| AddedToken::from(piece, true)).collect())
        .show_progress(false)
        .build();
    trainer.feed(words.iter(), |word| Ok(vec![word.into()])).map_err(failed)?;
    let mut model = WordPiece::default();
    trainer.train(&mut model).map_err(failed)?;
    load::bert(model, normalizer)
}

fn split(text: &str, normalizer: &BertNormalizer) -> tokenizers::Result<Vec<String>> {
    let mut normalized = NormalizedString::from(text);
    normalizer.normalize(&mut normalized)?;
    let mut words = PreTokenizedString::from(normalized);
    BertPreTokenizer.pre_tokenize(&mut words)?;
    let splits = words.get_splits(OffsetReferential::Normalized, OffsetType::None);
    Ok(splits.into_iter().map(|(word, ..)| word.to_owned()).collect())
}
