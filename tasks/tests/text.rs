//! Encoding of texts, pairs and words with small tokenizers made for the purpose.

use std::{fs, path::Path};

use taskgraft_tasks::{Error, Example, ExampleId, Target, Text, text::TextEncoder};
use tempfile::tempdir;
use tokenizers::{
    AddedToken, PaddingParams, PaddingStrategy, Tokenizer, TruncationParams, models::bpe::BPE,
    pre_tokenizers::byte_level::ByteLevel,
};

/// A vocabulary in which ids are line numbers.
const VOCAB: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\nsat\n##s\nmat\n.\nThe\n";

fn with_vocab(max_length: usize) -> TextEncoder {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("vocab.txt"), VOCAB).unwrap();
    TextEncoder::from_dir(dir.path(), max_length).unwrap()
}

fn example(text: Text) -> Example {
    Example { id: ExampleId(7), text, target: Some(Target::Class(1)) }
}

fn one(text: &str) -> Example {
    example(Text::One(text.into()))
}

fn two(a: &str, b: &str) -> Example {
    example(Text::Two(a.into(), b.into()))
}

fn words(words: &[&str]) -> Example {
    Example { target: None, ..example(Text::Words(words.iter().map(|w| w.to_string()).collect())) }
}

#[test]
fn a_text_is_surrounded_by_cls_and_sep() {
    let encoded = with_vocab(16).encode(&one("The cats sat.")).unwrap();
    assert_eq!(encoded.tokens, [2, 5, 6, 8, 7, 10, 3]);
    assert_eq!(encoded.segments, [0; 7]);
    assert_eq!((encoded.id, encoded.target), (ExampleId(7), Some(Target::Class(1))));
    assert!(!encoded.truncated && encoded.word_starts.is_empty());
}

#[test]
fn unlabelled_texts_get_the_tokens_that_examples_do() {
    let encoder = with_vocab(6);
    let texts: Vec<String> = (0..600).map(|i| "the cat sat. ".repeat(i % 3)).collect();
    let tokens = encoder.encode_texts(&texts).unwrap();
    let of = |text: &String| encoder.encode(&one(text)).unwrap().tokens;
    assert_eq!(tokens, texts.iter().map(of).collect::<Vec<_>>());
    assert_eq!(tokens[0], [2, 3]);
}

#[test]
fn a_pair_has_a_second_segment() {
    let encoded = with_vocab(16).encode(&two("the cat", "mat")).unwrap();
    assert_eq!(encoded.tokens, [2, 5, 6, 3, 9, 3]);
    assert_eq!(encoded.segments, [0, 0, 0, 0, 1, 1]);
}

#[test]
fn special_tokens_are_found_by_name() {
    let encoder = with_vocab(16);
    assert_eq!(
        [encoder.pad_id(), encoder.unk_id(), encoder.cls_id(), encoder.sep_id(), encoder.mask_id()],
        [0, 1, 2, 3, 4]
    );
    assert_eq!(encoder.vocab_size(), 12);
    assert_eq!(encoder.max_length(), 16);
}

#[test]
fn the_longer_text_loses_its_last_tokens() {
    let encoder = with_vocab(8);
    let encoded = encoder.encode(&two("the cat sat the", "mat mat")).unwrap();
    assert_eq!(encoded.tokens, [2, 5, 6, 7, 3, 9, 9, 3]);
    assert!(encoded.truncated);
    // Room for five: the second of two texts as long loses the odd token.
    let encoded = encoder.encode(&two("the cat sat the", "mat mat mat mat")).unwrap();
    assert_eq!(encoded.tokens, [2, 5, 6, 7, 3, 9, 9, 3]);
    assert_eq!(encoded.segments, [0, 0, 0, 0, 0, 1, 1, 1]);
    let encoded = encoder.encode(&one("the cat sat the cat sat the")).unwrap();
    assert_eq!(encoded.tokens, [2, 5, 6, 7, 5, 6, 7, 3]);
    assert!(encoded.truncated);
}

#[test]
fn every_kept_word_has_the_position_of_its_first_piece() {
    let encoder = with_vocab(8);
    let encoded = encoder.encode(&words(&["the", "cats", "sat"])).unwrap();
    assert_eq!(encoded.tokens, [2, 5, 6, 8, 7, 3]);
    assert_eq!(encoded.word_starts, [1, 2, 4]);
    let encoded = encoder.encode(&words(&["cats", "cats", "cats", "mat"])).unwrap();
    assert_eq!(encoded.word_starts, [1, 3, 5]);
    assert!(encoded.truncated);
}

