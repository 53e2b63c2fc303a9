//! What a cached file's contents follow from, as a digest that names the file.

use sha2::{Digest, Sha256};

use super::format::VERSION;
use crate::{
    SourceFile,
    objectives::Lengths,
    text::{T5Tokenizer, TextPair},
};

/// Collects ingredients by name; other ingredients, or others in another order, give another key.
#[derive(Clone, Debug)]
pub struct CacheKey(Sha256);

impl CacheKey {
    /// A key for contents of some kind: the name of a task and its split, and whatever else chooses the texts. Code
    /// that turns the same files into other texts than before must say so here, or give the [texts](Self::texts).
    pub fn new(what: &str) -> Self {
        CacheKey(Sha256::new()).with("format", &VERSION.to_le_bytes()).with("what", what.as_bytes())
    }

    /// Adds an ingredient.
    pub fn with(mut self, name: &str, value: &[u8]) -> Self {
        for field in [name.as_bytes(), value] {
            self.0.update((field.len() as u64).to_le_bytes());
            self.0.update(field);
        }
        self
    }

    /// Adds the bytes of source files, by the hashes taken when they were read; where they lie does not count.
    pub fn sources(self, files: &[SourceFile]) -> Self {
        files.iter().fold(self, |key, file| key.with("source", file.sha256.as_bytes()))
    }

    /// Adds the texts themselves, for tasks that are made on the fly.
    pub fn texts(self, pairs: &[TextPair]) -> Self {
        let mut digest = Sha256::new();
        for text in pairs.iter().flat_map(|pair| [&pair.input, &pair.target]) {
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        }
        self.with("texts", &digest.finalize())
    }

    /// Adds the tokenizer.
    pub(super) fn tokenizer(self, tokenizer: &T5Tokenizer) -> Self {
        self.with("tokenizer", tokenizer.fingerprint().as_bytes())
    }

    /// Adds the lengths that texts are cut to.
    pub(super) fn lengths(self, Lengths { inputs, targets }: Lengths) -> Self {
        self.with("inputs", &(inputs as u64).to_le_bytes())
            .with("targets", &(targets as u64).to_le_bytes())
    }

    pub(super) fn digest(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
