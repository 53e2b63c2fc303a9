//! What two runs were made from: code, program, packages, machine, data and pretrained files.
//!
//! Reads manifests of any version as plain JSON: what only one of them records is shown as such. Files are paired by
//! the ends of their paths, since the same data may lie elsewhere, and compared by digest.

use std::{
    cmp::Reverse,
    path::{Component, Path},
};

use serde_json::Value;

use super::values::{self, ValueDiff};

/// How a run was called and when it ran say nothing about what it was made from; files are compared by content.
const LEFT_OUT: [&str; 6] = ["command", "invocation", "started_at", "finished_at", "data", "init"];

/// What differs between two manifests.
pub fn differences(a: &Value, b: &Value) -> Vec<ValueDiff> {
    let mut all = values::differences(&without_files(a), &without_files(b));
    for kind in ["data", "init"] {
        all.extend(files(kind, &a[kind], &b[kind]));
    }
    all
}

fn without_files(manifest: &Value) -> Value {
    let mut manifest = manifest.clone();
    if let Some(map) = manifest.as_object_mut() {
        let program = map.get("invocation").and_then(|call| call.get("program_sha256"));
        let program = program.cloned().unwrap_or_default();
        map.insert("program".into(), program);
        LEFT_OUT.iter().for_each(|key| drop(map.remove(*key)));
    }
    manifest
}

fn files(kind: &str, a: &Value, b: &Value) -> Vec<ValueDiff> {
    let (a, b) = (listed(a), listed(b));
    // Those that share most of their paths find each other first.
    let mut alike: Vec<(usize, usize, usize)> = Vec::new();
    for (i, (path, _)) in a.iter().enumerate() {
        alike.extend(b.iter().enumerate().map(|(j, (other, _))| (shared_end(path, other), i, j)));
    }
    alike.retain(|(shared, ..)| *shared > 0);
    alike.sort_by_key(|&(shared, i, j)| (Reverse(shared), i, j));
    let (mut of_a, mut of_b) = (vec![None; a.len()], vec![None; b.len()]);
    for (_, i, j) in alike {
        if of_a[i].is_none() && of_b[j].is_none() {
            (of_a[i], of_b[j]) = (Some(j), Some(i));
        }
    }
    let diff = |path: &str, a: Option<&Value>, b: Option<&Value>| ValueDiff {
        key: format!("{kind} {path}"),
        a: a.cloned(),
        b: b.cloned(),
    };
    let in_a = a
        .iter()
        .zip(&of_a)
        .map(|((path, digest), other)| diff(path, Some(digest), other.map(|j: usize| b[j].1)));
    let alone = b.iter().zip(&of_b).filter(|(_, other)| other.is_none());
    let in_b = alone.map(|((path, digest), _)| diff(path, None, Some(digest)));
    in_a.chain(in_b).filter(|diff| diff.a != diff.b).collect()
}

fn listed(files: &Value) -> Vec<(&str, &Value)> {
    let files = files.as_array().map_or(&[][..], Vec::as_slice);
    files.iter().filter_map(|file| Some((file["path"].as_str()?, &file["sha256"]))).collect()
}

/// How many components the ends of two paths share.
fn shared_end(a: &str, b: &str) -> usize {
    let parts = |path| Path::new(path).components().rev().collect::<Vec<Component<'_>>>();
    parts(a).iter().zip(&parts(b)).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_are_paired_by_the_ends_of_their_paths_and_compared_by_digest() {
        let file = |path: &str, sha256: &str| json!({"path": path, "bytes": 1, "sha256": sha256});
        let a = json!({"data": [file("a/RTE/train.tsv", "11"), file("a/CoLA/train.tsv", "22")]});
        let moved =
            json!({"data": [file("b/CoLA/train.tsv", "22"), file("b/RTE/train.tsv", "11")]});
        assert_eq!(differences(&a, &moved), []);
        let changed =
            json!({"data": [file("b/CoLA/train.tsv", "33"), file("b/CoLA/dev.tsv", "44")]});
        let found: Vec<_> = differences(&a, &changed).into_iter().map(|d| (d.key, d.b)).collect();
        let wanted = [
            ("data a/RTE/train.tsv".to_string(), None),
            ("data a/CoLA/train.tsv".to_string(), Some(json!("33"))),
            ("data b/CoLA/dev.tsv".to_string(), Some(json!("44"))),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn times_and_commands_are_left_out_and_commits_are_not() {
        let manifest = |command: &str, commit: &str| json!({"command": command, "started_at": command, "git": {"commit": commit}});
        assert_eq!(differences(&manifest("a", "1"), &manifest("b", "1")), []);
        assert_eq!(differences(&manifest("a", "1"), &manifest("a", "2"))[0].key, "git.commit");
    }
}
