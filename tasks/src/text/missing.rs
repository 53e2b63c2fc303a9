//! What lies in a folder in place of a tokenizer that is read, in words that say how to convert it.
//!
//! Tokenizers are published as `vocab.json` with `merges.txt`, as models of SentencePiece, or as pointers of git-lfs
//! that were never followed; and one of another kind of network may lie there. Nothing is converted here.

use std::{collections::BTreeSet, fs, path::Path};

use tokenizers::Tokenizer;

use super::{special::BERT, t5};
use crate::file::some_of;

/// What is wrong with a folder that has no tokenizer of a kind that is read.
pub(super) fn in_folder(dir: &Path) -> String {
    let wanted = "expected `tokenizer.json`, or BERT's `vocab.txt`";
    let Ok(entries) = fs::read_dir(dir) else {
        return "no such folder; one with a tokenizer is expected".into();
    };
    let names = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let names: BTreeSet<String> = names.collect();
    let convert = format!(
        "make `tokenizer.json` of it once: `python -c \"from transformers import AutoTokenizer; \
         AutoTokenizer.from_pretrained('{dir}').save_pretrained('{dir}')\"`",
        dir = dir.display()
    );
    let pieces = |name: &&String| name.ends_with(".model");
    if names.contains("merges.txt") {
        return format!(
            "no `tokenizer.json`, but `merges.txt` is there, of a byte-level BPE tokenizer (RoBERTa's form); {convert}"
        );
    }
    if let Some(name) = names.iter().find(pieces) {
        return format!(
            "no `tokenizer.json`, but `{name}` is there, a model of SentencePiece (T5's form); {convert}"
        );
    }
    match names.is_empty() {
        true => format!("no tokenizer; {wanted} in this folder, which is empty"),
        false => {
            let there = some_of(names.iter().map(String::as_str));
            format!("no tokenizer; {wanted} in this folder, which holds {there}")
        }
    }
}

/// What the contents are, where they are those of another file than the one that is wanted.
pub(super) fn in_place_of_a_file(contents: &[u8]) -> Option<&'static str> {
    let start = contents.trim_ascii_start().to_ascii_lowercase();
    if contents.starts_with(b"version https://git-lfs.github.com/spec/") {
        Some(
            "a pointer of git-lfs lies in place of the file: run `git lfs pull` in its repository, or download the \
             file itself",
        )
    } else if start.starts_with(b"<!doctype html") || start.starts_with(b"<html") {
        Some("a web page lies in place of the file: download the file itself")
    } else if contents.is_empty() {
        Some("the file is empty: download it again")
    } else {
        None
    }
}

/// What a tokenizer is of, where an encoder's is wanted and this is none.
pub(super) fn in_place_of_an_encoders(tokenizer: &Tokenizer) -> Option<&'static str> {
    let is_t5s = tokenizer.token_to_id(&t5::sentinel(0)).is_some();
    is_t5s.then_some("this is the tokenizer of a T5, and an encoder is wanted (BERT or RoBERTa)")
}

/// What a tokenizer is of, where a T5's is wanted and this is none.
pub(super) fn in_place_of_a_t5s(tokenizer: &Tokenizer) -> Option<&'static str> {
    let has = |name: &str| tokenizer.token_to_id(name).is_some();
    let is_encoders = BERT.into_iter().all(has) || (has("<mask>") && has("<s>"));
    is_encoders
        .then_some("this is the tokenizer of an encoder (BERT or RoBERTa), and a T5 is wanted")
}
