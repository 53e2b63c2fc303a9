//! Studies of pre-training mixtures and of transfer between families, tiny: what they leave behind, and that finished
//! stages are used again.
#![allow(clippy::duplicate_mod)] // Two experiments are taken in that share a module.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::path::Path;

use common::{TINY_T5, arguments, assert_says, comparison, failure, files_named, written};
use serde_json::Value;
use taskgraft::{Result, study::StudyReport};

mod common;
#[allow(dead_code)] // Their `main`s, and what only one of them needs.
#[path = "../experiments/ext5/main.rs"]
mod ext5;
#[allow(dead_code)]
#[path = "../experiments/transfer/main.rs"]
mod transfer;

/// Assignments that make both experiments tiny.
const TINY: [&str; 7] = [
    "synthetic.rich=60",
    "synthetic.moderate=60",
    "synthetic.scarce=40",
    "synthetic.dev_size=10",
    "mixture.batch_size=4",
    "finetune.steps=2",
    "finetune.evaluations=2",
];

const NO_ANSWER: &str = "Answers that are no answer";

/// The experiment with tiny settings; `--set` among `more` comes last.
fn ext5(out: &Path, more: &[&str]) -> Result<StudyReport> {
    let set = [&TINY_T5[..], &TINY, &["pretrain.steps=4", "pretrain.evaluations=2"]].concat();
    ext5::run(arguments("ext5", out, &set, &[&["--seeds", "1"], more].concat()))
}

/// Mixtures of two tasks beside those that are always compared.
const TWO_TASKS: [&str; 2] = ["--task-counts", "2"];

