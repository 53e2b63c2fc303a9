//! Tokenizers as others publish them and as others read them: what is there instead is named, and transformers makes
//! the same tokens of what is saved.

use std::{fs, path::Path};

use serde_json::Value;
use taskgraft_tasks::{
    Example, ExampleId, Text,
    text::{T5Tokenizer, TextEncoder, TokenizerFacts},
};
use tempfile::{TempDir, tempdir};
use tokenizers::{AddedToken, Tokenizer, models::bpe::BPE, pre_tokenizers::byte_level::ByteLevel};

const VOCAB: &str =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\nsat\n##s\nmat\n.\nThe\nParis\nin\n##é\ncafe\n";
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempdir().unwrap();
    files.iter().for_each(|(name, text)| fs::write(dir.path().join(name), text).unwrap());
    dir
}

fn tells(message: &str, told: &[&str]) {
    told.iter().for_each(|word| assert!(message.contains(word), "`{word}` in: {message}"));
}

fn refusal(files: &[(&str, &str)]) -> String {
    TextEncoder::from_dir(folder(files).path(), 16).unwrap_err().to_string()
}

/// Byte-level, without a template of special tokens.
fn roberta() -> TextEncoder {
    let pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "a", "b", "Ġa", "Ġb", "Ġ"];
    let vocab: [(String, u32); 10] = std::array::from_fn(|id| (pieces[id].into(), id as u32));
    let merges = ["a", "b"].map(|letter| ("Ġ".to_string(), letter.to_string())).to_vec();
    let model = BPE::builder().vocab_and_merges(vocab, merges).build().unwrap();
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
    let special = pieces[..5].iter().map(|&piece| AddedToken::from(piece, true));
    tokenizer.add_special_tokens(&special.collect::<Vec<_>>());
    let dir = tempdir().unwrap();
    tokenizer.save(dir.path().join("tokenizer.json"), false).unwrap();
    TextEncoder::from_dir(dir.path(), 16).unwrap()
}

fn bert(rules: &str) -> TextEncoder {
    let files = folder(&[("vocab.txt", VOCAB), ("tokenizer_config.json", rules)]);
    TextEncoder::from_dir(files.path(), 16).unwrap()
}

fn t5() -> T5Tokenizer {
    let texts = ["one two three", "two three four", "five one two", "one one three"];
    T5Tokenizer::train(texts.into_iter().cycle().take(40), 40, 4).unwrap()
}

#[test]
fn what_is_there_instead_of_a_tokenizer_is_named() {
    let bpe = refusal(&[("vocab.json", "{}"), ("merges.txt", "")]);
    tells(&bpe, &["`merges.txt`", "RoBERTa", "AutoTokenizer", "save_pretrained"]);
    tells(
        &refusal(&[("spiece.model", "x")]),
        &["`spiece.model`", "SentencePiece", "AutoTokenizer"],
    );
    tells(&refusal(&[("notes.md", "x")]), &["`tokenizer.json`", "`vocab.txt`", "notes.md"]);
    for name in ["tokenizer.json", "vocab.txt"] {
        tells(&refusal(&[(name, POINTER)]), &[name, "git lfs pull"]);
        tells(&refusal(&[(name, "<html>")]), &[name, "web page"]);
    }
    let rules = refusal(&[("vocab.txt", VOCAB), ("tokenizer_config.json", POINTER)]);
    tells(&rules, &["tokenizer_config.json", "git lfs pull"]);
}

#[test]
fn a_tokenizer_of_the_other_kind_of_network_is_named() {
    let dir = tempdir().unwrap();
    t5().save(dir.path()).unwrap();
    let message = TextEncoder::from_dir(dir.path(), 16).unwrap_err().to_string();
    tells(&message, &["the tokenizer of a T5", "BERT or RoBERTa"]);
    for encoder in [bert("{}"), roberta()] {
        let dir = tempdir().unwrap();
        encoder.save(dir.path()).unwrap();
        let message = T5Tokenizer::from_dir(dir.path()).unwrap_err().to_string();
        tells(&message, &["the tokenizer of an encoder", "a T5 is wanted"]);
    }
}

