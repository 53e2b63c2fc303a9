//! What a network must know of a tokenizer, in plain values: the largest id, padding, the end of a text, segments.
//!
//! Whoever has both compares them before a training: an id beyond a network's table, or an end at which its decoder
//! does not stop, is known here already. Nothing is compared here.

use tokenizers::Tokenizer;

/// What a network must know of a tokenizer. A token comes with its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenizerFacts {
    /// The token with the largest id.
    pub largest: (String, u32),
    pub pad: (String, u32),
    /// What ends a text that a decoder writes; `None` for tokenizers of encoders.
    pub eos: Option<(String, u32)>,
    /// All special tokens, those above among them, in the order of their ids.
    pub special: Vec<(String, u32)>,
    /// How many texts of a row are told apart: 2 for BERT's pairs, 1 otherwise.
    pub segments: usize,
}

impl TokenizerFacts {
    /// Of a tokenizer whose own special tokens have these names.
    pub(super) fn of(
        tokenizer: &Tokenizer,
        names: &[&str],
        pad: &str,
        eos: Option<&str>,
        segments: usize,
    ) -> Self {
        let with_id = |name: &str| (name.to_string(), tokenizer.token_to_id(name).unwrap_or(0));
        let largest = tokenizer.get_vocab(true).into_iter().max_by_key(|(_, id)| *id);
        let added = tokenizer.get_added_tokens_decoder().into_iter();
        let added = added.filter(|(_, token)| token.special).map(|(id, token)| (token.content, id));
        let mut special: Vec<_> = added.chain(names.iter().map(|name| with_id(name))).collect();
        special.sort_by(|(a, a_id), (b, b_id)| (a_id, a).cmp(&(b_id, b)));
        special.dedup();
        TokenizerFacts {
            largest: largest.unwrap_or_default(),
            pad: with_id(pad),
            eos: eos.map(with_id),
            special,
            segments,
        }
    }
}