#[test]
fn a_study_of_mixtures_scores_held_out_tasks_and_does_nothing_twice() {
    let out = tempfile::tempdir().unwrap();
    ext5(out.path(), &TWO_TASKS).unwrap().report().unwrap();
    let first = comparison(out.path());
    let names = |key: &str| -> Vec<String> {
        let all = first[key].as_array().unwrap().iter();
        all.map(|entry| entry["name"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(names("tasks"), ["sentiment", "entailment"]);
    assert_eq!(
        names("methods"),
        ["Denoising", "Supervised", "Both (R = 2, 2 tasks)", "Both (R = 2)"]
    );
    for method in first["methods"].as_array().unwrap() {
        let scores = method["seeds"][0]["by_task"].as_array().unwrap();
        assert!(scores.len() == 2 && scores.iter().all(Value::is_number), "{method}");
        assert_eq!(method["cost"]["steps"], 8, "four steps of pre-training, two for each task");
    }
    let curves = first["curves"].as_array().unwrap();
    let points = |split: &str| {
        let of_split = curves.iter().filter(|curve| curve["split"] == split);
        // Losses of fine-tuning are its task's.
        let of_split = of_split.filter(|curve| split == "dev" || curve["task"].is_null());
        of_split.map(|curve| curve["points"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(points("train"), [4; 4], "a loss a step of pre-training");
    assert_eq!(points("dev"), [2; 8], "a score an evaluation of fine-tuning");

    let none = first["sections"].as_array().unwrap().iter().find(|s| s["title"] == NO_ANSWER);
    let rows = none.expect("a network of two steps writes nonsense")["tables"][0]["rows"].clone();
    assert_eq!(rows[2].as_array().unwrap().len(), 3, "a cell for each held-out task: {rows}");
    assert_eq!(rows[0][1], "100.0", "{rows}");

    let models = files_named(out.path(), "model.safetensors");
    // Networks of four pre-trainings and of two fine-tunings after each.
    assert_eq!(models.len(), 12);
    let before = written(&models);
    ext5(out.path(), &TWO_TASKS).unwrap().report().unwrap();
    assert_eq!(before, written(&models));
    let scores = |comparison: &Value| -> Vec<Value> {
        let methods = comparison["methods"].as_array().unwrap().iter();
        methods.map(|method| method["seeds"].clone()).collect()
    };
    assert_eq!(scores(&comparison(out.path())), scores(&first));

    // Another fine-tuning starts from the same pre-training.
    let more = [&TWO_TASKS[..], &["--set", "finetune.lr=0.02"]].concat();
    ext5(out.path(), &more).unwrap();
    assert_eq!(files_named(out.path(), "model.safetensors").len(), 12 + 8);
}

#[test]
fn a_ratio_of_two_makes_two_thirds_of_the_examples_denoising() {
    let out = tempfile::tempdir().unwrap();
    let more = [&TWO_TASKS[..], &["--set", "pretrain.steps=24"]].concat();
    ext5(out.path(), &more).unwrap().report().unwrap();
    let mixture = &comparison(out.path())["mixture"]["rows"];
    let rows = mixture.as_array().unwrap();
    assert_eq!(rows.len(), 5, "the mixture with most tasks: {mixture}");
    let both = files_named(&out.path().join("both-r-2-2-tasks"), "finished.json");
    let of_pretraining = both.iter().find(|path| path.to_string_lossy().contains("/pretrain-"));
    let finished: Value =
        serde_json::from_slice(&std::fs::read(of_pretraining.unwrap()).unwrap()).unwrap();
    let rates = finished["scores"]["rates"].as_array().unwrap();
    let denoising = rates.iter().find(|rate| rate["task"] == "denoising").unwrap();
    assert_eq!(rates.len(), 3);
    assert!((denoising["requested"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert!((denoising["realised"].as_f64().unwrap() - 2.0 / 3.0).abs() < 0.1);
}

#[test]
fn a_mixture_may_be_weighed_by_any_method() {
    let out = tempfile::tempdir().unwrap();
    let more = ["--mixtures=denoising", "--method=famo", "--method=pcgrad"];
    ext5(out.path(), &more).unwrap().report().unwrap();
    let table = comparison(out.path());
    let rows: Vec<&str> =
        table["methods"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(rows, ["Denoising", "Both (FAMO)", "Both (PCGrad)"]);
    for method in table["methods"].as_array().unwrap() {
        let scores = method["seeds"][0]["by_task"].as_array().unwrap();
        assert!(scores.iter().all(Value::is_number), "{method}");
    }
}

#[test]
fn texts_may_be_denoised_as_ul2_does() {
    let out = tempfile::tempdir().unwrap();
    let mixture = ["--mixtures=denoising"];
    ext5(out.path(), &mixture).unwrap();
    let before = files_named(out.path(), "finished.json").len();
    // It corrupts otherwise than T5: all is trained anew.
    ext5(out.path(), &[&mixture[..], &["--set", "denoising=ul2"]].concat()).unwrap();
    assert_eq!(files_named(out.path(), "finished.json").len(), 2 * before);
}

#[test]
fn a_task_cannot_be_in_the_mixture_and_held_out_of_it() {
    let out = tempfile::tempdir().unwrap();
    let tasks = ["--tasks", "paraphrase,sentiment"];
    let both = [&tasks[..], &["--held-out", "sentiment"]].concat();
    assert_says(&failure(ext5(out.path(), &both)), &["sentiment", "held out"]);

    // Of the usual ones, those asked for in the mixture are not held out.
    ext5(out.path(), &tasks).unwrap().report().unwrap();
    let held_out = &comparison(out.path())["tasks"];
    assert_eq!(held_out.as_array().unwrap().len(), 1, "{held_out}");
}

#[test]
fn a_mixture_that_cannot_be_made_is_refused_before_anything_is_left_behind() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("runs");
    let refused = |more: &[&str]| failure(ext5(&out, more));
    assert_says(&refused(&["--ratio=-1"]), &["--ratio -1", "0 or more"]);
    assert_says(&refused(&["--ratio=NaN"]), &["--ratio NaN"]);
    assert_says(&refused(&["--task-counts=999"]), &["--task-counts 999", "1 to"]);
    assert_says(&refused(&["--task-counts=0"]), &["--task-counts 0"]);
    assert!(!out.exists());
}

#[test]
fn transfer_trains_every_pair_of_families_and_each_alone() {
    let out = tempfile::tempdir().unwrap();
    let set = [&TINY_T5[..], &TINY].concat();
    let more = ["--seeds", "1", "--tasks", "sentiment,entailment,paraphrase"];
    let run = || transfer::run(arguments("transfer", out.path(), &set, &more)).unwrap().report();
    run().unwrap();
    let table = comparison(out.path());
    let rows = table["methods"].as_array().unwrap();
    assert_eq!(table["tasks"].as_array().unwrap().len(), 3);
    assert_eq!(rows.len(), 4, "a row a family, and the means");
    let cell =
        |row: usize, column: usize| rows[row]["seeds"][0]["by_task"][column].as_f64().unwrap();
    for column in 0..3 {
        let others = (0..3).filter(|row| *row != column);
        let mean = others.map(|row| cell(row, column)).sum::<f64>() / 2.0;
        assert!((cell(3, column) - mean).abs() < 1e-12);
    }
    let finished = files_named(out.path(), "finished.json");
    assert_eq!(finished.len(), 6);
    let is_of_all = |path: &Path| path.parent().unwrap().to_string_lossy().contains("/seed-0/all-");
    assert!(finished.iter().all(|path| is_of_all(path)), "{finished:?}");
    let before = written(&finished);
    run().unwrap();
    assert_eq!(before, written(&finished), "trained again");
}
