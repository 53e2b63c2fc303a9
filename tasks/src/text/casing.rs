//! Whether a vocabulary has pieces that no text can use, since texts are lower-cased before they are cut.
//!
//! Cased models were published with `vocab.txt` alone, and BERT's rules lower-case where no configuration says
//! otherwise. The rules stay; the vocabulary is told to say otherwise.

use tokenizers::{NormalizedString, Normalizer, Tokenizer};

/// A vocabulary with a larger share of capitals is a cased one: one in a hundred.
const SHARE: usize = 100;

/// What to say of a vocabulary with capital letters behind rules that leave none; `None` where all is well.
pub(super) fn remark(tokenizer: &Tokenizer) -> Option<String> {
    if !lower_cases(tokenizer) {
        return None;
    }
    let vocabulary = tokenizer.get_vocab(false);
    let is_word = |piece: &str| !piece.starts_with(['[', '<']);
    let capital = |piece: &&String| is_word(piece) && piece.chars().any(|c| c.is_ascii_uppercase());
    let count = vocabulary.keys().filter(capital).count();
    let first = vocabulary.iter().filter(|(piece, _)| capital(piece)).min_by_key(|(_, id)| **id);
    let (first, _) = first?;
    (count * SHARE >= vocabulary.len()).then(|| {
        format!(
            "{count} of the tokenizer's {} pieces have capital letters, as `{first}`, but texts are lower-cased, so that \
             none of them is ever used; for a cased model, write `{{\"do_lower_case\": false}}` into \
             tokenizer_config.json beside vocab.txt (in a tokenizer.json: `\"lowercase\": false`)",
            vocabulary.len()
        )
    })
}

/// Whether the tokenizer lower-cases texts.
pub(super) fn lower_cases(tokenizer: &Tokenizer) -> bool {
    let mut text = NormalizedString::from("A");
    let rules = tokenizer.get_normalizer();
    rules.is_some_and(|rules| rules.normalize(&mut text).is_ok() && text.get().contains('a'))
}
