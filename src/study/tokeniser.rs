//! The tokenizer of a study: an encoder's or a T5's, given or trained on the study's own texts.

use std::{path::Path, sync::Arc};

use taskgraft_tasks::text::{T5Tokenizer, TextEncoder, TokenizerFacts};

use super::{Workbench, trunk_settings::TrunkKind};
use crate::Result;

/// Which sides of an example a tokenizer is trained on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    Input,
    /// What is read and what is written.
    Both,
}

/// A tokenizer of either kind of trunk.
pub enum Tokeniser {
    Encoder(Box<TextEncoder>),
    T5(Arc<T5Tokenizer>),
}

impl Tokeniser {
    /// The given network's, or one trained on the workbench's vocabulary texts.
    pub(super) fn new(bench: &Workbench) -> Result<Self> {
        let (settings, trunk) = (&bench.settings, &bench.settings.trunk);
        let longest = bench.given.longest(settings);
        Ok(match (bench.given.kind(), bench.given.folder()) {
            (TrunkKind::Encoder, Some(dir)) => {
                let encoder = TextEncoder::from_dir(dir, longest)?;
                encoder.remarks().iter().for_each(|remark| eprintln!("warning: {remark}"));
                Self::Encoder(Box::new(encoder))
            }
            (TrunkKind::Encoder, None) => {
                let texts = bench.vocabulary_texts(Sides::Input)?;
                let texts = texts.iter().map(String::as_str);
                Self::Encoder(Box::new(TextEncoder::train(texts, trunk.vocabulary, longest)?))
            }
            (TrunkKind::T5, Some(dir)) => Self::T5(Arc::new(T5Tokenizer::from_dir(dir)?)),
            (TrunkKind::T5, None) => {
                let texts = bench.vocabulary_texts(Sides::Both)?;
                let every = texts.len().div_ceil(trunk.tokenizer_texts.max(1)).max(1);
                let chosen = texts.iter().step_by(every).map(String::as_str);
                Self::T5(Arc::new(T5Tokenizer::train(chosen, trunk.vocabulary, trunk.sentinels)?))
            }
        })
    }

    /// What a network must know of it.
    pub fn facts(&self) -> TokenizerFacts {
        match self {
            Self::Encoder(encoder) => encoder.facts(),
            Self::T5(t5) => t5.facts(),
        }
    }

    /// The id of padding.
    pub fn pad_id(&self) -> u32 {
        match self {
            Self::Encoder(encoder) => encoder.pad_id(),
            Self::T5(t5) => t5.pad_id(),
        }
    }

    /// Number of ids.
    pub fn vocab_size(&self) -> usize {
        match self {
            Self::Encoder(encoder) => encoder.vocab_size(),
            Self::T5(t5) => t5.vocab_size(),
        }
    }

    /// A digest of the vocabulary and of how texts are split.
    pub fn fingerprint(&self) -> &str {
        match self {
            Self::Encoder(encoder) => encoder.fingerprint(),
            Self::T5(t5) => t5.fingerprint(),
        }
    }

    /// Writes its files into a folder.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn save(&self, dir: &Path) -> Result<()> {
        match self {
            Self::Encoder(encoder) => encoder.save(dir)?,
            Self::T5(t5) => t5.save(dir)?,
        }
        Ok(())
    }
}
