//! Reading of small files in TARTAN's layout, sound and not.

use std::{fs, io::Write};

use flate2::{Compression, write::GzEncoder};
use taskgraft_tasks::{
    Error, ExampleId, Split, Target, Task, Text, TextCorpus, corpus::Corpora, metrics::Metric,
    suite::Suite, tartan::Tartan,
};
use tempfile::{TempDir, tempdir};

const TRAIN: &str = "{\"text\": \"We use [[ it ]].\", \"label\": \"Uses\", \"metadata\": {}}\n\
    {\"label\": \"Background\", \"id\": 7, \"text\": \"\"}\n";

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempdir().unwrap();
    for (path, contents) in files {
        let path = dir.path().join("citation_intent").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    dir
}

fn load(dir: &TempDir) -> Result<Task, Error> {
    Tartan::new(dir.path()).load("citation_intent")
}

/// The message for a training file.
fn message(train: &[u8]) -> String {
    let dir = folder(&[("train.jsonl", train), ("dev.jsonl", TRAIN.as_bytes())]);
    load(&dir).unwrap_err().to_string()
}

fn text(dir: &TempDir, name: &str) -> Result<TextCorpus, Error> {
    Tartan::new(dir.path()).corpus("citation_intent", name)
}

fn gzip(contents: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lines_become_examples_and_other_fields_are_passed_over() {
    let dir = folder(&[("train.jsonl", TRAIN.as_bytes()), ("dev.jsonl", TRAIN.as_bytes())]);
    let task = load(&dir).unwrap();
    assert_eq!(task.splits.keys().copied().collect::<Vec<_>>(), [Split::Train, Split::Dev]);
    let [first, second] = task.split(Split::Train) else { panic!("two lines, two examples") };
    assert_eq!(first.id, ExampleId(0));
    assert_eq!(first.text, Text::One("We use [[ it ]].".into()));
    assert_eq!(first.target, Some(Target::Class(5)));
    assert_eq!((second.id, &second.text), (ExampleId(1), &Text::One(String::new())));
    assert_eq!(second.target, Some(Target::Class(0)));
}

#[test]
fn gzip_and_carriage_returns_make_no_difference_and_sources_are_hashed_as_they_lie_on_disk() {
    let packed = gzip(TRAIN.replace('\n', "\r\n").as_bytes());
    let dir = folder(&[("train.jsonl.gz", &packed), ("dev.jsonl", TRAIN.as_bytes())]);
    let task = load(&dir).unwrap();
    assert_eq!(task.split(Split::Train), task.split(Split::Dev));
    assert_eq!(task.sources[0].bytes, packed.len() as u64);
    assert_ne!(task.sources[0].sha256, task.sources[1].sha256);
    assert!(task.sources[0].path.ends_with("citation_intent/train.jsonl.gz"));
}

#[test]
fn labels_are_sorted_and_metrics_are_the_fields() {
    let specs = Tartan::new("").specs();
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["citation_intent", "sciie", "chemprot", "hyperpartisan"]);
    for (spec, (classes, metric)) in specs.iter().zip([
        (6, Metric::MacroF1),
        (7, Metric::MacroF1),
        (13, Metric::Accuracy),
        (2, Metric::MacroF1),
    ]) {
        let taskgraft_tasks::TargetKind::Class { labels } = &spec.kind else { panic!("classes") };
        assert_eq!(labels.len(), classes);
        assert!(labels.is_sorted(), "{labels:?}");
        assert_eq!(spec.metrics[0], metric);
    }
}

#[test]
fn a_bad_line_is_an_error_with_file_and_line_and_what_was_expected() {
    for (bad, problem) in [
        ("{\"text\": \"a\", \"label\": \"Us", "not a JSON object"),
        ("[1, 2]", "not a JSON object"),
        ("", "blank line; expected a JSON object"),
        ("{\"text\": \"a\"}", "no field `label`; found text"),
        ("{\"label\": \"Uses\", \"id\": 1}", "no field `text`; found id, label"),
        ("{\"text\": \"a\", \"label\": 3}", "field `label` is 3; expected a string"),
        (
            "{\"text\": \"a\", \"label\": \"uses\"}",
            "unknown label `uses`; known labels: Background",
        ),
    ] {
        let message = message(format!("{TRAIN}{bad}\n").as_bytes());
        assert!(message.contains("citation_intent/train.jsonl:3: "), "{message}");
        assert!(message.contains(problem), "{message}");
    }
}

#[test]
fn an_unusable_file_is_an_error_that_names_it() {
    let empty = message(b"");
    assert!(empty.contains("train.jsonl: empty file; expected a JSON object"), "{empty}");
    let not_text = message(b"{\"text\": \"\xff\"}\n");
    assert!(not_text.contains("train.jsonl:1: not UTF-8"), "{not_text}");

    let packed = gzip(TRAIN.repeat(50).as_bytes());
    let cut = &packed[..packed.len() - 9];
    let dir = folder(&[("train.jsonl.gz", cut), ("dev.jsonl", TRAIN.as_bytes())]);
    let truncated = load(&dir).unwrap_err().to_string();
    assert!(truncated.contains("train.jsonl.gz: gzip data end too early"), "{truncated}");
}

