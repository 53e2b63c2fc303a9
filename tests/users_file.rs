//! The file that a user writes, `snippets/users_file.rs`, does what the README shows it for.
//!
//! It reads its arguments from the command line, so this test program runs itself as that file's program: without
//! libtest, whose arguments are others.

use std::{fs, process::Output};

use common::own_program;

mod common;

mod snippet {
    include!("snippets/users_file.rs");

    pub fn run() -> Result<()> {
        main()
    }
}

const TEXT: &str = include_str!("snippets/users_file.rs");

fn main() -> taskgraft::Result<()> {
    let tests: [(&str, fn()); 5] = [
        ("it_is_in_the_readme_word_for_word", it_is_in_the_readme_word_for_word),
        ("it_has_fewer_than_forty_lines", it_has_fewer_than_forty_lines),
        ("its_study_runs_and_reports", its_study_runs_and_reports),
        ("its_plan_is_printed_and_nothing_is_run", its_plan_is_printed_and_nothing_is_run),
        ("its_errors_are_sentences", its_errors_are_sentences),
    ];
    own_program::run(snippet::run, &tests)
}

fn users_program(arguments: &[&str]) -> Output {
    own_program::as_study().args(arguments).output().unwrap()
}

fn it_is_in_the_readme_word_for_word() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(path).unwrap();
    assert!(readme.contains(TEXT), "README.md does not show tests/snippets/users_file.rs");
}

fn it_has_fewer_than_forty_lines() {
    assert!(TEXT.lines().count() < 40);
}

fn its_study_runs_and_reports() {
    let out = tempfile::tempdir().unwrap();
    let mut arguments = vec!["--seeds", "1", "--out", out.path().to_str().unwrap()];
    common::TINY.iter().for_each(|assignment| arguments.extend(["--set", assignment]));
    let run = users_program(&arguments);
    let screen = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    common::assert_says(
        &screen,
        &["Single", "Multi", "Multi, PCGrad", "Single→Multi", "report.html"],
    );
    assert!(out.path().join("report.html").is_file());
}

fn its_plan_is_printed_and_nothing_is_run() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("runs");
    let tasks = ["--tasks", "sentiment,similarity", "--seeds", "1"];
    let mut arguments = [&tasks[..], &["--out", out.to_str().unwrap()]].concat();
    common::TINY.iter().for_each(|assignment| arguments.extend(["--set", assignment]));
    let with_plan = [&arguments[..], &["--plan"]].concat();
    let printed = || {
        let run = users_program(&with_plan);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    };
    let plan = printed();
    let wanted = [
        // Two networks for one task each, which teach too; two for both, and the student.
        "born-again: 5 stages",
        "1  Single: sentiment; 4 steps of 8; seed 0",
        "Multi: sentiment + similarity",
        "PCGrad",
        "taught by 1, 2",
        "0 of 5 finished; nothing was run",
    ];
    common::assert_says(&plan, &wanted);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);

    assert!(users_program(&arguments).status.success());
    let files = common::files(&out);
    let before = common::written(&files);
    common::assert_says(&printed(), &["taught by 1, 2; finished", "5 of 5 finished"]);
    assert_eq!((common::files(&out), common::written(&files)), (files, before));
}

fn its_errors_are_sentences() {
    let run = users_program(&["--backend", "cudda"]);
    assert!(!run.status.success());
    let message = String::from_utf8_lossy(&run.stderr);
    common::assert_says(&message, &["unknown backend `cudda`; did you mean `cuda`?"]);
}