#[test]
fn a_word_without_pieces_becomes_unknown_and_keeps_its_place() {
    let encoded = with_vocab(8).encode(&words(&["the", "\u{200b}", "mat"])).unwrap();
    assert_eq!(encoded.tokens, [2, 5, 1, 9, 3]);
    assert_eq!(encoded.word_starts, [1, 2, 3]);
}

#[test]
fn tags_must_be_one_a_word() {
    let example = Example { target: Some(Target::Tags(vec![0])), ..words(&["the", "mat"]) };
    let message = with_vocab(8).encode(&example).unwrap_err().to_string();
    assert_eq!(message, "example 7: 1 tags for 2 words; expected one a word");
}

#[test]
fn casing_follows_the_tokenizer_configuration() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("vocab.txt"), VOCAB).unwrap();
    fs::write(dir.path().join("tokenizer_config.json"), r#"{"do_lower_case": false}"#).unwrap();
    let encoder = TextEncoder::from_dir(dir.path(), 8).unwrap();
    assert_eq!(encoder.encode(&one("The the")).unwrap().tokens, [2, 11, 5, 3]);

    fs::write(dir.path().join("tokenizer_config.json"), "{").unwrap();
    let message = TextEncoder::from_dir(dir.path(), 8).unwrap_err().to_string();
    assert!(
        message.contains("tokenizer_config.json: not a sound tokenizer configuration"),
        "{message}"
    );
}

#[test]
fn a_missing_tokenizer_names_the_files_it_wants() {
    let dir = tempdir().unwrap();
    let message = TextEncoder::from_dir(dir.path(), 8).unwrap_err().to_string();
    assert!(message.contains("`tokenizer.json`") && message.contains("`vocab.txt`"), "{message}");
}

#[test]
fn a_vocabulary_without_special_tokens_is_an_error_that_lists_them() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("vocab.txt"), "the\ncat\n").unwrap();
    let message = TextEncoder::from_dir(dir.path(), 8).unwrap_err().to_string();
    assert!(message.contains("[PAD] [UNK] [CLS] [SEP] [MASK]"), "{message}");
}

#[test]
fn a_damaged_tokenizer_file_is_an_error_that_names_it() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("tokenizer.json"), r#"{"version": "1.0", "#).unwrap();
    let message = TextEncoder::from_dir(dir.path(), 8).unwrap_err().to_string();
    assert!(message.contains("tokenizer.json: not a sound tokenizer"), "{message}");
}

#[test]
fn a_length_too_short_for_a_pair_is_refused() {
    let result = TextEncoder::train(["a b"].into_iter(), 50, 5);
    assert!(matches!(result, Err(Error::Invalid(_))));
}

#[test]
fn a_saved_encoder_is_the_same_one() {
    let dir = tempdir().unwrap();
    let encoder = with_vocab(8);
    encoder.save(dir.path().join("new")).unwrap();
    let again = TextEncoder::from_dir(dir.path().join("new"), 8).unwrap();
    assert_eq!(again.fingerprint(), encoder.fingerprint());
    let pair = two("The cats", "sat.");
    assert_eq!(again.encode(&pair).unwrap(), encoder.encode(&pair).unwrap());
    assert_eq!(files(&dir.path().join("new")), ["tokenizer.json", "tokenizer_config.json"]);
}

#[test]
fn padding_and_truncation_saved_with_a_tokenizer_are_dropped() {
    let dir = tempdir().unwrap();
    with_vocab(8).save(dir.path()).unwrap();
    let plain = TextEncoder::from_dir(dir.path(), 64).unwrap();
    let file = dir.path().join("tokenizer.json");
    let mut tokenizer = Tokenizer::from_file(&file).unwrap();
    let strategy = PaddingStrategy::Fixed(12);
    tokenizer.with_padding(Some(PaddingParams { strategy, ..Default::default() }));
    let truncation = TruncationParams { max_length: 4, ..Default::default() };
    tokenizer.with_truncation(Some(truncation)).unwrap();
    tokenizer.save(&file, false).unwrap();

    let encoder = TextEncoder::from_dir(dir.path(), 64).unwrap();
    let text = one("the cat sat the cat");
    assert_eq!(encoder.encode(&text).unwrap().tokens, [2, 5, 6, 7, 5, 6, 3]);
    assert_eq!(encoder.fingerprint(), plain.fingerprint());
}

#[test]
fn a_roberta_pair_has_two_separators_and_one_segment() {
    let dir = tempdir().unwrap();
    roberta().save(dir.path().join("tokenizer.json"), false).unwrap();
    let encoder = TextEncoder::from_dir(dir.path(), 8).unwrap();
    let encoded = encoder.encode(&two("a b", "b")).unwrap();
    // <s> a Ġb </s> </s> b </s>
    assert_eq!(encoded.tokens, [0, 5, 8, 2, 2, 6, 2]);
    assert_eq!(encoded.segments, [0; 7]);
    assert_eq!((encoder.pad_id(), encoder.mask_id()), (1, 4));
    let encoded = encoder.encode(&two("a b a b", "b a b")).unwrap();
    assert_eq!(encoded.tokens, [0, 5, 8, 2, 2, 6, 7, 2]);
}

