//! A published BERT tokenizer, where there is one: `TASKGRAFT_TOKENIZER` names a folder with both `tokenizer.json`
//! and `vocab.txt`, `TASKGRAFT_DATA` (or `../shared/data` beside the workspace) one that holds `glue/`. Without
//! them these tests print that they are skipped.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use taskgraft_tasks::{
    Example, Split, Text, glue::Glue, suite::Suite, text::TextEncoder, text::longest_first,
};
use tokenizers::Tokenizer;

fn setting() -> Option<(PathBuf, Glue)> {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let tokenizer = PathBuf::from(std::env::var_os("TASKGRAFT_TOKENIZER").unwrap_or_default());
    let glue = data.join("glue");
    if glue.is_dir() && tokenizer.join("vocab.txt").exists() {
        return Some((tokenizer, Glue::new(glue)));
    }
    println!("skipped: set TASKGRAFT_TOKENIZER and TASKGRAFT_DATA");
    None
}

fn examples(glue: &Glue, tasks: &[&str]) -> Vec<Example> {
    let tasks = glue.load_all(tasks).unwrap();
    tasks.into_iter().flat_map(|task| task.splits.into_values().flatten()).collect()
}

#[test]
fn vocab_txt_gives_the_ids_of_tokenizer_json() {
    let Some((dir, glue)) = setting() else { return };
    let only_vocab = tempfile::tempdir().unwrap();
    std::fs::copy(dir.join("vocab.txt"), only_vocab.path().join("vocab.txt")).unwrap();
    let from_json = TextEncoder::from_dir(&dir, 128).unwrap();
    let from_vocab = TextEncoder::from_dir(only_vocab.path(), 128).unwrap();
    let examples = examples(&glue, &["rte", "mrpc", "cola", "stsb", "wnli", "diagnostic"]);
    assert_eq!(from_json.encode_all(&examples).unwrap(), from_vocab.encode_all(&examples).unwrap());
    assert_eq!(from_json.vocab_size(), 30_522);
}

#[test]
fn pairs_agree_with_the_tokenizer_itself_up_to_the_odd_token_of_truncation() {
    let Some((dir, glue)) = setting() else { return };
    let encoder = TextEncoder::from_dir(&dir, 128).unwrap();
    let mut reference = Tokenizer::from_file(dir.join("tokenizer.json")).unwrap();
    reference.with_padding(None);
    let mut unequal = 0;
    let tasks = glue.load_all(&["rte", "mrpc", "qnli"]).unwrap();
    for example in tasks.iter().flat_map(|task| task.split(Split::Dev)) {
        let Text::Two(a, b) = &example.text else { panic!("a pair") };
        let ours = encoder.encode(example).unwrap();
        let theirs = reference.encode((a.as_str(), b.as_str()), true).unwrap();
        let length = |text: &str| reference.encode_fast(text, false).unwrap().len();
        let (a, b) = (length(a), length(b));
        let (first, second) = longest_first(a, b, 125);
        if a + b > 125 && a <= b && second < first {
            unequal += 1;
            continue;
        }
        assert_eq!(ours.tokens, theirs.get_ids());
        let segments: Vec<u32> = ours.segments.iter().map(|&s| s.into()).collect();
        assert_eq!(segments, theirs.get_type_ids());
    }
    println!("{unequal} pairs are cut one token apart");
    assert!(unequal < 10);
}

#[test]
fn remembered_words_give_the_ids_of_whole_texts() {
    let Some((dir, glue)) = setting() else { return };
    let encoder = TextEncoder::from_dir(&dir, 128).unwrap();
    let examples = examples(&glue, &["rte", "mrpc", "cola", "stsb", "wnli", "diagnostic"]);
    let all = encoder.encode_all(&examples).unwrap();
    assert!(examples.iter().zip(&all).all(|(example, e)| encoder.encode(example).unwrap() == *e));
}

/// Prints how long reading and encoding takes; run with `--nocapture`.
#[test]
fn four_tasks_are_read_and_encoded_in_seconds_at_most() {
    let Some((dir, glue)) = setting() else { return };
    let encoder = TextEncoder::from_dir(&dir, 128).unwrap();
    let start = Instant::now();
    let examples = examples(&glue, &["rte", "mrpc", "cola", "stsb"]);
    let read = start.elapsed();
    let encoded = encoder.encode_all(&examples).unwrap();
    let pieces: usize = encoded.iter().map(|e| e.tokens.len()).sum();
    println!(
        "{} examples, {pieces} tokens: read in {read:?}, both in {:?}",
        examples.len(),
        start.elapsed()
    );
    assert!(start.elapsed().as_secs() < 20);
}
