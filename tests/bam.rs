//! The study of born-again multi-task training from arguments to report, on tiny data: what it writes, what it uses
//! again, and what it refuses.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::{assert_says, failure, files, files_named, metrics, run_lineages};
use safetensors::SafeTensors;
use serde_json::Value;
use taskgraft::{
    prelude::*,
    run_dir::Manifest,
    study::{StageResult, StudyReport},
    tasks::{Target, suite::Suite, synthetic::Synthetic},
};

mod common;

/// Runs the methods of BAM's table, and the chain, on two tasks.
fn bam(out: &Path, more: &[&str]) -> Result<StudyReport> {
    let (single, multi, born_again) = (Lineage::single, Lineage::multi, Lineage::born_again());
    let second_teacher = single().taught_by(born_again.clone());
    let rows = [
        single(),
        multi(),
        single().taught_by(single()),
        multi().taught_by(multi()),
        born_again,
        multi().taught_by(second_teacher),
    ];
    run_lineages("bam", out, more, rows)
}

/// Runs Single→Multi on two tasks, its teachers first.
fn short(out: &Path, more: &[&str]) -> Result<StudyReport> {
    let all = [&["--tasks", "sentiment,similarity"], more].concat();
    run_lineages("short", out, &all, [Lineage::born_again()])
}

/// The only run of a method on a task (or `all`).
fn run_of(out: &Path, method: &str, task: &str) -> PathBuf {
    let seed = out.join(method).join("seed-0");
    let runs = fs::read_dir(&seed).unwrap().map(|entry| entry.unwrap().path());
    let is_of_task = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(task);
    let runs: Vec<PathBuf> = runs.filter(is_of_task).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0].clone()
}

fn result_of(run: &Path) -> StageResult {
    let text = fs::read(run.join("finished.json")).unwrap();
    let finished: Value = serde_json::from_slice(&text).unwrap();
    serde_json::from_value(finished["scores"].clone()).unwrap()
}

/// Files with what is in them and when they were written.
fn state(folder: &Path, names: &[&str]) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let named = names.iter().flat_map(|name| files_named(folder, name));
    let state = |path: PathBuf| {
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        (path.clone(), fs::read(path).unwrap(), written)
    };
    named.map(state).collect()
}

#[test]
fn a_study_writes_all_its_files_and_uses_finished_runs_again() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    let tasks = ["--tasks", "sentiment,similarity,tagging"];
    let report = bam(out, &tasks).unwrap();

    let rows: Vec<&str> = report.comparison.methods.iter().map(|m| m.name.as_str()).collect();
    let wanted = [
        "Single",
        "Multi",
        "Single→Single",
        "Multi→Multi",
        "Single→Multi",
        "Single→Multi→Single→Multi",
    ];
    assert_eq!(rows, wanted);
    assert_eq!(report.comparison.baselines, ["Single", "Multi"]);
    for row in &report.comparison.methods {
        assert!(row.seeds[0].by_task.iter().all(Option::is_some), "{}", row.name);
    }
    report.report().unwrap();
    for name in ["report.html", "report.md", "comparison.json"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    assert_says(&html, &["Single→Multi", "<svg", "λ"]);

    // Single, Multi, Single→Single, Multi→Multi, Single→Multi, and the chain's Single and Multi.
    let runs = files_named(out, "finished.json");
    assert_eq!(runs.len(), 3 + 1 + 3 + 1 + 1 + 3 + 1);
    runs.iter().for_each(|finished| a_run_is_complete(finished.parent().unwrap()));
    let gold_weights: Vec<f64> = metrics(&run_of(out, "single-to-multi", "all"))
        .into_iter()
        .filter(|m| m.name == "gold weight")
        .map(|m| m.value)
        .collect();
    assert_eq!(gold_weights, [0.0, 0.25, 0.5, 0.75], "λ rises with the steps of the student");

    let names = ["finished.json", "metrics.jsonl", "model.safetensors", "manifest.json"];
    let before = state(out, &names);
    bam(out, &tasks).unwrap();
    assert!(before == state(out, &names), "a finished run was touched");
}

fn a_run_is_complete(run: &Path) {
    for name in ["config.json", "manifest.json", "metrics.jsonl"] {
        assert!(run.join(name).is_file(), "{name} in {}", run.display());
    }
    assert!(!run.join("checkpoints").exists(), "checkpoints of a finished run are not needed");
    assert!(files(run).iter().any(|f| f.to_string_lossy().contains("tfevents")));
    let manifest: Manifest =
        serde_json::from_slice(&fs::read(run.join("manifest.json")).unwrap()).unwrap();
    assert!(manifest.finished_at.is_some() && manifest.tokenizer.is_some());
    assert!(!manifest.features.is_empty() && manifest.packages.contains_key("burn"));
    for scores in result_of(run).scores {
        let model = run.join("model").join(&scores.task);
        for name in ["config.json", "model.safetensors", "tokenizer.json"] {
            assert!(model.join(name).is_file(), "{name} in {}", model.display());
        }
        recomputed_scores_are_those_on_record(run, &scores);
    }
}

