//! Text to text as T5 reads and writes it: pieces of a SentencePiece-unigram vocabulary behind one another, and EOS.
//!
//! The tokenizer is that of a pretrained model (`tokenizer.json`) or one [trained](T5Tokenizer::train) here. Its pad,
//! EOS and sentinels are found by their names. Both sides of a pair are cut to a length and end with EOS; there is no
//! start token, since the decoder's first input is up to the network.

use std::path::Path;

use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use super::{
    facts::TokenizerFacts,
    guarded::guarded,
    load, missing,
    pieces::{Pieces, batched},
    save, unigram,
};
use crate::{
    Error, Result,
    objectives::{Lengths, T5Tokens, TextToText},
};

/// A text to read and a text to write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextPair {
    pub input: String,
    pub target: String,
}

pub(super) const PAD: &str = "<pad>";
pub(super) const EOS: &str = "</s>";
pub(super) const UNK: &str = "<unk>";

/// The name of a sentinel.
pub(super) fn sentinel(number: usize) -> String {
    format!("<extra_id_{number}>")
}

/// A tokenizer with T5's special tokens.
#[derive(Clone, Debug)]
pub struct T5Tokenizer {
    tokenizer: Tokenizer,
    tokens: T5Tokens,
    pad: u32,
    unk: u32,
    fingerprint: String,
}

impl T5Tokenizer {
    /// The `tokenizer.json` of a pretrained model.
    ///
    /// # Errors
    /// A folder without tokenizer, a malformed one, or one without T5's special tokens.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self> {
        T5Tokenizer::new(load::from_dir(dir.as_ref())?)
    }

    /// Trains a unigram vocabulary of at most `vocab_size` tokens: pad 0, EOS 1, unknown 2, pieces, and at the end
    /// `sentinels` sentinels, the first of them last. The same texts in any order give the same one.
    ///
    /// # Errors
    /// No words in the texts, or a vocabulary too small for their characters.
    pub fn train<'a>(
        texts: impl Iterator<Item = &'a str>,
        vocab_size: usize,
        sentinels: usize,
    ) -> Result<Self> {
        T5Tokenizer::new(unigram::train(texts, vocab_size, sentinels)?)
    }

    fn new(tokenizer: Tokenizer) -> Result<Self> {
        let id = |name: &str| {
            let missing = || {
                let first = sentinel(0);
                let what = missing::in_place_of_a_t5s(&tokenizer).unwrap_or("not T5's tokenizer");
                Error::Tokenizer(format!(
                    "{what}: no token `{name}`; expected T5's {PAD}, {EOS}, {UNK} and sentinels from {first} up"
                ))
            };
            tokenizer.token_to_id(name).ok_or_else(missing)
        };
        let first = id(&sentinel(0))?;
        let descends = |number: &u32| {
            tokenizer.token_to_id(&sentinel(*number as usize)) == first.checked_sub(*number)
        };
        let sentinels = (0..=first).take_while(descends).count() as u32;
        let tokens = T5Tokens { eos: id(EOS)?, sentinel: first, sentinels };
        let (pad, unk) = (id(PAD)?, id(UNK)?);
        let fingerprint = format!("{:x}", Sha256::digest(save::serialised(&tokenizer)?));
        Ok(T5Tokenizer { tokenizer, tokens, pad, unk, fingerprint })
    }

    /// Ids of a text's pieces, without EOS.
    ///
    /// # Errors
    /// A text the tokenizer refuses.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Pieces::once(&self.tokenizer).of(text)
    }

    /// Ids of the pieces of many texts, without EOS; in parallel, keeping their order.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_texts<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Vec<Vec<u32>>> {
        batched(&self.tokenizer, texts, |text, pieces| pieces.of(text.as_ref()))
    }

    /// Pairs as tokens; in parallel, keeping their order. Each side is cut to its `limit` less one, and EOS added.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), or a limit without room for EOS.
    pub fn encode_pairs(&self, pairs: &[TextPair], limit: Lengths) -> Result<Vec<TextToText>> {
        if limit.inputs == 0 || limit.targets == 0 {
            return Err(Error::Invalid(
                "a limit of 0 tokens leaves no room for EOS; give at least 1".into(),
            ));
        }
        batched(&self.tokenizer, pairs, |pair, pieces| {
            let mut side = |text: &str, limit: usize| {
                let mut tokens = pieces.of(text)?;
                tokens.truncate(limit - 1);
                tokens.push(self.tokens.eos);
                Ok(tokens)
            };
            Ok(TextToText {
                inputs: side(&pair.input, limit.inputs)?,
                targets: side(&pair.target, limit.targets)?,
            })
        })
    }

    /// The text of token ids; special tokens, and ids that the vocabulary does not have, are left out.
    ///
    /// # Errors
    /// Ids the tokenizer cannot join.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        guarded(|| self.tokenizer.decode(ids, true)).map_err(Error::Tokenizer)
    }

    /// Writes `tokenizer.json`, and `tokenizer_config.json` for Hugging Face's `AutoTokenizer`.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn save(&self, dir: impl AsRef<Path>) -> Result<()> {
        let sentinels: Vec<String> = (0..self.tokens.sentinels as usize).map(sentinel).collect();
        // The generic class keeps the file's normalisation; T5's own puts another in its place.
        let config = serde_json::json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "pad_token": PAD,
            "eos_token": EOS,
            "unk_token": UNK,
            "additional_special_tokens": sentinels,
            "clean_up_tokenization_spaces": false,
        });
        save::write(dir.as_ref(), "tokenizer_config.json", &format!("{config:#}\n"))?;
        save::write(dir.as_ref(), "tokenizer.json", &save::serialised(&self.tokenizer)?)
    }

    /// EOS and sentinels, for objectives.
    pub fn tokens(&self) -> T5Tokens {
        self.tokens
    }

    pub fn pad_id(&self) -> u32 {
        self.pad
    }

    pub fn unk_id(&self) -> u32 {
        self.unk
    }

    /// What a network must know, for a comparison with its configuration.
    pub fn facts(&self) -> TokenizerFacts {
        TokenizerFacts::of(&self.tokenizer, &[PAD, EOS, UNK], PAD, Some(EOS), 1)
    }

    /// The least size of an embedding table: one more than the largest id. Published T5s have more (32,128 for 32,100).
    pub fn vocab_size(&self) -> usize {
        self.tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1)
    }

    /// SHA-256 of the tokenizer, for caches and manifests.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
