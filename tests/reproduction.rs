//! `taskgraft reproduce` on the runs of a program that a user might have written: this one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use common::{assert_says, files_named, own_program};
use serde_json::Value;
use taskgraft::prelude::*;

mod common;

fn main() -> Result<()> {
    let tests: [(&str, fn()); 7] = [
        ("a_study_comes_out_the_same", a_study_comes_out_the_same),
        ("one_run_is_made_again_with_its_seed_alone", one_run_is_made_again_with_its_seed_alone),
        ("a_run_that_was_other_is_named_with_its_first_step", a_run_that_was_other_is_named),
        ("a_setting_that_an_older_build_did_not_know_changes_no_result", an_unknown_setting),
        ("an_interrupted_run_is_compared_as_far_as_it_got", an_interrupted_run_is_compared),
        ("a_changed_data_file_is_named_before_anything_runs", a_changed_data_file_is_named),
        ("what_cannot_be_called_is_an_error_that_says_why", what_cannot_be_called_is_an_error),
    ];
    own_program::run(program, &tests)
}

/// Single→Multi on RTE in the folder `--data`, its teacher first.
fn program() -> Result<()> {
    let mut study = Study::from_args("again")?;
    study.seeds(1).settings(|settings| *settings = common::tiny_settings());
    let tasks = study.tasks(["rte"])?;
    study.lineage(Lineage::born_again(), &tasks);
    study.run()?.report()
}

/// A folder with data and the study's runs, made by a call with relative paths.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new(more: &[&str]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(place.at("data/RTE")).unwrap();
        let mut table = "index\tsentence1\tsentence2\tlabel\n".to_string();
        for index in 0..24 {
            let (what, label) = [("cat", "entailment"), ("dog", "not_entailment")][index % 2];
            table += &format!("{index}\tIt's a cat of {index}.\tIt's a {what}.\t{label}\n");
        }
        fs::write(place.at("data/RTE/train.tsv"), &table).unwrap();
        fs::write(place.at("data/RTE/dev.tsv"), &table).unwrap();
        let arguments = ["--data", "data", "--out=runs/again's", "--set", "steps=3"];
        let mut call = own_program::as_study();
        let made = call.current_dir(place.0.path()).args(arguments).args(more).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        place
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn runs(&self) -> PathBuf {
        self.at("runs/again's")
    }

    fn run_of(&self, method: &str, seed: u64) -> PathBuf {
        let folder = self.runs().join(method).join(format!("seed-{seed}"));
        files_named(&folder, "manifest.json")[0].parent().unwrap().to_path_buf()
    }

    fn reproduce(&self, what: &Path, more: &[&str]) -> Output {
        let mut command = own_program::marked(env!("CARGO_BIN_EXE_taskgraft"));
        command.current_dir(self.0.path()).arg("reproduce").arg(what).args(more).output().unwrap()
    }

    /// What lies beside the study.
    fn beside(&self) -> usize {
        fs::read_dir(self.at("runs")).unwrap().count()
    }
}

#[track_caller]
fn says(output: &Output, status: i32, out: &[&str], err: &[&str]) {
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|b| String::from_utf8_lossy(b));
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    assert_says(&stdout, out);
    assert_says(&stderr, err);
}

