//! Studies of pre-training mixtures and of transfer between families, tiny: what they leave behind, and that finished
//! stages are used again.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{fs, path::Path};

use clap::Parser;
use common::{assert_says, failure, files_named};
use serde_json::Value;
use taskgraft::{
    prelude::*,
    study::{PreTraining, TextStudy, TransferStudy},
};

mod common;

/// Assignments that make a text-to-text study tiny.
const TINY: [&str; 14] = [
    "trunk.d_model=16",
    "trunk.d_kv=8",
    "trunk.d_ff=16",
    "trunk.layers=1",
    "trunk.heads=2",
    "synthetic.rich=60",
    "synthetic.moderate=60",
    "synthetic.scarce=40",
    "synthetic.dev_size=10",
    "mixture.batch_size=4",
    "pretrain.steps=4",
    "pretrain.evaluations=2",
    "finetune.steps=2",
    "finetune.evaluations=2",
];

const NO_ANSWER: &str = "Answers that are no answer";

fn args(out: &Path, more: &[&str]) -> StudyArgs {
    let mut line = vec!["study", "--plain", "--seeds", "1", "--out", out.to_str().unwrap()];
    TINY.iter().for_each(|assignment| line.extend(["--set", assignment]));
    line.extend(more);
    StudyArgs::try_parse_from(line).unwrap()
}

fn ext5(out: &Path, more: &[&str]) -> TextStudy {
    TextStudy::new("ext5", args(out, more))
        .unwrap()
        .settings(|settings| settings.small_and_quick())
        .method(PreTraining::Denoising)
        .method(PreTraining::Supervised { tasks: None })
        .method(PreTraining::Both { tasks: Some(2), ratio: 2.0 })
}

fn comparison(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("comparison.json")).unwrap()).unwrap()
}

#[test]
fn a_study_of_mixtures_scores_held_out_tasks_and_does_nothing_twice() {
    let out = tempfile::tempdir().unwrap();
    ext5(out.path(), &[]).run().unwrap().report().unwrap();
    let first = comparison(out.path());
    let names = |key: &str| -> Vec<String> {
        let all = first[key].as_array().unwrap().iter();
        all.map(|entry| entry["name"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(names("tasks"), ["sentiment", "entailment"]);
    assert_eq!(names("methods"), ["Denoising", "Supervised", "Both (R = 2, 2 tasks)"]);
    for method in first["methods"].as_array().unwrap() {
        let scores = method["seeds"][0]["by_task"].as_array().unwrap();
        assert!(scores.len() == 2 && scores.iter().all(Value::is_number), "{method}");
        assert_eq!(method["cost"]["steps"], 8, "four steps of pre-training, two for each task");
    }
    let curves = first["curves"].as_array().unwrap();
    let points = |split: &str| {
        let of_split = curves.iter().filter(|curve| curve["split"] == split);
        of_split.map(|curve| curve["points"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(points("train"), [4, 4, 4], "a loss a step of pre-training");
    assert_eq!(points("dev"), [2; 6], "a score an evaluation of fine-tuning");

    let none = first["sections"].as_array().unwrap().iter().find(|s| s["title"] == NO_ANSWER);
    let rows = none.expect("a network of two steps writes nonsense")["tables"][0]["rows"].clone();
    assert_eq!(rows[2].as_array().unwrap().len(), 3, "a cell for each held-out task: {rows}");
    assert_eq!(rows[0][1], "100.0", "{rows}");

    let models = files_named(out.path(), "model.safetensors");
    assert_eq!(models.len(), 9);
    let written = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let before: Vec<_> = models.iter().map(|path| written(path)).collect();
    ext5(out.path(), &[]).run().unwrap().report().unwrap();
    let after: Vec<_> = models.iter().map(|path| written(path)).collect();
    assert_eq!(before, after);
    let scores = |comparison: &Value| -> Vec<Value> {
        let methods = comparison["methods"].as_array().unwrap().iter();
        methods.map(|method| method["seeds"].clone()).collect()
    };
    assert_eq!(scores(&comparison(out.path())), scores(&first));

    // Another fine-tuning starts from the same pre-training.
    let more = ["--set", "finetune.lr=0.02"];
    ext5(out.path(), &more).run().unwrap();
    assert_eq!(files_named(out.path(), "model.safetensors").len(), 9 + 6);
}

#[test]
fn a_ratio_of_two_makes_two_thirds_of_the_examples_denoising() {
    let out = tempfile::tempdir().unwrap();
    ext5(out.path(), &["--set", "pretrain.steps=24"]).run().unwrap().report().unwrap();
    let mixture = &comparison(out.path())["mixture"]["rows"];
    let rows = mixture.as_array().unwrap();
    assert_eq!(rows.len(), 4, "the mixture with most tasks: {mixture}");
    let both = files_named(&out.path().join("both-r2-2"), "finished.json");
    let of_pretraining = both.iter().find(|path| path.to_string_lossy().contains("pretrain"));
    let finished: Value =
        serde_json::from_slice(&fs::read(of_pretraining.unwrap()).unwrap()).unwrap();
    let rates = finished["scores"]["rates"].as_array().unwrap();
    let denoising = rates.iter().find(|rate| rate["task"] == "denoising").unwrap();
    assert_eq!(rates.len(), 3);
    assert!((denoising["requested"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert!((denoising["realised"].as_f64().unwrap() - 2.0 / 3.0).abs() < 0.1);
}

#[test]
fn a_task_cannot_be_in_the_mixture_and_held_out_of_it() {
    let out = tempfile::tempdir().unwrap();
    let tasks = ["--tasks", "paraphrase,sentiment"];
    let study = ext5(out.path(), &tasks).held_out(&["sentiment".to_string()]);
    assert_says(&failure(study.run()), &["sentiment", "held out"]);

    // Of the usual ones, those asked for in the mixture are not held out.
    ext5(out.path(), &tasks).run().unwrap().report().unwrap();
    let held_out = &comparison(out.path())["tasks"];
    assert_eq!(held_out.as_array().unwrap().len(), 1, "{held_out}");
}

#[test]
fn a_mixture_that_cannot_be_made_is_refused_before_anything_is_left_behind() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("runs");
    let both = |tasks, ratio| PreTraining::Both { tasks, ratio };
    let refused = |method| failure(ext5(&out, &[]).method(method).run());
    assert_says(&refused(both(None, -1.0)), &["--ratio -1", "0 or more"]);
    assert_says(&refused(both(None, f64::NAN)), &["--ratio NaN"]);
    assert_says(&refused(both(Some(999), 2.0)), &["--task-counts 999", "1 to"]);
    assert_says(&refused(both(Some(0), 2.0)), &["--task-counts 0"]);
    assert!(!out.exists());
}

#[test]
fn transfer_trains_every_pair_of_families_and_each_alone() {
    let out = tempfile::tempdir().unwrap();
    let args = args(out.path(), &["--tasks", "sentiment,entailment,paraphrase"]);
    let study = TransferStudy::new("transfer", args).unwrap();
    let study = study.settings(|settings| settings.small_and_quick());
    study.run().unwrap().report().unwrap();
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
    assert_eq!(files_named(out.path(), "model.safetensors").len(), 6);
}
