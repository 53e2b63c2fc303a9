//! A first table by looking at a file of data.

use std::fs;

use taskgraft_tasks::{
    TargetKind,
    declared::{Declared, draft},
    suite::Suite,
};

use super::{assert_says, fixtures, folder};

/// The draft for a file among these, read back: the draft, its spec, and the sizes of its splits.
fn drafted(files: &[(&str, &[u8])], data: &str) -> (String, taskgraft_tasks::Task) {
    let dir = folder(files);
    let text = draft(&dir.path().join(data)).unwrap();
    let file = dir.path().join("own.toml");
    fs::write(&file, &text).unwrap();
    let declared = Declared::read(&file).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let name = declared.specs()[0].name.clone();
    let task = declared.load(&name).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (text, task)
}

fn reviews(count: usize) -> Vec<u8> {
    let row = |i: usize| {
        let stars = ["good", "bad"][i % 2];
        format!("{i},\"A review, number {i}\",{stars}\n")
    };
    ("id,review,sentiment\n".to_owned() + &(0..count).map(row).collect::<String>()).into_bytes()
}

#[test]
fn a_table_of_texts_and_labels_is_a_class_task() {
    let (text, task) = drafted(&[("reviews.csv", &reviews(60))], "reviews.csv");
    assert_says(&text, &["60 rows", "bad (30), good (30)", "[reviews]", "hold_out = 0.1"]);
    assert_says(&text, &["text = \"{review}\"", "label = \"sentiment\""]);
    assert!(matches!(task.spec.kind, TargetKind::Class { .. }));
}

#[test]
fn files_beside_a_training_file_are_its_other_splits() {
    let files: &[(&str, &[u8])] =
        &[("x_train.csv", &reviews(20)), ("x_val.csv", &reviews(4)), ("x_test.csv", &reviews(6))];
    let (text, task) = drafted(files, "x_train.csv");
    assert_says(&text, &["x_val.csv", "x_test.csv", "[x]"]);
    assert_eq!(task.splits.len(), 3);
}

#[test]
fn pairs_scores_and_files_without_header_are_seen() {
    let row =
        |i: usize| format!("{{\"premise\": \"p {i}\", \"hypothesis\": \"h\", \"score\": {i}.5}}\n");
    let lines: String = (0..40).map(row).collect();
    let (text, task) = drafted(&[("sick.jsonl", lines.as_bytes())], "sick.jsonl");
    assert_says(&text, &["pair = \"{hypothesis}\"", "min = 0.5, max = 39.5"]);
    assert_eq!(task.spec.kind, TargetKind::Score { min: 0.5, max: 39.5 });
    let rows: String = (0..40).map(|i| format!("{}\tit is number {i}\n", i % 2)).collect();
    let (text, _) = drafted(&[("a.tsv", rows.as_bytes())], "a.tsv");
    assert_says(&text, &["header = false", "text = \"{1}\"", "label = \"0\""]);
}

#[test]
fn answers_and_tags_are_seen() {
    let row =
        |i: usize| format!("mr {i}, the long meaning of {i}|it is {i}\n").replace('|', "\",\"");
    let rows: String = (0..40).map(|i| format!("\"{}\"\n", row(i).trim())).collect();
    let (text, task) = drafted(&[("e2e.csv", format!("mr,ref\n{rows}").as_bytes())], "e2e.csv");
    assert_says(&text, &["input = \"{mr}\"", "answer = \"{ref}\""]);
    assert_eq!(task.spec.kind, TargetKind::Text { stands_for: None });
    let sentences: String = (0..40).map(|i| format!("w{i} NN B-X\nx NN O\n\n")).collect();
    let (text, _) = drafted(&[("ner.conll", sentences.as_bytes())], "ner.conll");
    assert_says(&text, &["words = \"0\"", "tags = \"2\""]);
}

#[test]
fn parquet_and_latin1_are_seen() {
    let parquet = fs::read(fixtures().join("rte_train.parquet")).unwrap();
    let dev = fs::read(fixtures().join("rte_dev.parquet")).unwrap();
    let files: &[(&str, &[u8])] = &[("rte_train.parquet", &parquet), ("rte_dev.parquet", &dev)];
    let (text, task) = drafted(files, "rte_train.parquet");
    assert_says(&text, &["pair = \"{sentence2}\"", "label = \"label\""]);
    assert_eq!(task.spec.name, "rte");
    let rows: Vec<u8> =
        (0..40).flat_map(|i| format!("caf\u{0}e {i},{}\n", i % 2).into_bytes()).collect();
    let rows: Vec<u8> = rows.into_iter().map(|b| if b == 0 { 0xe9 } else { b }).collect();
    let (text, _) = drafted(&[("a.csv", &[b"text,label\n", rows.as_slice()].concat())], "a.csv");
    assert_says(&text, &["encoding = \"latin1\""]);
}

#[test]
fn a_file_that_tells_nothing_is_an_error() {
    let dir = folder(&[("a.txt", b"one\n"), ("b.csv", b"a,b\nx,y\nz,w\n")]);
    let message = |name| draft(&dir.path().join(name)).unwrap_err().to_string();
    assert_says(&message("a.txt"), &["a.txt", "does not tell a format", "pattern"]);
    assert_says(&message("b.csv"), &["b.csv", "no column seems to be", "a, b"]);
}