#[test]
fn missing_files_and_unknown_tasks_say_what_to_do() {
    let dir = folder(&[("train.jsonl", TRAIN.as_bytes())]);
    let dev = load(&dir).unwrap_err().to_string();
    assert!(dev.contains("dev.jsonl: no such file, nor `dev.jsonl.gz`"), "{dev}");
    let suite = Tartan::new(dir.path());
    let folder = suite.load("sciie").unwrap_err().to_string();
    assert!(folder.contains("sciie: no such folder"), "{folder}");
    let unknown = suite.load("citation_intents").unwrap_err().to_string();
    assert!(unknown.contains("did you mean `citation_intent`?"), "{unknown}");
}

#[test]
fn the_tasks_own_text_is_train_txt_or_else_the_training_examples() {
    let dir = folder(&[("train.jsonl", TRAIN.as_bytes()), ("train.txt", b"One.\n\n \nTwo.")]);
    let own = text(&dir, "task").unwrap();
    assert_eq!(
        (own.name.as_str(), own.lines.as_slice()),
        ("task", &["One.".into(), "Two.".into()][..])
    );
    assert!(own.sources[0].path.ends_with("train.txt"));

    let two_lines = br#"{"text": "One\ntext.", "label": "Uses"}"#;
    let dir = folder(&[("train.jsonl", two_lines)]);
    let own = text(&dir, "task").unwrap();
    assert_eq!(own.lines, ["One text."]);
    assert!(own.sources[0].path.ends_with("train.jsonl"));
}

#[test]
fn domain_texts_are_listed_by_size_and_a_missing_one_names_those_that_are_there() {
    let dir = folder(&[
        ("train.txt", b"One.\n"),
        ("domain.10xTAPT.txt", b"Ten.\n"),
        ("domain.1xTAPT.txt.gz", &gzip(b"Far.\nAway.\n")),
        ("domain.notes.txt", b""),
    ]);
    let suite = Tartan::new(dir.path());
    let names = suite.corpora("citation_intent").unwrap();
    assert_eq!(names, ["task", "domain.1x", "domain.10x"]);
    assert_eq!(text(&dir, "domain.1x").unwrap().lines, ["Far.", "Away."]);
    let missing = text(&dir, "domain.100x").unwrap_err().to_string();
    assert!(missing.contains("domain.100xTAPT.txt: no such file"), "{missing}");
    assert!(missing.contains("in this folder: domain.1x, domain.10x"), "{missing}");
    let unknown = text(&dir, "domain").unwrap_err().to_string();
    assert!(unknown.contains("unknown text `domain`"), "{unknown}");
}

#[test]
fn a_text_without_words_is_an_error() {
    let dir = folder(&[("train.txt", b"\n \n")]);
    let message = text(&dir, "task").unwrap_err().to_string();
    assert!(message.contains("train.txt: no text in this file"), "{message}");
}

#[test]
fn any_text_file_can_be_read() {
    let dir = folder(&[("more.txt.gz", &gzip(b"One.\nTwo.\n"))]);
    let path = dir.path().join("citation_intent").join("more.txt");
    let more = TextCorpus::read("more", &path).unwrap();
    assert_eq!((more.name.as_str(), more.lines), ("more", vec!["One.".into(), "Two.".into()]));
    assert!(more.sources[0].path.ends_with("more.txt.gz"));
    let missing = TextCorpus::read("x", path.with_file_name("x.txt")).unwrap_err().to_string();
    assert!(missing.contains("x.txt: no such file, nor with `.gz` added"), "{missing}");
}

fn numbered(lines: usize) -> TextCorpus {
    TextCorpus::new("numbers", (0..lines).map(|i| i.to_string()), Vec::new()).unwrap()
}

#[test]
fn a_share_of_a_text_is_a_function_of_the_seed_and_grows_with_the_share() {
    let whole = numbered(200);
    let tenth = whole.fraction(0.1, 3).unwrap();
    assert_eq!(tenth.lines.len(), 20);
    assert_eq!(tenth, whole.fraction(0.1, 3).unwrap());
    assert_ne!(tenth, whole.fraction(0.1, 4).unwrap());
    assert_ne!(tenth.lines, whole.lines[..20]);
    let half = whole.fraction(0.5, 3).unwrap();
    assert!(tenth.lines.iter().all(|line| half.lines.contains(line)));
    let numbers: Vec<usize> = half.lines.iter().map(|line| line.parse().unwrap()).collect();
    assert!(numbers.is_sorted(), "lines keep the order of the file");
    assert_eq!(whole.fraction(1.0, 3).unwrap(), whole);
    assert_eq!(whole.fraction(1e-9, 3).unwrap().lines.len(), 1);
}

#[test]
fn shares_that_make_no_sense_are_errors() {
    for share in [0.0, -0.5, 1.5, f64::NAN] {
        let message = numbered(5).fraction(share, 0).unwrap_err().to_string();
        assert!(message.contains("it must be above 0 and at most 1"), "{message}");
    }
}

#[test]
fn the_fingerprint_of_a_text_follows_its_lines_alone() {
    let one = TextCorpus::new("one", ["a b", "c"], Vec::new()).unwrap();
    let same = TextCorpus::new("other", ["a b", "", "c"], Vec::new()).unwrap();
    let cut_elsewhere = TextCorpus::new("one", ["a", "b c"], Vec::new()).unwrap();
    assert_eq!(one.fingerprint(), same.fingerprint());
    assert_ne!(one.fingerprint(), cut_elsewhere.fingerprint());
}