fn recomputed_scores_are_those_on_record(run: &Path, scores: &taskgraft::evaluation::TaskScores) {
    let spec = Synthetic::new(Default::default()).unwrap().spec(&scores.task).unwrap();
    let path = run.join("predictions").join(format!("dev-{}.jsonl", scores.task));
    let lines: Vec<Value> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 40);
    let column = |key: &str| -> Vec<Target> {
        lines.iter().map(|line| serde_json::from_value(line[key].clone()).unwrap()).collect()
    };
    let (predicted, gold) = (column("predicted"), column("gold"));
    for (metric, score) in &scores.metrics {
        let again = metric.compute(&spec.kind, &predicted, &gold).unwrap();
        assert!((again - score).abs() < 1e-6, "{metric}: {again} instead of {score}");
    }
}

#[test]
fn another_setting_makes_new_runs_and_leaves_the_old() {
    let out = tempfile::tempdir().unwrap();
    short(out.path(), &[]).unwrap();
    let before = state(out.path(), &["finished.json"]);
    short(out.path(), &["--set", "multi.lr=0.001"]).unwrap();
    let after = files_named(out.path(), "finished.json");
    assert_eq!((before.len(), after.len()), (3, 4), "teachers are as before, the student is not");
    short(out.path(), &["--set", "single.lr=0.001"]).unwrap();
    let after = files_named(out.path(), "finished.json");
    assert_eq!(after.len(), 4 + 3, "a student of other teachers is another");
    for (path, content, written) in before {
        assert!(fs::read(&path).unwrap() == content);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
    }
}

#[test]
fn an_interrupted_study_goes_on_where_it_stopped() {
    let out = tempfile::tempdir().unwrap();
    short(out.path(), &[]).unwrap();
    let student = run_of(out.path(), "single-to-multi", "all");
    let scores = result_of(&student).scores;
    let teachers = state(&out.path().join("single"), &["finished.json"]);
    fs::remove_file(student.join("finished.json")).unwrap();
    short(out.path(), &[]).unwrap();
    assert_eq!(result_of(&student).scores, scores);
    assert!(teachers == state(&out.path().join("single"), &["finished.json"]));
}

fn teacher_predictions(out: &Path, seed: u64, task: &str) -> PathBuf {
    let name = format!("train-{task}.safetensors");
    let found = files_named(&out.join("single").join(format!("seed-{seed}")), &name);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// Ids and outputs of a file of predictions, as bytes.
fn predictions(path: &Path) -> [Vec<u8>; 2] {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    ["ids", "outputs"].map(|name| file.tensor(name).unwrap().data().to_vec())
}

#[test]
fn deleted_teacher_predictions_are_written_again_from_the_saved_network() {
    let out = tempfile::tempdir().unwrap();
    short(out.path(), &[]).unwrap();
    let path = teacher_predictions(out.path(), 0, "sentiment");
    let before = predictions(&path);
    fs::remove_file(&path).unwrap();
    let networks = state(out.path(), &["finished.json", "model.safetensors"]);
    short(out.path(), &[]).unwrap();
    assert!(predictions(&path) == before, "other predictions");
    assert!(networks == state(out.path(), &["finished.json", "model.safetensors"]));
}

#[test]
fn teacher_predictions_that_are_not_this_teachers_are_refused() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    short(out, &["--seeds", "2"]).unwrap();
    let path = teacher_predictions(out, 0, "sentiment");
    let name = path.file_name().unwrap().to_str().unwrap();
    let right = fs::read(&path).unwrap();
    fs::remove_dir_all(run_of(out, "single-to-multi", "all")).unwrap();

    fs::copy(teacher_predictions(out, 1, "sentiment"), &path).unwrap();
    assert_says(&failure(short(out, &[])), &[name, "of another teacher", "delete it"]);
    fs::copy(teacher_predictions(out, 0, "similarity"), &path).unwrap();
    assert_says(&failure(short(out, &[])), &[name, "of another task", "delete it"]);

    let mut altered = right.clone();
    *altered.last_mut().unwrap() ^= 1;
    fs::write(&path, altered).unwrap();
    assert_says(&failure(short(out, &[])), &[name, "altered"]);
    fs::write(&path, &right[..right.len() - 10]).unwrap();
    assert_says(&failure(short(out, &[])), &[name, "damaged"]);

    assert!(files_named(&out.join("single-to-multi/seed-0"), "finished.json").is_empty());
    fs::write(&path, right).unwrap();
    short(out, &[]).unwrap();
}

#[test]
fn a_student_has_a_seed_stream_of_its_own() {
    let out = tempfile::tempdir().unwrap();
    // With λ = 1 the teacher says nothing: all that tells the networks apart is what is drawn.
    let gold = |student: Lineage, teacher| student.taught_by(teacher).anneal(Anneal::Constant(1.0));
    let student = gold(Lineage::single(), Lineage::single());
    let second = gold(Lineage::single(), student.clone());
    let tasks = ["--tasks", "sentiment"];
    run_lineages("own", out.path(), &tasks, [Lineage::single(), student, second]).unwrap();
    let mut losses = Vec::new();
    for run in files_named(out.path(), "metrics.jsonl") {
        let figures = metrics(run.parent().unwrap());
        losses.push(figures.iter().find(|m| m.name == "loss").unwrap().value.to_bits());
    }
    losses.sort_unstable();
    losses.dedup();
    assert_eq!(losses.len(), 3, "losses of the first step");
}
