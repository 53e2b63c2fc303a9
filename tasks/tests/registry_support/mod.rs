//! What tests of the registry share: a folder of small files, and what is read from it.

// Every test program uses some of these.
#![allow(dead_code)]

use std::fs;

use taskgraft_tasks::{Error, Split, Task, registry::Registry, suite::Suite};
use tempfile::{TempDir, tempdir};

pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempdir().unwrap();
    for (path, contents) in files {
        write(&dir, path, contents.as_bytes());
    }
    dir
}

pub fn write(dir: &TempDir, path: &str, contents: &[u8]) {
    let path = dir.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

pub fn load(dir: &TempDir, task: &str) -> Result<Task, Error> {
    Registry::new(dir.path()).load(task)
}

/// Inputs and target texts of a split.
pub fn pairs(task: &Task, split: Split) -> Vec<(&str, &str)> {
    let examples = task.split(split).iter();
    examples.map(|e| (e.input().unwrap(), e.answer().map_or("-", |a| &a.text))).collect()
}

pub fn train(files: &[(&str, &str)], task: &str) -> Vec<(String, String)> {
    let task = load(&folder(files), task).unwrap();
    pairs(&task, Split::Train).iter().map(|(i, t)| (i.to_string(), t.to_string())).collect()
}

pub fn message(files: &[(&str, &str)], task: &str) -> String {
    load(&folder(files), task).unwrap_err().to_string()
}

pub fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}
