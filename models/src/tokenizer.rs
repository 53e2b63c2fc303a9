//! Whether a tokenizer and a network belong together, before either is used.
//!
//! An id beyond the table of embeddings, a segment that has no vector, padding that positions are counted by, the token
//! at which a decoder stops: each is known when both are read, and each ends a training, or spoils it in silence, when
//! it is found later. A tokenizer is described by plain values, so that this crate depends on none.

use std::path::{Path, PathBuf};

use crate::bert::{BertConfig, Family};
use crate::t5::T5Config;
use crate::{Error, Result, TokenizerProblem, TrunkConfig};

/// What a network must know of a tokenizer. A token comes with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenizerFacts {
    /// The token with the largest id.
    pub largest: (String, u32),
    pub pad: (String, u32),
    /// What ends a text that a decoder writes; `None` for tokenizers of encoders.
    pub eos: Option<(String, u32)>,
    /// All special tokens, those above among them.
    pub special: Vec<(String, u32)>,
    /// How many texts of a row are told apart: 2 for BERT's pairs, 1 otherwise.
    pub segments: usize,
}

/// Compares a tokenizer with the configuration of a network that was read from `directory`.
///
/// # Errors
/// Where they do not belong together; all problems are listed.
pub fn check_tokenizer(
    config: &TrunkConfig,
    tokenizer: &TokenizerFacts,
    directory: &Path,
) -> Result<()> {
    let mut problems = Vec::new();
    let vocab_size = config.vocab_size();
    let (token, id) = tokenizer.largest.clone();
    if id as usize >= vocab_size {
        problems.push(TokenizerProblem::BeyondTable { token, id, vocab_size });
    }
    match config {
        TrunkConfig::Bert(config) => of_encoder(config, tokenizer, &mut problems),
        TrunkConfig::T5(config) => of_t5(config, tokenizer, &mut problems),
    }
    match problems.is_empty() {
        true => Ok(()),
        false => {
            let path: PathBuf = directory.join("config.json");
            Err(Error::Tokenizer { path, problems })
        }
    }
}

fn of_encoder(config: &BertConfig, facts: &TokenizerFacts, problems: &mut Vec<TokenizerProblem>) {
    let (segments, type_vocab_size) = (facts.segments, config.type_vocab_size);
    if segments > type_vocab_size {
        problems.push(TokenizerProblem::Segments { segments, type_vocab_size });
    }
    let consequence = match config.model_type {
        Family::Roberta => "positions are counted from the padding id",
        Family::Bert => "the token of that id would not be learned",
    };
    let (configured, size) = (config.padding(), config.vocab_size);
    problems.extend(differs("padding", &facts.pad, "pad_token_id", configured, size, consequence));
}

fn of_t5(config: &T5Config, facts: &TokenizerFacts, problems: &mut Vec<TokenizerProblem>) {
    let vocab_size = config.vocab_size;
    let padding = "padding would be read and learned as a word";
    problems.extend(differs(
        "padding",
        &facts.pad,
        "pad_token_id",
        config.pad_token_id,
        vocab_size,
        padding,
    ));
    if let Some(eos) = &facts.eos {
        let stops = "the decoder would not stop at the end that it learns";
        let configured = config.eos_token_id;
        problems.extend(differs("end", eos, "eos_token_id", configured, vocab_size, stops));
    }
    let configured = config.decoder_start_token_id;
    let is_special = |(_, id): &(String, u32)| *id as usize == configured;
    if !is_special(&facts.pad) && !facts.special.iter().any(is_special) {
        let told = facts.special.iter().take(4).map(|(token, id)| format!("`{token}` {id}"));
        let special = told.collect::<Vec<_>>().join(", ");
        let pad = facts.pad.1;
        problems.push(TokenizerProblem::DecoderStart { configured, vocab_size, special, pad });
    }
}

fn differs(
    role: &'static str,
    (token, id): &(String, u32),
    field: &'static str,
    configured: usize,
    vocab_size: usize,
    consequence: &'static str,
) -> Option<TokenizerProblem> {
    let (token, id) = (token.clone(), *id);
    (id as usize != configured).then_some(TokenizerProblem::Differs {
        role,
        token,
        id,
        field,
        configured,
        vocab_size,
        consequence,
    })
}