#[test]
fn a_null_in_the_rules_is_the_default() {
    let of_null =
        bert(r#"{"do_lower_case": null, "tokenize_chinese_chars": null, "strip_accents": null}"#);
    assert_eq!(of_null.fingerprint(), bert("{}").fingerprint());
}

#[test]
fn capital_letters_that_no_text_can_use_are_remarked() {
    let [remark] = &bert("{}").remarks()[..] else { panic!("a remark") };
    tells(remark, &["2 of", "`The`", "do_lower_case"]);
    assert!(bert(r#"{"do_lower_case": false}"#).remarks().is_empty());
    let lower = VOCAB.replace("The\nParis\n", "");
    let files = folder(&[("vocab.txt", &lower)]);
    assert!(TextEncoder::from_dir(files.path(), 16).unwrap().remarks().is_empty());
    assert!(roberta().remarks().is_empty());
}

#[test]
fn facts_are_those_that_a_network_must_know() {
    let token = |name: &str, id: u32| (name.to_string(), id);
    let facts = bert("{}").facts();
    let names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let special: Vec<_> = names.iter().zip(0..).map(|(name, id)| token(name, id)).collect();
    let expected = TokenizerFacts {
        largest: token("cafe", 15),
        pad: token("[PAD]", 0),
        eos: None,
        special,
        segments: 2,
    };
    assert_eq!(facts, expected);
    let facts = roberta().facts();
    assert_eq!((facts.largest, facts.pad), (token("Ġ", 9), token("<pad>", 1)));
    assert_eq!((facts.eos, facts.segments), (None, 1));
    let facts = t5().facts();
    assert_eq!(facts.largest.0, "<extra_id_0>");
    assert_eq!((facts.pad, facts.eos), (token("<pad>", 0), Some(token("</s>", 1))));
    assert_eq!(facts.special.len(), 3 + 4);
    assert_eq!(facts.segments, 1);
}

/// Texts and pairs, as the script that asked transformers has them.
const TEXTS: [(&str, Option<&str>); 5] = [
    ("The cats sat in Paris.", None),
    ("the mat", Some("The cat sat")),
    ("a b ab", Some("b")),
    ("[MASK] <mask> the", None),
    ("Café cafés", Some(".")),
];

fn tokens(encoder: &TextEncoder) -> Vec<(Vec<u32>, Vec<u8>)> {
    let of = |(a, b): (&str, Option<&str>)| {
        let text = match b {
            None => Text::One(a.into()),
            Some(b) => Text::Two(a.into(), b.into()),
        };
        let example = Example { id: ExampleId(0), text, target: None };
        let encoded = encoder.encode(&example).unwrap();
        (encoded.tokens, encoded.segments)
    };
    TEXTS.map(of).to_vec()
}

/// `fixtures/text/exports.json` holds the tokens of transformers' `AutoTokenizer`;
/// `benches/pytorch/read_tokenizers.py` made it from the folders that `EXPORTS_DIR` keeps.
#[test]
fn transformers_makes_the_same_tokens_of_what_is_saved() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/text/exports.json");
    let kept = std::env::var_os("EXPORTS_DIR");
    let cased = bert(r#"{"do_lower_case": false}"#);
    let encoders = [("uncased", bert("{}")), ("cased", cased), ("byte-level", roberta())];
    if let Some(dir) = &kept {
        encoders.iter().for_each(|(name, e)| e.save(Path::new(dir).join(name)).unwrap());
        return;
    }
    let expected: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for (name, encoder) in encoders {
        let saved = tempdir().unwrap();
        encoder.save(saved.path()).unwrap();
        let again = TextEncoder::from_dir(saved.path(), 16).unwrap();
        assert_eq!(tokens(&again), tokens(&encoder), "{name}");
        let ours = serde_json::to_value(tokens(&encoder)).unwrap();
        assert_eq!(ours, expected[name]["tokens"], "{name}");
        let file: Value =
            serde_json::from_slice(&fs::read(saved.path().join("tokenizer.json")).unwrap())
                .unwrap();
        assert_eq!(file["post_processor"], expected[name]["post_processor"], "{name}");
        assert_eq!(file["normalizer"], expected[name]["normalizer"], "{name}");
    }
}
