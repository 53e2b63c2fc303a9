//! Every family of trunks goes through every kind of study from a pretrained network: teacher and student, methods,
//! end-task-aware training, alignment; and, for what can write, ExT5's mixtures and transfer.
#![allow(clippy::duplicate_mod)] // Experiments are taken in that share a module.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::path::{Path, PathBuf};

use common::{
    TINY, TINY_END_TASK, arguments, comparison, files_named,
    networks::{FAMILIES, pretrained},
};
use serde_json::Value;
use tempfile::TempDir;

#[allow(dead_code)] // Their `main`s, and what only others need.
#[path = "../experiments/alignment/main.rs"]
mod alignment;
#[allow(dead_code)]
#[path = "../experiments/bam.rs"]
mod bam;
mod common;
#[allow(dead_code)]
#[path = "../experiments/ext5/main.rs"]
mod ext5;
#[allow(dead_code)]
#[path = "../experiments/tartan/main.rs"]
mod tartan;
#[allow(dead_code)]
#[path = "../experiments/transfer/main.rs"]
mod transfer;

/// A class, a score and tags.
const TASKS: [&str; 4] = ["--tasks", "sentiment,similarity,tagging", "--seeds", "1"];
/// What `ext5` and `transfer` set beside the tiny data.
const TINY_TEXT: [&str; 6] = [
    "synthetic.rich=60",
    "synthetic.moderate=60",
    "synthetic.scarce=40",
    "synthetic.dev_size=10",
    "mixture.batch_size=4",
    "finetune.steps=2",
];

/// Folders of a network of the family and of a study.
fn folders(family: &str) -> (TempDir, String, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (init, out) = (folder.path().join("init"), folder.path().join("out"));
    std::fs::create_dir(&init).unwrap();
    pretrained(family, &init);
    let init = init.to_str().unwrap().to_string();
    (folder, init, out)
}

/// Whether the study left the rows, each with a score for each seed, and a network for each training.
#[track_caller]
fn assert_scored(family: &str, out: &Path, rows: &[&str]) {
    let comparison = comparison(out);
    let methods = comparison["methods"].as_array().unwrap();
    let names: Vec<&str> = methods.iter().filter_map(|method| method["name"].as_str()).collect();
    for row in rows {
        assert!(names.contains(row), "{family}: {row} is not among {names:?}");
    }
    let scores = methods.iter().flat_map(|method| method["seeds"].as_array().unwrap());
    let scores: Vec<&Value> = scores.flat_map(|seed| seed["by_task"].as_array().unwrap()).collect();
    assert!(!scores.is_empty(), "{family}");
    for score in scores {
        assert!(score.as_f64().is_some_and(f64::is_finite), "{family}: {score}");
    }
    let finished = files_named(out, "finished.json").len();
    assert!(finished >= rows.len(), "{family}: {finished} finished trainings");
}

/// Runs `bam` on a network of each family in each form that it has.
fn bam(more: &[&str], rows: &[&str]) {
    for family in FAMILIES {
        let forms: &[&str] = if family == "t5" { &["labelled", "words"] } else { &["labelled"] };
        for form in forms {
            let (_kept, init, out) = folders(family);
            let line = [&TASKS[..], &["--init", &init, "--form", form, "--short"], more].concat();
            bam::run(arguments("bam", &out, &TINY, &line)).unwrap().report().unwrap();
            assert_scored(&format!("{family}, {form}"), &out, rows);
        }
    }
}

#[test]
fn every_family_teaches_and_is_taught() {
    bam(&[], &["Single", "Multi", "Single→Multi"]);
}

#[test]
fn every_family_is_weighed_by_losses_gramians_and_coordinates() {
    let methods = ["uncertainty", "pcgrad", "graddrop", "auto-lambda"];
    let line: Vec<&str> = methods.iter().flat_map(|method| ["--method", *method]).collect();
    bam(
        &line,
        &["Multi (Uncertainty weighting)", "Multi (PCGrad)", "Multi (GradDrop)", "Multi (Auto-λ)"],
    );
}

#[test]
fn every_family_has_an_end_task_with_learned_weights() {
    for family in FAMILIES {
        let (_kept, init, out) = folders(family);
        let mut line = vec!["--seeds", "1", "--init", &init];
        if family == "t5" {
            // Texts with hidden tokens are for encoders.
            line.extend(["--auxiliaries", "related,shuffled"]);
        }
        let args = arguments("tartan", &out, &TINY_END_TASK, &line);
        tartan::run(args).unwrap().report().unwrap();
        assert_scored(family, &out, &["End-task only", "META-TARTAN (related + shuffled)"]);
    }
}

#[test]
fn every_family_is_looked_at_by_alignment() {
    let probes = ["gradients.measurements=2", "gradients.batch_size=4"];
    for family in FAMILIES {
        let (_kept, init, out) = folders(family);
        let line = [&TASKS[..], &["--init", &init]].concat();
        let args = arguments("alignment", &out, &[&TINY[..], &probes].concat(), &line);
        alignment::run(args).unwrap().report().unwrap();
        assert!(out.join("alignment.json").is_file(), "{family}");
    }
}

#[test]
fn what_can_write_is_trained_on_mixtures_and_on_families_of_tasks() {
    let (_kept, init, out) = folders("t5");
    let set = [&TINY_TEXT[..], &["pretrain.steps=4", "finetune.evaluations=1"]].concat();
    let args = arguments("ext5", &out.join("ext5"), &set, &["--seeds", "1", "--init", &init]);
    ext5::run(args).unwrap().report().unwrap();
    assert_scored("t5", &out.join("ext5"), &["Denoising", "Supervised"]);
    let line = ["--init", &init, "--tasks", "sentiment,entailment"];
    transfer::run(arguments("transfer", &out.join("transfer"), &TINY_TEXT, &line))
        .unwrap()
        .report()
        .unwrap();
    assert!(!files_named(&out.join("transfer"), "finished.json").is_empty());
}
