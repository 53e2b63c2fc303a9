//! The files that two finished runs left: predictions, networks and observations.
//!
//! Tensors are compared one by one, for metadata name the config's digest; JSON without its figures of time; everything
//! else line by line. Checkpoints are not compared: only some runs keep theirs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

use super::{stored::read_json, values};
use crate::{Error, Result};

const FOLDERS: [&str; 3] = ["predictions", "model", "observations"];

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileDiff {
    pub path: PathBuf,
    /// In words.
    pub difference: String,
}

/// The files that differ, or that one of the runs lacks.
///
/// # Errors
/// Files that can't be read or are malformed.
pub fn differences(a: &Path, b: &Path) -> Result<Vec<FileDiff>> {
    let mut paths = BTreeSet::new();
    for root in [a, b] {
        for folder in FOLDERS {
            list(root, Path::new(folder), &mut paths)?;
        }
    }
    let mut all = Vec::new();
    for path in paths {
        let difference = match (a.join(&path), b.join(&path)) {
            (_, b) if !b.exists() => Some("only in A".to_string()),
            (a, _) if !a.exists() => Some("only in B".to_string()),
            (a, b) => compare(&a, &b)?,
        };
        all.extend(difference.map(|difference| FileDiff { path, difference }));
    }
    Ok(all)
}

fn list(root: &Path, below: &Path, paths: &mut BTreeSet<PathBuf>) -> Result<()> {
    let folder = root.join(below);
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let path = below.join(entry.map_err(Error::io(&folder))?.file_name());
        if root.join(&path).is_dir() {
            list(root, &path, paths)?;
        } else {
            paths.insert(path);
        }
    }
    Ok(())
}

fn compare(a: &Path, b: &Path) -> Result<Option<String>> {
    let (bytes_a, bytes_b) = (read(a)?, read(b)?);
    if bytes_a == bytes_b {
        return Ok(None);
    }
    Ok(match a.extension().and_then(|e| e.to_str()) {
        Some("safetensors") => compare_tensors(&parse(a, &bytes_a)?, &parse(b, &bytes_b)?),
        Some("json") => {
            let diffs = values::results(&read_json(a)?, &read_json(b)?);
            diffs.first().map(|first| match diffs.len() {
                1 => format!("{} differs", first.key),
                n => format!("{} and {} more values differ", first.key, n - 1),
            })
        }
        _ => Some(compare_lines(&bytes_a, &bytes_b)),
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::io(path))
}

fn parse<'a>(path: &Path, bytes: &'a [u8]) -> Result<SafeTensors<'a>> {
    SafeTensors::deserialize(bytes)
        .map_err(|e| Error::File { path: path.into(), problem: format!("is not safetensors: {e}") })
}

fn compare_tensors(a: &SafeTensors<'_>, b: &SafeTensors<'_>) -> Option<String> {
    let by_name =
        |tensors: &SafeTensors<'_>| tensors.names().into_iter().map(String::from).collect();
    let (names_a, names_b): (BTreeSet<String>, BTreeSet<String>) = (by_name(a), by_name(b));
    if let Some(name) = names_a.symmetric_difference(&names_b).next() {
        return Some(format!(
            "tensor {name} is only in {}",
            if names_a.contains(name) { "A" } else { "B" }
        ));
    }
    let mut differing: BTreeMap<&str, f32> = BTreeMap::new();
    for name in &names_a {
        // Both were named by the file itself.
        let (Ok(a), Ok(b)) = (a.tensor(name), b.tensor(name)) else { continue };
        if a.shape() != b.shape() || a.dtype() != b.dtype() {
            return Some(format!("tensor {name} has another shape or type"));
        }
        if a.data() != b.data() {
            let by = if a.dtype() == Dtype::F32 { distance(a.data(), b.data()) } else { f32::NAN };
            differing.insert(name, by);
        }
    }
    let (name, by) = differing.iter().max_by(|x, y| x.1.total_cmp(y.1))?;
    let by = if by.is_nan() { String::new() } else { format!(", most by {by:.3e} in {name}") };
    Some(format!("{} of {} tensors differ{by}", differing.len(), names_a.len()))
}

/// The largest distance between the float32 numbers of two tensors of the same size.
fn distance(a: &[u8], b: &[u8]) -> f32 {
    let numbers = |bytes: &[u8]| -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect()
    };
    let (a, b) = (numbers(a), numbers(b));
    a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn compare_lines(a: &[u8], b: &[u8]) -> String {
    let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
        bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (a, b) = (lines(a), lines(b));
    if a.len() != b.len() {
        return format!("{} lines and {}", a.len(), b.len());
    }
    let mut differing = (0..a.len()).filter(|&i| a[i] != b[i]);
    let first = differing.next().map_or(0, |line| line + 1);
    format!("{} of {} lines differ, first line {first}", 1 + differing.count(), a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing(write: impl Fn(&Path, &Path)) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        for root in [&a, &b] {
            fs::create_dir_all(root.join("observations")).unwrap();
            fs::create_dir_all(root.join("checkpoints")).unwrap();
        }
        write(&a, &b);
        let all = differences(&a, &b).unwrap();
        all.iter().map(|file| format!("{}: {}", file.path.display(), file.difference)).collect()
    }

    #[test]
    fn observations_are_compared_without_the_time_they_took() {
        let write = |root: &Path, loss: f64, seconds: f64| {
            let text = format!("{{\"losses\": [{loss}], \"seconds\": {seconds}}}");
            fs::write(root.join("observations/step-1.json"), text).unwrap();
        };
        let found = differing(|a, b| {
            write(a, 0.5, 1.0);
            write(b, 0.5, 2.0);
        });
        assert!(found.is_empty(), "{found:?}");
        let found = differing(|a, b| {
            write(a, 0.5, 1.0);
            write(b, 0.25, 1.0);
        });
        assert_eq!(found, ["observations/step-1.json: losses differs"]);
    }

    #[test]
    fn a_file_that_one_run_lacks_is_named_and_checkpoints_are_not_looked_at() {
        let found = differing(|a, b| {
            fs::write(a.join("checkpoints/model"), "1").unwrap();
            fs::write(b.join("observations/step-9.json"), "{}").unwrap();
        });
        assert_eq!(found, ["observations/step-9.json: only in B"]);
    }
}
