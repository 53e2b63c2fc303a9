//! `taskgraft score` from files to a table or JSON.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

/// Runs `taskgraft score` in a folder with these files.
fn score(files: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    run_in(folder.path(), arguments)
}

fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskgraft"));
    command.current_dir(folder).arg("score").args(arguments).output().unwrap()
}

#[track_caller]
fn printed(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn as_json(files: &[(&str, &str)], arguments: &[&str]) -> Value {
    let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&printed(&score(files, &all))).unwrap()
}

#[track_caller]
fn refused(files: &[(&str, &str)], arguments: &[&str], parts: &[&str]) {
    let output = score(files, arguments);
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
}

const FILES: [&str; 4] = ["--predictions", "p.txt", "--references", "r.txt"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    FILES.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn rouge_of_two_line_files_is_a_table_of_four_scores_times_100() {
    let files = [("p.txt", "running dogs\nsame\n"), ("r.txt", "the dog runs\nsame\n")];
    let table = printed(&score(&files, &with(&["--metric", "rouge"])));
    // The first pair shares "dog" and "run", of two and three words, in another order.
    let rows: Vec<Vec<&str>> =
        table.lines().map(|line| line.split_whitespace().collect()).collect();
    for row in [["rouge1", "90.00"], ["rouge2", "0.00"], ["rougeL", "70.00"]] {
        assert!(rows.iter().any(|found| found[..] == row), "{table}");
    }
    assert!(table.contains("rougeLsum") && table.contains("examples: 2"), "{table}");
}

#[test]
fn further_references_are_further_files() {
    let files = [("p.txt", "a b c d\n"), ("r.txt", "x\n"), ("s.txt", "a b c d\n")];
    let arguments = with(&["--references", "s.txt", "--metric", "bleu,chrf,exact_match"]);
    let report = as_json(&files, &arguments);
    assert_eq!((&report["examples"], &report["references"]), (&json!(1), &json!(2)));
    for metric in ["bleu", "chrf", "exact_match"] {
        let value = report["scores"][metric].as_f64().unwrap();
        assert!((value - 100.0).abs() < 1e-9, "{metric}: {value}");
    }
}

#[test]
fn squad_files_are_scored_as_the_official_script_takes_them() {
    let data = json!({"version": "1.1", "data": [{"title": "", "paragraphs": [{"context": "", "qas": [
        {"id": "q1", "question": "", "answers": [{"text": "the Cat", "answer_start": 0}]},
        {"id": "q2", "question": "", "answers": [{"text": "red house", "answer_start": 0}]},
    ]}]}]});
    let files = [("p.json", r#"{"q1": "cat", "q2": "house"}"#), ("d.json", &data.to_string())];
    let report = as_json(
        &files,
        &["--metric", "squad", "--predictions", "p.json", "--references", "d.json"],
    );
    let f1 = report["scores"]["squad_f1"].as_f64().unwrap();
    assert!((f1 - 250.0 / 3.0).abs() < 1e-9, "{report}");
    assert_eq!(report["scores"]["squad_em"], 50.0);
    assert_eq!((&report["examples"], &report["missing"]), (&json!(2), &json!(0)));
}

#[test]
fn labels_that_cannot_be_read_are_counted() {
    let files = [
        ("p.txt", "True\nFalse\nperhaps\nTrue\n"),
        ("r.txt", "True\nFalse\nTrue\nTrue\n"),
        ("g.txt", "q1\nq1\nq2\nq2\n"),
    ];
    let more = ["--metric", "accuracy,multirc", "--labels", "False,True", "--groups", "g.txt"];
    let report = as_json(&files, &with(&more));
    assert_eq!(report["unparsable"], 1);
    assert_eq!(report["scores"]["accuracy"], 75.0);
    assert_eq!(report["scores"]["multirc_em"], 50.0);
    assert_eq!(report["scores"]["multirc_f1a"], 80.0);
    let files = [("p.txt", "1.0\n2.5\n4.0\n"), ("r.txt", "1\n2.5\n4\n")];
    let report = as_json(&files, &with(&["--metric", "pearson"]));
    assert!((report["scores"]["pearson"].as_f64().unwrap() - 100.0).abs() < 1e-9, "{report}");
}

/// scipy 1.17.1 (`spearmanr`) and scikit-learn 1.9.1 (`f1_score(average="macro", zero_division=0)`).
#[test]
fn numbers_keep_their_digits_and_labels_that_no_reference_has_count() {
    let files = [("p.txt", "16777216\n16777217\n16777218\n"), ("r.txt", "1\n2\n3\n")];
    let report = as_json(&files, &with(&["--metric", "spearman"]));
    assert!((report["scores"]["spearman"].as_f64().unwrap() - 100.0).abs() < 1e-9, "{report}");
    let files = [("p.txt", "a\nc\nb\n"), ("r.txt", "a\na\nb\n")];
    let report = as_json(&files, &with(&["--metric", "macro_f1"]));
    assert!(
        (report["scores"]["macro_f1"].as_f64().unwrap() - 500.0 / 9.0).abs() < 1e-9,
        "{report}"
    );
    assert_eq!(report["unparsable"], 0);
}

#[test]
fn wrong_files_and_arguments_are_refused_with_what_to_do() {
    let files = [("p.txt", "a\nb\n"), ("r.txt", "a\n")];
    let lengths = ["r.txt: 1 lines, but p.txt has 2", "same line"];
    refused(&files, &with(&["--metric", "rouge"]), &lengths);
    refused(&files, &with(&["--metric", "rogue"]), &["rogue", "did you mean `rouge`?"]);
    let missing = ["--metric", "bleu", "--predictions", "no.txt", "--references", "r.txt"];
    refused(&files, &missing, &["no.txt"]);
    let files = [("p.txt", "a\n"), ("r.txt", "a\n")];
    refused(&files, &with(&["--metric", "f1"]), &["`f1`", "--labels NEGATIVE,POSITIVE"]);
    refused(&files, &with(&["--metric", "span_f1"]), &["`span_f1`", "token_f1"]);
    refused(&files, &with(&["--metric", "accuracy", "--references", "p.txt"]), &["one file", "2"]);
    refused(&files, &with(&["--metric", "multirc_em"]), &["`multirc_em`", "--groups"]);
}
