//! Tokenizers as pretrained models publish them: `tokenizer.json`, or `vocab.txt` with BERT's rules.
//!
//! Truncation and padding saved in a `tokenizer.json` belong to the use it was saved for, and are dropped. With
//! `vocab.txt`, casing, accents and the treatment of Chinese characters follow `tokenizer_config.json` where there
//! is one, and are those of uncased BERT otherwise.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::Value;
use tokenizers::{
    AddedToken, Tokenizer, models::wordpiece::WordPiece, normalizers::BertNormalizer,
    pre_tokenizers::bert::BertPreTokenizer, processors::bert::BertProcessing,
};

use super::{
    guarded::guarded,
    missing,
    special::{BERT, SpecialTokens},
};
use crate::{
    Error, Result,
    file::{abridged, cut},
};

/// The parts of `tokenizer_config.json` that BERT's rules depend on.
#[derive(Default, Deserialize)]
#[serde(default)]
struct BertRules {
    /// True where absent or null, as the next but one.
    do_lower_case: Option<bool>,
    /// As `do_lower_case` where absent or null.
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
}

/// The contents of a file that is there.
fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|e| Error::io(path, e))?;
    match missing::in_place_of_a_file(&bytes) {
        None => Ok(bytes),
        Some(problem) => Err(Error::File { path: path.into(), problem: problem.into() }),
    }
}

/// # Errors
/// Neither file is there, or one is not what its name says.
pub(super) fn from_dir(dir: &Path) -> Result<Tokenizer> {
    let (json, vocab) = (dir.join("tokenizer.json"), dir.join("vocab.txt"));
    let mut tokenizer = if json.exists() {
        from_json(&json)?
    } else if vocab.exists() {
        from_vocab(&vocab, &rules(&dir.join("tokenizer_config.json"))?)?
    } else {
        return Err(Error::File { path: dir.into(), problem: missing::in_folder(dir) });
    };
    check_ids(&tokenizer, dir)?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|e| Error::Tokenizer(e.to_string()))?;
    Ok(tokenizer)
}

/// Tables are made for all ids up to the largest, by the tokenizers crate too.
fn check_ids(tokenizer: &Tokenizer, dir: &Path) -> Result<()> {
    const MAY_BE_UNUSED: usize = 1 << 16;
    let vocabulary = tokenizer.get_vocab(true);
    let Some((token, id)) = vocabulary.iter().max_by_key(|(_, id)| **id) else { return Ok(()) };
    if *id as usize <= 2 * vocabulary.len() + MAY_BE_UNUSED {
        return Ok(());
    }
    let (token, tokens) = (abridged(token), vocabulary.len());
    let problem = format!("token `{token}` has the id {id}, although there are {tokens} tokens");
    Err(file_error(dir, "tokenizer", problem))
}

fn from_json(path: &Path) -> Result<Tokenizer> {
    let bytes = read(path)?;
    // The crate's own reader takes malformed JSON badly in places, and so does the stack JSON that is nested deeply.
    let sound = serde_json::from_slice::<Value>(&bytes).map_err(|e| e.to_string());
    let read = sound.and_then(|_| guarded(|| Tokenizer::from_bytes(&bytes)));
    read.map_err(|problem| file_error(path, "tokenizer", problem))
}

fn rules(config: &Path) -> Result<BertRules> {
    if !config.exists() {
        return Ok(BertRules::default());
    }
    let bytes = read(config)?;
    serde_json::from_slice(&bytes).map_err(|e| file_error(config, "tokenizer configuration", e))
}

fn from_vocab(path: &Path, rules: &BertRules) -> Result<Tokenizer> {
    let bytes = read(path)?;
    let words = guarded(|| {
        WordPiece::read_bytes(&bytes).and_then(|vocab| WordPiece::builder().vocab(vocab).build())
    });
    let words = words.map_err(|e| file_error(path, "vocabulary", e))?;
    let normalizer = BertNormalizer::new(
        true,
        rules.tokenize_chinese_chars.unwrap_or(true),
        rules.strip_accents,
        rules.do_lower_case.unwrap_or(true),
    );
    bert(words, normalizer).map_err(|e| file_error(path, "vocabulary", e))
}

/// A tokenizer with BERT's rules around a WordPiece vocabulary that has BERT's special tokens.
pub(super) fn bert(words: WordPiece, normalizer: BertNormalizer) -> Result<Tokenizer> {
    let mut tokenizer = Tokenizer::new(words);
    let special = SpecialTokens::of(&tokenizer)?;
    tokenizer.with_normalizer(Some(normalizer));
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    let [_, _, cls, sep, _] = BERT.map(String::from);
    tokenizer
        .with_post_processor(Some(BertProcessing::new((sep, special.sep), (cls, special.cls))));
    tokenizer.add_special_tokens(&BERT.map(|token| AddedToken::from(token, true)));
    Ok(tokenizer)
}

fn file_error(path: &Path, what: &str, error: impl std::fmt::Display) -> Error {
    // Errors of serde quote what they found, however long.
    let problem = cut(&format!("not a sound {what}: {error}"), 400);
    Error::File { path: path.into(), problem }
}