fn change(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

fn a_study_comes_out_the_same() {
    let place = Workplace::new(&[]);
    let again = place.reproduce(&place.runs(), &[]);
    let line = ["reproduced: 2 runs, 6 steps, ", " metric values: all bit-equal"];
    says(&again, 0, &line, &["running: ", "[1/2] Single rte seed 0"]);
    assert_eq!(place.beside(), 1, "the new runs are removed where they are equal");
    let stderr = String::from_utf8_lossy(&again.stderr);
    assert!(!stderr.contains("warning"), "the same build on the same machine: {stderr}");

    // From elsewhere, and into a folder that stays.
    let moved = place.at("moved");
    fs::rename(place.runs(), &moved).unwrap();
    says(&place.reproduce(&moved, &["--out", "kept"]), 0, &line, &["the new runs are in", "kept"]);
    assert_eq!(files_named(&place.at("kept"), "finished.json").len(), 2);
    says(&place.reproduce(&moved, &["--out", "kept"]), 2, &[], &["kept", "is not empty"]);
}

fn one_run_is_made_again_with_its_seed_alone() {
    let place = Workplace::new(&["--seeds", "2"]);
    let run = place.run_of("single-to-multi", 1);
    let again = place.reproduce(&run, &["--out", "kept"]);
    says(&again, 0, &["reproduced: 1 run, 3 steps"], &["--seeds 1 --first-seed 1"]);
    assert!(!place.at("kept/single-to-multi/seed-0").exists());
    // A teacher lies beside it, made again since its student needs it.
    assert!(place.at("kept/single/seed-1").exists());
}

fn a_run_that_was_other_is_named() {
    let place = Workplace::new(&[]);
    let path = place.run_of("single", 0).join("metrics.jsonl");
    let lines = fs::read_to_string(&path).unwrap();
    let is_it = |line: &&str| line.contains("\"step\":2,") && line.contains("gradient norm");
    let old = lines.lines().find(is_it).unwrap();
    let new = format!("{}:0.25}}", old.rsplit_once(':').unwrap().0);
    fs::write(&path, lines.replace(old, &new)).unwrap();

    let again = place.reproduce(&place.runs(), &[]);
    let first = "first differs at step 2, in train gradient norm, by ";
    let out = ["not reproduced: 2 runs", "1 of 2 differ", "  single/seed-0/rte-", first];
    says(&again, 1, &out, &["the new runs are in"]);
    assert_eq!(place.beside(), 2, "the new runs stay where they differ");
}

fn an_unknown_setting() {
    let place = Workplace::new(&[]);
    let run = place.run_of("single", 0);
    change(&run.join("config.json"), |c| {
        drop(c["stage"]["train"].as_object_mut().unwrap().remove("clip"))
    });
    let line = "bit-equal; settings of 1 run differ";
    says(&place.reproduce(&run, &[]), 0, &["reproduced: 1 run", line], &[]);
}

fn an_interrupted_run_is_compared() {
    let place = Workplace::new(&[]);
    let run = place.run_of("single-to-multi", 0);
    fs::remove_file(run.join("finished.json")).unwrap();
    let path = run.join("metrics.jsonl");
    let lines = fs::read(&path).unwrap();
    fs::write(&path, &lines[..lines.len() / 2]).unwrap();
    let again = place.reproduce(&run, &[]);
    says(&again, 0, &["reproduced: 1 run", "bit-equal as far as the unfinished runs got"], &[]);
}

fn a_changed_data_file_is_named() {
    let place = Workplace::new(&[]);
    let path = place.at("data/RTE/dev.tsv");
    let content = fs::read_to_string(&path).unwrap();
    fs::write(&path, content.replace("dog", "cow")).unwrap();
    let refused = place.reproduce(&place.runs(), &[]);
    says(&refused, 2, &[], &["changed since", "RTE/dev.tsv: SHA-256 ", " instead of "]);
    assert!(!String::from_utf8_lossy(&refused.stderr).contains("train.tsv"), "it is as it was");
    fs::remove_file(&path).unwrap();
    says(&place.reproduce(&place.runs(), &[]), 2, &[], &["RTE/dev.tsv", "No such file"]);
    assert_eq!(place.beside(), 1, "nothing ran");
}

fn what_cannot_be_called_is_an_error() {
    let place = Workplace::new(&[]);
    let run = place.run_of("single", 0);
    let manifest = run.join("manifest.json");
    let recorded = fs::read(&manifest).unwrap();

    change(&manifest, |m| m["invocation"]["program"] = "/no/such/program".into());
    let refused = place.reproduce(&run, &[]);
    says(&refused, 2, &[], &["/no/such/program", "build it again", "--program"]);
    let this = std::env::current_exe().unwrap();
    let again = place.reproduce(&run, &["--program", this.to_str().unwrap()]);
    says(&again, 0, &["reproduced: 1 run"], &[]);

    // What an older version wrote: the command alone, which starts from wherever it is called.
    fs::write(&manifest, &recorded).unwrap();
    change(&manifest, |m| drop(m.as_object_mut().unwrap().remove("invocation")));
    says(&place.reproduce(&run, &[]), 0, &["reproduced: 1 run"], &["not on record"]);

    change(&manifest, |m| m["machine"]["cpu"] = "Z80".into());
    says(&place.reproduce(&run, &[]), 0, &[], &["warning: the machine is another: Z80"]);
    change(&manifest, |m| m["command"] = format!("{} --no-such-argument", this.display()).into());
    says(&place.reproduce(&run, &[]), 2, &[], &["--no-such-argument", "failed with exit"]);

    fs::remove_file(&manifest).unwrap();
    says(&place.reproduce(&run, &[]), 2, &[], &["has no manifest.json"]);
    says(&place.reproduce(&place.at("data"), &[]), 2, &[], &["neither a run nor a folder of runs"]);
    assert_eq!(place.beside(), 1);
}
