//! `taskgraft diff` on runs of tiny studies: what makes two runs different, and what does not.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use common::{assert_says, failure, files_named, run_lineages};
use serde_json::Value;
use taskgraft::{
    compare_runs::{Agreement, RunsDiff, compare},
    prelude::*,
};

mod common;

/// Runs Single→Multi on two tasks, its teachers first.
fn study(out: &Path, more: &[&str]) {
    let all = [&["--tasks", "sentiment,similarity"], more].concat();
    run_lineages("short", out, &all, [Lineage::born_again()]).unwrap();
}

/// The study's only run of the student.
fn student(out: &Path) -> PathBuf {
    let runs = files_named(&out.join("single-to-multi"), "config.json");
    let run = runs.iter().find(|path| path.with_file_name("manifest.json").exists()).unwrap();
    run.parent().unwrap().to_path_buf()
}

fn copy(from: &Path, to: &Path) {
    for file in common::files(from) {
        let to = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(file, to).unwrap();
    }
}

fn diff(a: &Path, b: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskgraft"));
    command.arg("diff").args([a, b]).args(more).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn setting<'a>(diff: &'a RunsDiff, run: usize, key: &str) -> Option<[&'a Option<Value>; 2]> {
    let found = diff.runs[run].settings.iter().find(|setting| setting.key == key)?;
    Some([&found.a, &found.b])
}

#[test]
fn a_study_equals_itself_elsewhere_with_more_threads_and_no_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    study(&a, &[]);
    study(&b, &["--set", "loader_threads=3", "--set", "checkpoint_every=0"]);
    let found = compare(&a, &b).unwrap();
    assert_eq!(found.agreement(), Agreement::Equal, "{found}");
    assert_eq!((found.runs.len(), found.compared_steps()), (3, 12));
    assert!(found.runs.iter().all(|run| run.path_a == run.path_b), "other digests: {found}");
    let without_effect = found.runs.iter().map(|run| run.settings_without_effect.len());
    assert_eq!(without_effect.collect::<Vec<_>>(), [2, 2, 2], "{found}");

    let output = diff(&a, &b, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_says(&text(&output), &["loader_threads", "3 runs, 12 steps", "all bit-equal"]);
    let json: Value = serde_json::from_slice(&diff(&a, &b, &["--json"]).stdout).unwrap();
    assert_eq!(
        (json["agreement"].as_str(), json["runs"].as_array().unwrap().len()),
        (Some("equal"), 3)
    );
}

#[test]
fn another_setting_is_named_with_the_first_step_that_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    study(&a, &[]);
    study(&b, &["--set", "single.weight_decay=0.5"]);
    let found = compare(&a, &b).unwrap();
    assert_eq!(found.agreement(), Agreement::Different);
    let wanted = [Some(0.01.into()), Some(0.5.into())];
    assert_eq!(setting(&found, 0, "stage.train.weight_decay"), Some([&wanted[0], &wanted[1]]));
    let teacher = &found.runs[0];
    // The first step's loss is that of the network as it began.
    assert_eq!(teacher.first_difference().unwrap().1.step, 2);
    assert!(!teacher.files.is_empty(), "{found}");
    assert!(!found.runs[1].scores.is_empty(), "{found}");
    let student = found.runs.last().unwrap();
    assert_eq!(setting(&found, 2, "stage.train.weight_decay"), None, "the student's is the same");
    // What was asked of its two teachers, and what came of it.
    let of_teachers = student.settings.iter().filter(|s| s.key.contains("teachers.")).count();
    assert_eq!((student.settings.len(), of_teachers), (4, 4), "its teachers are not: {found}");
    let output = diff(&a, &b, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_says(
        &text(&output),
        &["train.weight_decay", "0.01", "0.5", "first at step", "metrics differ"],
    );
}

#[test]
fn a_setting_that_changes_nothing_here_is_told_from_one_that_does() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    study(&a, &[]);
    study(&b, &["--set", "patience=5"]);
    let output = diff(&a, &b, &[]);
    assert_eq!(output.status.code(), Some(1));
    let all = "3 runs, 12 steps, 92 metric values: all bit-equal; settings of 3 runs differ";
    assert_says(&text(&output), &["train.patience", "other settings, equal results", all]);
}

#[test]
fn another_seed_has_other_runs_and_one_run_of_each_can_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    study(&a, &[]);
    study(&b, &["--first-seed", "1"]);
    let found = compare(&a, &b).unwrap();
    assert_eq!((found.runs.len(), found.only_a.len(), found.only_b.len()), (0, 3, 3));
    assert_eq!(found.agreement(), Agreement::Different);

    let found = compare(&student(&a), &student(&b)).unwrap();
    assert_eq!(setting(&found, 0, "stage.seed"), Some([&Some(0.into()), &Some(1.into())]));
    assert_eq!(found.runs[0].first_difference().unwrap().1.step, 1, "{found}");
    let seed = found.runs[0].made_from.iter().find(|value| value.key == "seed");
    assert_eq!(seed.unwrap().b, Some(1.into()));

    let message = failure(compare(&a, &student(&b)));
    assert_says(&message, &["is one run", "holds several"]);
}

