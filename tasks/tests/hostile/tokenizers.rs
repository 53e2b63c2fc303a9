//! Tokenizers of pretrained models, the texts they are given, and vocabularies that are trained on foreign texts.

use std::sync::OnceLock;

use proptest::{prelude::*, test_runner::TestCaseError};
use taskgraft_tasks::{
    Example, ExampleId, Result, Text,
    objectives::Lengths,
    text::{T5Tokenizer, TextEncoder, TextPair},
};

use super::{
    damage::{cases, damaged, made_up, made_up_text, reads},
    folder,
};

const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\nthe\n.\n";
const RULES: &str =
    "{\"do_lower_case\": true, \"strip_accents\": null, \"tokenize_chinese_chars\": true}";
const PIECES: &[&str] = &[
    "a",
    "b",
    "the ",
    " ",
    "\n",
    "[CLS]",
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n",
    "##a",
    ".",
    "<extra_id_0>",
    "</s>",
    "▁",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"model\":",
    "\"type\":\"WordPiece\"",
    "\"vocab\":",
    "\"type\":\"Unigram\"",
    "\"unk_id\":0",
    "\"merges\":[]",
    "\"added_tokens\":[]",
    "\"normalizer\":null",
    "\"Replace\"",
    "\"(\"",
    "ß",
    "漢字",
];
/// What a user may want to have tokenised.
const TEXT: &str = "The a b. <extra_id_3> [MASK] ß 漢字 \u{301}\u{200d}\u{feff} </s>  ▁▁ aab  ba";

fn wordpiece_file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let dir = folder(&[("vocab.txt", VOCABULARY.as_bytes())]);
        TextEncoder::from_dir(dir.path(), 12).unwrap().save(dir.path()).unwrap();
        std::fs::read(dir.path().join("tokenizer.json")).unwrap()
    })
}

fn unigram_file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let dir = folder(&[]);
        let texts = ["one two three", "two three four", "five one two", "one one three"];
        let tokenizer = T5Tokenizer::train(texts.iter().copied().cycle().take(40), 40, 4).unwrap();
        tokenizer.save(dir.path()).unwrap();
        std::fs::read(dir.path().join("tokenizer.json")).unwrap()
    })
}

/// What an encoder with these files makes of a text.
fn encoder(files: &[(&str, &[u8])], text: &str) -> Result<(), TestCaseError> {
    let dir = folder(files);
    let name = dir.path().to_str().unwrap();
    let Some(encoder) = reads(name, || TextEncoder::from_dir(dir.path(), 12))? else {
        return Ok(());
    };
    reads("", || -> Result<_> {
        let words = text.split(' ').map(String::from).collect();
        let texts =
            [Text::One(text.into()), Text::Two(text.into(), text.into()), Text::Words(words)];
        let example = |text| Example { id: ExampleId(0), text, target: None };
        let encoded = encoder.encode_all(&texts.map(example))?;
        let size = encoder.vocab_size();
        let _ = encoder.word_continuations();
        assert!(encoded.iter().all(|e| e.tokens.len() <= 12));
        assert!(encoded.iter().flat_map(|e| &e.tokens).all(|token| (*token as usize) < size));
        Ok(())
    })?;
    Ok(())
}

fn t5(file: &[u8], text: &str) -> Result<(), TestCaseError> {
    let dir = folder(&[("tokenizer.json", file)]);
    let name = dir.path().to_str().unwrap();
    let Some(tokenizer) = reads(name, || T5Tokenizer::from_dir(dir.path()))? else {
        return Ok(());
    };
    reads("", || {
        let pair = TextPair { input: text.into(), target: text.into() };
        let encoded = tokenizer.encode_pairs(&[pair], Lengths { inputs: 9, targets: 5 })?;
        let size = tokenizer.vocab_size();
        assert!(encoded[0].inputs.len() <= 9);
        assert!(encoded[0].inputs.iter().all(|token| (*token as usize) < size));
        tokenizer.decode(&[&encoded[0].inputs[..], &[0, 7, u32::MAX]].concat())
    })?;
    Ok(())
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn vocabularies(sound in damaged(VOCABULARY), rules in damaged(RULES), other in made_up(PIECES)) {
        encoder(&[("vocab.txt", &sound), ("tokenizer_config.json", RULES.as_bytes())], TEXT)?;
        encoder(&[("vocab.txt", VOCABULARY.as_bytes()), ("tokenizer_config.json", &rules)], TEXT)?;
        encoder(&[("vocab.txt", &other)], TEXT)?;
    }

    #[test]
    fn tokenizer_files(
        wordpiece in damaged(wordpiece_file()),
        unigram in damaged(unigram_file()),
        other in made_up(PIECES),
    ) {
        encoder(&[("tokenizer.json", &wordpiece)], TEXT)?;
        t5(&unigram, TEXT)?;
        encoder(&[("tokenizer.json", &other)], TEXT)?;
        t5(&other, TEXT)?;
    }

    #[test]
    fn texts(text in made_up_text(PIECES)) {
        encoder(&[("tokenizer.json", wordpiece_file())], &text)?;
        t5(unigram_file(), &text)?;
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn vocabularies_trained_on_foreign_texts(
        texts in prop::collection::vec(made_up_text(PIECES), 0..6),
        size in prop_oneof![0usize..200, Just(usize::MAX), Just(u32::MAX as usize)],
        sentinels in 0usize..9,
    ) {
        reads("", || T5Tokenizer::train(texts.iter().map(String::as_str), size, sentinels))?;
        reads("", || TextEncoder::train(texts.iter().map(String::as_str), size, 12))?;
    }

    /// Of few and short words, training has little to choose from.
    #[test]
    fn vocabularies_trained_on_next_to_nothing(text in "[ab1. ]{0,6}", size in 0usize..24, sentinels in 0usize..3) {
        reads("", || T5Tokenizer::train([text.as_str()].into_iter(), size, sentinels))?;
        reads("", || TextEncoder::train([text.as_str()].into_iter(), size, 12))?;
    }
}
