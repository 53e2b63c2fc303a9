//! T5's tokenizer: training, special tokens, words remembered, and files.

use proptest::prelude::*;
use taskgraft_tasks::{
    objectives::{DrawKey, Lengths, Objective, SpanCorruption},
    text::{T5Tokenizer, TextEncoder, TextPair},
};

const TEXTS: [&str; 6] = [
    "the cat sat on the mat, and the dog sat beside the cat.",
    "a cat and a dog are not the same animal; the dog barks",
    "In 1984 there were 250 cats and 1984 dogs (or so they say).",
    "the mat was flat. the flat mat was where the cat sat!",
    "caf\u{e9} na\u{ef}ve \u{ff21}\u{ff22} \u{fb01}sh \u{2014} the caf\u{e9} was na\u{ef}ve",
    "same same same dogs dogs dogs cats cats cats sat sat sat",
];

/// Trains on the texts twenty times over, so that their words are worth pieces.
fn train(texts: &[&str], vocab_size: usize) -> T5Tokenizer {
    T5Tokenizer::train(texts.repeat(20).into_iter(), vocab_size, 100).unwrap()
}

#[test]
fn special_tokens_are_where_t5_has_them() {
    let tokenizer = train(&TEXTS, 190);
    let size = tokenizer.vocab_size() as u32;
    assert!((160..=190).contains(&size), "{size}");
    assert_eq!((tokenizer.pad_id(), tokenizer.tokens().eos, tokenizer.unk_id()), (0, 1, 2));
    assert_eq!((tokenizer.tokens().sentinel, tokenizer.tokens().sentinels), (size - 1, 100));
    assert_eq!(tokenizer.encode("<extra_id_0><extra_id_99>").unwrap(), [size - 1, size - 100]);
    assert_eq!(tokenizer.encode("</s>").unwrap(), [1]);
}

#[test]
fn the_same_texts_in_any_order_give_the_same_vocabulary() {
    let mut backwards = TEXTS;
    backwards.reverse();
    let first = train(&TEXTS, 200);
    for _ in 0..3 {
        assert_eq!(train(&backwards, 200).fingerprint(), first.fingerprint());
    }
    assert_ne!(train(&TEXTS[1..], 200).fingerprint(), first.fingerprint());
}

#[test]
fn text_comes_back_from_its_tokens() {
    let tokenizer = train(&TEXTS, 200);
    for text in ["the cat sat", "the dog, and (250) cats.", "flat animal 1984!"] {
        let tokens = tokenizer.encode(text).unwrap();
        assert!(tokens.len() < text.len() && !tokens.contains(&tokenizer.unk_id()));
        assert_eq!(tokenizer.decode(&tokens).unwrap(), text);
        let sentinel = tokenizer.tokens().sentinel;
        let framed = [&[sentinel, 0], &tokens[..], &[1, 32_127]].concat();
        assert_eq!(tokenizer.decode(&framed).unwrap(), text);
    }
    assert_eq!(tokenizer.decode(&tokenizer.encode("  the\n\tcat ").unwrap()).unwrap(), "the cat");
    assert_eq!(tokenizer.encode("\u{fb01}").unwrap(), tokenizer.encode("fi").unwrap());
    assert!(tokenizer.encode("\u{4e00}").unwrap().contains(&tokenizer.unk_id()));
}

