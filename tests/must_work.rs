//! Commands that users bring their own data with: a declared study and end-task on fixtures, and published data where
//! they are: `TASKGRAFT_DATA`, or `../shared/data` beside the repository. Without them those tests print that they are
//! skipped.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::path::{Path, PathBuf};

use common::{TINY, TINY_END_TASK, TINY_T5, arguments, comparison, files_named};
use serde_json::Value;

#[allow(dead_code)] // Their `main`s.
#[path = "../experiments/bam.rs"]
mod bam;
mod common;
#[allow(dead_code)]
#[path = "../experiments/tartan/main.rs"]
mod tartan;

const DECLARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/declared/mine.toml");
/// Few examples of the published sets.
const FEW: [&str; 2] = ["max_examples=24", "max_dev=16"];

/// A folder of published data; `None` and a line on screen where it is not there.
fn published(folder: &str) -> Option<String> {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let dir = data.join(folder);
    if dir.is_dir() {
        return Some(dir.to_str().unwrap().into());
    }
    println!("skipped: no {folder} in {}; set TASKGRAFT_DATA", data.display());
    None
}

/// Runs `bam`, short, with a seed; gives the columns of its table.
fn bam(set: &[&str], more: &[&str]) -> Vec<String> {
    let out = tempfile::tempdir().unwrap();
    let line = [&["--seeds", "1", "--short"], more].concat();
    bam::run(arguments("bam", out.path(), set, &line)).unwrap().report().unwrap();
    let comparison = comparison(out.path());
    let columns = comparison["tasks"].as_array().unwrap().iter();
    columns.map(|column| column["name"].as_str().unwrap().to_string()).collect()
}

/// Runs META-TARTAN and gives the rows of its table.
fn meta_tartan(set: &[&str], more: &[&str]) -> Vec<String> {
    let out = tempfile::tempdir().unwrap();
    let line = [&["--seeds", "1", "--methods", "meta"], more].concat();
    tartan::run(arguments("tartan", out.path(), set, &line)).unwrap().report().unwrap();
    assert!(!files_named(out.path(), "finished.json").is_empty());
    let comparison = comparison(out.path());
    let rows: Vec<Value> = comparison["methods"].as_array().unwrap().clone();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_string()).collect()
}

#[test]
fn three_declared_tasks_are_a_study() {
    let columns = bam(&TINY, &["--tasks-file", DECLARED]);
    assert_eq!(columns, ["tickets", "warmth", "pairs"]);
}

#[test]
fn a_declared_task_is_an_end_task_with_its_texts() {
    let more = ["--tasks-file", DECLARED, "--tasks", "tickets", "--auxiliaries", "task,corpus"];
    let rows = meta_tartan(&TINY_END_TASK, &more);
    assert!(rows.iter().any(|row| row.contains("task + corpus")), "{rows:?}");
}

#[test]
fn a_task_of_the_registry_stands_beside_glue() {
    let (Some(glue), Some(t2t)) = (published("glue"), published("t2t")) else { return };
    let set = [&TINY[..], &FEW].concat();
    let more = ["--data", &glue, "--data", &t2t, "--tasks", "glue/rte,subjectivity"];
    assert_eq!(bam(&set, &more), ["rte", "subjectivity"]);
}

#[test]
fn tagging_sets_are_a_study() {
    let Some(tagging) = published("tagging") else { return };
    let columns = bam(&[&TINY[..], &FEW].concat(), &["--data", &tagging]);
    assert!(columns.len() >= 4, "{columns:?}");
}

#[test]
fn glue_has_an_end_task_helped_by_tasks_and_a_text() {
    let (Some(glue), Some(corpus)) = (published("glue"), published("corpus")) else { return };
    let set = [&TINY_END_TASK[..], &FEW].concat();
    let of_glue = ["--data", &glue, "--tasks", "rte", "--auxiliaries"];
    let rows = meta_tartan(&set, &[&of_glue[..], &["mrpc,stsb"]].concat());
    assert!(rows.iter().any(|row| row.contains("mrpc + stsb")), "{rows:?}");
    let with_text = [&of_glue[..], &["mrpc,abc", "--data", &corpus]].concat();
    let rows = meta_tartan(&set, &with_text);
    assert!(rows.iter().any(|row| row.contains("mrpc + abc")), "{rows:?}");
}

#[test]
fn answers_in_words_are_searched_for_with_beams() {
    let t5 = ["trunk.kind=t5", "beam=3"];
    let set = [&TINY[..], &TINY_T5, &t5].concat();
    assert_eq!(bam(&set, &["--form", "words", "--tasks", "sentiment"]), ["sentiment"]);
}