#[test]
fn roberta_words_after_the_first_keep_the_space_before_them() {
    let dir = tempdir().unwrap();
    roberta().save(dir.path().join("tokenizer.json"), false).unwrap();
    let encoder = TextEncoder::from_dir(dir.path(), 8).unwrap();
    let encoded = encoder.encode(&words(&["a", "b"])).unwrap();
    assert_eq!(encoded.tokens, encoder.encode(&one("a b")).unwrap().tokens);
    assert_eq!(encoded.word_starts, [1, 2]);
}

/// Byte-level, with `a`, `b`, and both after a space.
fn roberta() -> Tokenizer {
    let pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "a", "b", "Ġa", "Ġb", "Ġ"];
    let vocab: [(String, u32); 10] = std::array::from_fn(|id| (pieces[id].into(), id as u32));
    let merges = ["a", "b"].map(|letter| ("Ġ".to_string(), letter.to_string())).to_vec();
    let model = BPE::builder().vocab_and_merges(vocab, merges).build().unwrap();
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
    let special = pieces[..5].iter().map(|&piece| AddedToken::from(piece, true));
    tokenizer.add_special_tokens(&special.collect::<Vec<_>>());
    tokenizer
}

const CORPUS: [&str; 6] = [
    "The small cat sleeps near the old garden.",
    "A red bird was seen, and the small cat chased it!",
    "Nobody sleeps; everybody dances.",
    "Élan: the café's dancers were sleeping, dancing and sleeping.",
    "It wasn't (really) the gardener who gardened.",
    "old older oldest; small smaller smallest",
];

#[test]
fn the_same_texts_train_the_same_vocabulary() {
    let first = TextEncoder::train(CORPUS.into_iter(), 120, 32).unwrap();
    for _ in 0..10 {
        let again = TextEncoder::train(CORPUS.into_iter(), 120, 32).unwrap();
        assert_eq!(again.fingerprint(), first.fingerprint());
    }
    let reversed = TextEncoder::train(CORPUS.into_iter().rev(), 120, 32).unwrap();
    assert_eq!(reversed.fingerprint(), first.fingerprint());
    let smaller = TextEncoder::train(CORPUS.into_iter(), 100, 32).unwrap();
    assert_ne!(smaller.fingerprint(), first.fingerprint());
}

#[test]
fn a_trained_vocabulary_covers_its_texts_within_its_size() {
    let encoder = TextEncoder::train(CORPUS.into_iter(), 500, 64).unwrap();
    assert!(encoder.vocab_size() <= 500);
    for text in CORPUS {
        let encoded = encoder.encode(&one(text)).unwrap();
        assert!(!encoded.tokens.contains(&encoder.unk_id()), "{text}");
    }
    // With room for every word, a word is one piece.
    assert_eq!(encoder.encode(&one("sleeping Gardener")).unwrap().tokens.len(), 4);
}

#[test]
fn training_needs_words_and_room_for_their_characters() {
    let message = TextEncoder::train(["  "].into_iter(), 100, 32).unwrap_err().to_string();
    assert!(message.contains("on 0 words"), "{message}");
    let message = TextEncoder::train(["abcdef"].into_iter(), 10, 32).unwrap_err().to_string();
    assert!(message.contains("at least 16 are needed"), "{message}");
}

#[test]
fn many_examples_are_encoded_like_one_in_their_order() {
    let encoder = TextEncoder::train(CORPUS.into_iter(), 120, 16).unwrap();
    let odd = ["[SEP] the [MASK]cat", "a\tb\u{b}c", "don't--stop", "naïve\u{301},café", "[CLS", ""];
    let examples: Vec<_> = (0..2_000u32)
        .map(|i| {
            let text =
                |at: usize| CORPUS.iter().chain(&odd).cycle().nth(at % 12).unwrap().to_string();
            let text = match i % 3 {
                0 => Text::One(text(i as usize)),
                1 => Text::Two(text(i as usize), text(i as usize / 5)),
                _ => Text::Words(text(i as usize).split(' ').map(String::from).collect()),
            };
            Example { id: ExampleId(i), text, target: None }
        })
        .collect();
    let all = encoder.encode_all(&examples).unwrap();
    assert_eq!(all.len(), examples.len());
    for (example, encoded) in examples.iter().zip(all) {
        assert_eq!(encoder.encode(example).unwrap(), encoded);
        assert_eq!(encoded.tokens.len(), encoded.segments.len());
    }
}

fn files(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