#[test]
fn no_piece_mixes_letters_digits_and_punctuation() {
    let folder = tempfile::tempdir().unwrap();
    train(&TEXTS, 220).save(folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("tokenizer.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let vocabulary = file["model"]["vocab"].as_array().unwrap();
    let pieces = vocabulary[3..vocabulary.len() - 100].iter().map(|p| p[0].as_str().unwrap());
    let mut long = 0;
    for piece in pieces {
        let kind = |c: char| (c.is_alphabetic(), c.is_numeric());
        let of: Vec<_> = piece.chars().filter(|c| *c != '\u{2581}').map(kind).collect();
        assert!(of.windows(2).all(|pair| pair[0] == pair[1]), "{piece}");
        assert!(!piece.chars().skip(1).any(|c| c == '\u{2581}'), "{piece}");
        long += usize::from(of.len() > 2);
    }
    assert!(long > 5);
}

#[test]
fn pairs_are_cut_and_end_with_eos() {
    let tokenizer = train(&TEXTS, 200);
    let pair = |input: &str, target: &str| TextPair { input: input.into(), target: target.into() };
    let pairs = [pair("the cat sat on the mat", "dog"), pair("", "the cat and the dog")];
    let limit = Lengths { inputs: 4, targets: 3 };
    let examples = tokenizer.encode_pairs(&pairs, limit).unwrap();
    let whole = tokenizer.encode(&pairs[0].input).unwrap();
    assert_eq!(examples[0].inputs, [&whole[..3], &[1]].concat());
    assert_eq!(examples[1].inputs, [1]);
    assert!(examples.iter().all(|e| e.lengths().fit(limit) && e.targets.ends_with(&[1])));
    assert!(tokenizer.encode_pairs(&pairs, Lengths { inputs: 4, targets: 0 }).is_err());
}

#[test]
fn a_saved_tokenizer_is_the_same_one() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = train(&TEXTS, 200);
    tokenizer.save(folder.path()).unwrap();
    let loaded = T5Tokenizer::from_dir(folder.path()).unwrap();
    assert_eq!(loaded.fingerprint(), tokenizer.fingerprint());
    assert_eq!(loaded.tokens(), tokenizer.tokens());
    assert!(!folder.path().join("tokenizer.json.part").exists());
}

#[test]
fn a_tokenizer_without_sentinels_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    TextEncoder::train(TEXTS.into_iter(), 120, 32).unwrap().save(folder.path()).unwrap();
    let error = T5Tokenizer::from_dir(folder.path()).unwrap_err();
    assert!(error.to_string().contains("`<extra_id_0>`"), "{error}");
}

#[test]
fn a_vocabulary_too_small_for_the_characters_says_how_large_it_must_be() {
    let error = T5Tokenizer::train(TEXTS.into_iter(), 120, 100).unwrap_err().to_string();
    let least: usize = error.split("at least ").nth(1).unwrap()[..3].parse().unwrap();
    assert!(T5Tokenizer::train(TEXTS.into_iter(), least, 100).is_ok());
    assert!(T5Tokenizer::train(TEXTS.into_iter(), least - 1, 100).is_err());
    assert!(T5Tokenizer::train(["", "  "].into_iter(), 200, 100).is_err());
}

#[test]
fn its_texts_can_be_span_corrupted_and_restored() {
    let tokenizer = train(&TEXTS, 200);
    let objective = SpanCorruption { tokens: tokenizer.tokens(), ..SpanCorruption::default() };
    let documents = tokenizer.encode_texts(&TEXTS).unwrap();
    let passage: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
    let example = objective.example(&passage, DrawKey::new(1, 2, 3)).unwrap();
    assert_eq!(objective.restore(&example).unwrap(), documents.concat());
}

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => "[a-z]{1,6}[.,!]?",
        1 => "[ -~]{0,4}",
        1 => Just("caf\u{e9}".to_string()),
        1 => Just("\u{a0}".to_string()),
        1 => Just("\u{301}x".to_string()),
        1 => Just("<extra_id_3>".to_string()),
        1 => Just(" \t\n".to_string()),
        1 => Just("\u{2014}".to_string()),
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn remembering_words_changes_no_token(texts in proptest::collection::vec(words(), 1..6)) {
        thread_local!(static TOKENIZER: T5Tokenizer = train(&TEXTS, 200));
        TOKENIZER.with(|tokenizer| {
            let alone: Vec<Vec<u32>> = texts.iter().map(|t| tokenizer.encode(t).unwrap()).collect();
            prop_assert_eq!(tokenizer.encode_texts(&texts).unwrap(), alone);
            Ok(())
        })?;
    }
}

#[test]
fn frequent_words_become_pieces_whole() {
    let tokenizer = train(&TEXTS, 220);
    for word in ["the", "cat", "same", "dogs", "sat"] {
        assert_eq!(tokenizer.encode(word).unwrap().len(), 1, "{word}");
    }
}

#[derive(serde::Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    decoded: String,
}

#[derive(serde::Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[test]
fn a_published_tokenizer_gives_the_ids_of_transformers() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/text/t5");
    let tokenizer = T5Tokenizer::from_dir(&folder).unwrap();
    let size = tokenizer.vocab_size() as u32;
    assert_eq!((tokenizer.tokens().sentinel, tokenizer.tokens().sentinels), (size - 1, 100));
    let cases = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let Cases { cases } = serde_json::from_str(&cases).unwrap();
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    // Words are remembered among many texts, and not for a single one.
    for (case, ids) in cases.iter().zip(tokenizer.encode_texts(&texts).unwrap()) {
        assert_eq!(ids, case.ids, "{:?}", case.text);
        assert_eq!(tokenizer.encode(&case.text).unwrap(), case.ids, "{:?}", case.text);
        assert_eq!(tokenizer.decode(&ids).unwrap(), case.decoded, "{:?}", case.text);
    }
}
