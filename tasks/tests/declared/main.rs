//! Tasks without code: what each format reads, which keys there are, and what is said where something is wrong.

mod check;
mod draft;
mod formats;
mod keys;
mod real;
mod splits;
mod targets;

use std::{
    fs,
    path::{Path, PathBuf},
};

use taskgraft_tasks::{
    Example, Result, Split, Target, TargetKind, Task, Text, declared::Declared, suite::Suite,
};
use tempfile::TempDir;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/declared")
}

/// A folder of files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        fs::write(dir.path().join(name), contents).unwrap();
    }
    dir
}

/// The folder of these files with the keys of one task, `mine`, in `own.toml`.
fn declared(files: &[(&str, &[u8])], keys: &str) -> (TempDir, Result<Declared>) {
    let dir = folder(files);
    let file = dir.path().join("own.toml");
    fs::write(&file, format!("[mine]\n{keys}")).unwrap();
    let declared = Declared::read(&file);
    (dir, declared)
}

fn task(files: &[(&str, &[u8])], keys: &str) -> Task {
    let (_dir, declared) = declared(files, keys);
    declared.unwrap().load("mine").unwrap()
}

/// The message of the error with which reading or loading ends, without the folder.
#[track_caller]
fn refusal(files: &[(&str, &[u8])], keys: &str) -> String {
    let (dir, declared) = declared(files, keys);
    let error = declared.and_then(|declared| declared.load("mine")).unwrap_err();
    error.to_string().replace(&format!("{}/", dir.path().display()), "")
}

#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(message.contains(part), "`{part}` not in: {message}"));
}

/// Text and label of each example.
fn labelled(task: &Task, split: Split) -> Vec<(String, String)> {
    let TargetKind::Class { labels } = &task.spec.kind else { panic!("{:?}", task.spec.kind) };
    let both = |example: &Example| {
        let text = match &example.text {
            Text::One(text) => text.clone(),
            other => panic!("{other:?}"),
        };
        let label = match &example.target {
            Some(Target::Class(label)) => labels[*label].clone(),
            None => "none".into(),
            other => panic!("{other:?}"),
        };
        (text, label)
    };
    task.split(split).iter().map(both).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(text, label)| (text.to_string(), label.to_string())).collect()
}

fn labels(task: &Task) -> Vec<&str> {
    match &task.spec.kind {
        TargetKind::Class { labels } | TargetKind::Tags { labels } => {
            labels.iter().map(String::as_str).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn ids(task: &Task, split: Split) -> Vec<u32> {
    task.split(split).iter().map(|example| example.id.0).collect()
}
