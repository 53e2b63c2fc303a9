//! The alignment study from end to end, on built-in tasks, a few steps each: what it measures, writes and uses again.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::path::Path;

use common::{TINY, arguments, assert_says, failure, files, files_named};
use experiment::{similarity::Relation, study::Alignment};
use taskgraft::{Result, observe::Observation, study::StudyReport};

mod common;
#[allow(dead_code)] // Its `main`.
#[path = "../experiments/alignment/main.rs"]
mod experiment;

/// The experiment on three tasks, two of one language, with all pairs.
fn run(out: &Path, more: &[&str]) -> Result<StudyReport> {
    let mut line = vec!["--pairs", "--pair-seeds", "1"];
    for usual in [["--tasks", "similarity,paraphrase,tagging"], ["--seeds", "2"]] {
        if !more.contains(&usual[0]) {
            line.extend(usual);
        }
    }
    line.extend(more);
    let probes = ["gradients.measurements=2", "gradients.batch_size=4", "synthetic.dev_size=40"];
    experiment::run(arguments("alignment", out, &[&TINY[..], &probes].concat(), &line))
}

#[test]
fn a_study_measures_predicts_groups_and_reports_and_uses_finished_runs_again() {
    let out = tempfile::tempdir().unwrap();
    run(out.path(), &[]).unwrap().report().unwrap();
    let read = || -> Alignment {
        let text = std::fs::read(out.path().join("alignment.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let first = read();
    assert_eq!(first.tasks, ["similarity", "paraphrase", "tagging"]);
    let steps: Vec<u64> = first.observations.iter().map(|o| o.step).collect();
    assert_eq!(steps, [0, 2, 0, 2], "two of each seed");
    let main = &first.similarities[0];
    let count =
        |wanted: fn(&Relation) -> bool| main.curves.iter().filter(|(r, _)| wanted(r)).count();
    assert_eq!(
        count(|r| matches!(r, Relation::Tasks(..))),
        6,
        "three pairs in both orders of seeds"
    );
    assert_eq!(count(|r| matches!(r, Relation::Seeds(_))), 3);
    let transfer = first.transfer.as_ref().unwrap();
    assert!((0..3).all(|i| transfer[i][i] == 0.0));
    assert!(first.predictions.iter().all(|p| p.points.len() == 3));
    let last = first.choices.last().unwrap();
    assert_eq!((last.measure.as_str(), last.mean_gains.len()), ("one network for all", 1));
    for choice in &first.choices {
        assert!(choice.grouping.groups.len() <= 2, "{}", choice.grouping);
    }

    let page = std::fs::read_to_string(out.path().join("report.html")).unwrap();
    let sections =
        ["Gradients", "Representations", "What pairs gain", "Planted relations", "Groups"];
    assert_says(&page, &sections);
    let markdown = std::fs::read_to_string(out.path().join("report.md")).unwrap();
    assert_says(&markdown, &["Does alignment predict the gain?", "TAG lookahead", "Mantel"]);

    let finished = files_named(out.path(), "finished.json").len();
    run(out.path(), &[]).unwrap().report().unwrap();
    assert_eq!(files_named(out.path(), "finished.json").len(), finished, "trained again");
    let again = read();
    assert_eq!((again.observations, again.similarities), (first.observations, first.similarities));
    assert_eq!(again.choices.len(), first.choices.len());
    // Scores that were read back may differ in their last bit.
    for (before, after) in first.choices.iter().zip(&again.choices) {
        assert_eq!(before.grouping.groups, after.grouping.groups);
        assert!((before.gain() - after.gain()).abs() < 1e-12);
    }
}

#[test]
fn a_limit_on_examples_is_part_of_what_a_run_depends_on() {
    let out = tempfile::tempdir().unwrap();
    let limited = |more: &[&str]| {
        let line = ["--seeds", "1", "--budget", "0", "--dev-examples", "20"];
        run(out.path(), &[&line[..], more].concat()).unwrap()
    };
    limited(&[]);
    let all = files_named(out.path(), "finished.json").len();
    limited(&["--train-examples", "24"]);
    assert_eq!(files_named(out.path(), "finished.json").len(), 2 * all);
    let predictions = files(out.path()).into_iter().find(|p| p.ends_with("dev-tagging.jsonl"));
    assert_eq!(std::fs::read_to_string(predictions.unwrap()).unwrap().lines().count(), 20);
    let runs = files_named(out.path(), "step-0.json");
    assert_eq!(runs.len(), 2, "only the networks for all tasks are observed");
    let run = runs[0].parent().and_then(Path::parent).unwrap();
    assert_eq!(Observation::read_all(run).unwrap().len(), 2);
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_trained() {
    let out = tempfile::tempdir().unwrap();
    let refused = |more: &[&str]| failure(run(out.path(), more));
    assert_says(&refused(&["--tasks", "tagging"]), &["at least two"]);
    assert_says(&refused(&["--set", "gradients.measurments=3"]), &["measurements"]);
    let indices = r#"representations.indices=["linear_ckaa"]"#;
    assert_says(&refused(&["--set", indices]), &["linear_cka"]);
    assert_says(&refused(&["--train-examples", "1"]), &["train_examples", "2 or more"]);
    assert!(files_named(out.path(), "finished.json").is_empty());
}
