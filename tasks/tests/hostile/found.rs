//! What fuzzing found, each by its name.

use taskgraft_tasks::{
    TextCorpus,
    text::{T5Tokenizer, TextEncoder},
};

use super::{folder, gzip};

const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n";

/// The message for a `tokenizer.json` in which `from` was replaced.
fn refusal(from: &str, to: &str) -> String {
    let dir = folder(&[("vocab.txt", VOCABULARY.as_bytes())]);
    TextEncoder::from_dir(dir.path(), 12).unwrap().save(dir.path()).unwrap();
    let path = dir.path().join("tokenizer.json");
    let sound = std::fs::read_to_string(&path).unwrap();
    assert!(sound.contains(from), "{sound}");
    std::fs::write(&path, sound.replacen(from, to, 1)).unwrap();
    let message = TextEncoder::from_dir(dir.path(), 12).unwrap_err().to_string();
    assert!(message.contains(dir.path().to_str().unwrap()), "{message}");
    message
}

#[test]
fn a_gzip_bomb_is_refused() {
    let bomb = gzip(&vec![b'\n'; 17 << 20]);
    let dir = folder(&[("text.txt.gz", &bomb)]);
    let error = TextCorpus::read("text", dir.path().join("text.txt")).unwrap_err().to_string();
    assert!(error.contains("text.txt.gz") && error.contains("when decompressed"), "{error}");
    let dir = folder(&[("text.txt.gz", &gzip(&vec![b'a'; 15 << 20]))]);
    assert_eq!(TextCorpus::read("text", dir.path().join("text.txt")).unwrap().lines.len(), 1);
}

#[test]
fn a_token_with_an_id_beyond_all_others_makes_no_table_of_its_size() {
    let message = refusal("\"b\":6", "\"b\":2147483648");
    assert!(message.contains("id 2147483648"), "{message}");
}

#[test]
fn json_that_the_tokenizers_crate_panics_on_is_an_error() {
    // A decoder without keys that are texts, which its reader expects to be there.
    refusal("\"decoder\":null", "\"decoder\":{1:2}");
}

#[test]
fn a_tokenizer_nested_beyond_the_stack_is_refused() {
    let message = refusal("\"decoder\":null", &format!("\"decoder\":{}", "[".repeat(100_000)));
    assert!(message.contains("recursion limit"), "{message}");
}

#[test]
fn a_vocabulary_beyond_what_texts_can_fill_reserves_no_room() {
    let texts = ["one two three one two"];
    let most = u32::MAX as usize;
    let unigram = T5Tokenizer::train(texts.into_iter(), most, 2).map(|t| t.vocab_size());
    let wordpiece = TextEncoder::train(texts.into_iter(), most, 12).map(|t| t.vocab_size());
    assert!(unigram.is_err() || unigram.unwrap() < 100);
    assert!(wordpiece.unwrap() < 100);
}

#[test]
fn next_to_no_text_to_train_a_unigram_vocabulary_on_is_an_error_and_no_panic() {
    for text in ["", " ", "a", "a a", "ab", "1", "a1 b2", "aaaaaaaa"] {
        for size in [0, 6, 7, 8, 23] {
            // Whatever comes of it, it comes back.
            let _ = T5Tokenizer::train([text].into_iter(), size, 2);
        }
    }
}

#[test]
fn a_field_name_of_a_megabyte_is_not_quoted_whole() {
    let line = format!("{{\"{}\": 1}}\n", "a".repeat(1 << 20));
    let dir = folder(&[("superglue/BoolQ/train.jsonl", line.as_bytes())]);
    let registry = taskgraft_tasks::registry::Registry::new(dir.path());
    let error = taskgraft_tasks::suite::Suite::load(&registry, "boolq").unwrap_err().to_string();
    assert!(error.contains("train.jsonl:1") && error.len() < 2_000, "{} bytes", error.len());
}

/// The message for an XML file with this in the first entry.
fn xml_refusal(before: &str, inside: &str) -> String {
    let file = "t2t/dart/dart-v1.1.1-full-train.xml";
    let text = format!("{before}<b><entry>\n{inside}</entry></b>");
    let dir = folder(&[(file, text.as_bytes())]);
    let registry = taskgraft_tasks::registry::Registry::new(dir.path());
    let error = taskgraft_tasks::suite::Suite::load(&registry, "dart").unwrap_err().to_string();
    assert!(error.contains("train.xml"), "{error}");
    error
}

#[test]
fn elements_nested_beyond_the_stack_are_refused_with_their_line() {
    let deep = "<a>".repeat(200_000) + &"</a>".repeat(200_000);
    let error = xml_refusal("", &deep);
    assert!(error.contains("train.xml:2") && error.contains("more than 128 deep"), "{error}");
}

#[test]
fn entities_that_unfold_to_gigabytes_are_refused() {
    let mut entities = "<!ENTITY e0 \"0123456789\">".to_string();
    for level in 1..10 {
        let ten = format!("&e{};", level - 1).repeat(10);
        entities += &format!("<!ENTITY e{level} \"{ten}\">");
    }
    xml_refusal(&format!("<!DOCTYPE b [{entities}]>"), "<lex>&e9;</lex>");
}