#[test]
fn a_value_altered_by_its_last_bit_is_found_at_its_step() {
    let folder = tempfile::tempdir().unwrap();
    let (out, altered) = (folder.path().join("a"), folder.path().join("b"));
    study(&out, &[]);
    copy(&out, &altered);
    assert_eq!(compare(&out, &altered).unwrap().agreement(), Agreement::Equal);

    let path = student(&altered).join("metrics.jsonl");
    let lines = fs::read_to_string(&path).unwrap();
    let is_it = |line: &&str| line.contains("\"step\":3,") && line.contains("gradient norm");
    let old = lines.lines().find(is_it).unwrap();
    let (start, value) = old.trim_end_matches('}').rsplit_once(':').unwrap();
    let read = |text: &str| serde_json::from_str::<f64>(text).unwrap();
    let norm = read(value);
    // The next number that is read as another one.
    let mut next = norm.next_up();
    while read(&next.to_string()) == norm {
        next = next.next_up();
    }
    fs::write(&path, lines.replace(old, &format!("{start}:{next}}}"))).unwrap();

    let found = compare(&out, &altered).unwrap();
    assert_eq!(found.agreement(), Agreement::Different);
    let run = found.runs.last().unwrap();
    let (series, at) = run.first_difference().unwrap();
    assert_eq!((series.to_string().as_str(), at.step), ("train gradient norm", 3));
    assert!(at.by() > 0.0 && at.by() <= 2.0 * norm * f64::EPSILON);
    assert_eq!((run.curves.len(), run.curves[0].differing), (1, 1));
    assert!(run.settings.is_empty() && run.scores.is_empty() && run.files.is_empty());
    let output = diff(&out, &altered, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_says(&text(&output), &["train gradient norm: first at step 3", "1 of 4 values"]);
}

#[test]
fn a_run_without_its_end_is_compared_as_far_as_it_got() {
    let folder = tempfile::tempdir().unwrap();
    let (out, cut) = (folder.path().join("a"), folder.path().join("b"));
    study(&out, &[]);
    copy(&out, &cut);
    let run = student(&cut);
    fs::remove_file(run.join("finished.json")).unwrap();
    fs::remove_dir_all(run.join("model")).unwrap();
    let path = run.join("metrics.jsonl");
    let lines = fs::read_to_string(&path).unwrap();
    fs::write(&path, &lines[..lines.len() / 2]).unwrap();

    let found = compare(&out, &cut).unwrap();
    let run = found.runs.last().unwrap();
    assert!(run.unfinished_b && !run.unfinished_a);
    assert_eq!(
        (run.agreement(), found.agreement()),
        (Agreement::EqualSoFar, Agreement::EqualSoFar)
    );
    assert!(run.compared.steps > 0 && run.compared.steps < 4, "{found}");
    let output = diff(&out, &cut, &[]);
    assert_eq!(output.status.code(), Some(1), "not all of it was there to be compared");
    assert_says(&text(&output), &["B has not finished", "only in A, from step", "equal so far"]);

    // The same steps missing from a finished run are a difference.
    copy(&student(&out), &student(&cut));
    fs::write(&path, &lines[..lines.len() / 2]).unwrap();
    assert_eq!(compare(&out, &cut).unwrap().agreement(), Agreement::Different);
}

#[test]
fn a_changed_prediction_and_a_changed_weight_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (out, altered) = (folder.path().join("a"), folder.path().join("b"));
    study(&out, &[]);
    copy(&out, &altered);
    let run = student(&altered);
    let path = run.join("predictions/dev-sentiment.jsonl");
    let lines = fs::read_to_string(&path).unwrap();
    let second = lines.lines().nth(1).unwrap();
    fs::write(&path, lines.replace(second, "{}")).unwrap();
    let path = run.join("model/similarity/model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();

    let found = compare(&student(&out), &run).unwrap();
    let differences: Vec<String> =
        found.runs[0].files.iter().map(|file| file.difference.clone()).collect();
    assert_eq!(differences.len(), 2, "{found}");
    assert_says(&differences[0], &["1 of ", " tensors differ"]);
    assert_says(&differences[1], &["1 of 41 lines differ, first line 2"]);
    assert!(found.metrics_are_equal() && found.agreement() == Agreement::Different);
}

#[test]
fn a_folder_without_runs_is_an_error_that_says_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("nothing");
    let output = diff(folder.path(), &nothing, &[]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert_says(&message, &["neither a run nor a folder of runs", "manifest.json"]);
    assert_says(&failure(compare(&nothing, folder.path())), &["nothing", "no such folder"]);

    fs::write(folder.path().join("manifest.json"), "{\"taskgraft\": ").unwrap();
    assert_says(&failure(compare(folder.path(), folder.path())), &["manifest.json", "is not JSON"]);
}
