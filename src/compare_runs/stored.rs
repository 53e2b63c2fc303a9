//! A run as it lies on disk, finished or not, and where runs lie below a folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::curves::{self, Curves};
use crate::{Error, Result, events::read_json_lines};

/// Either is written when a run, or a stage of one, begins.
const MARKS: [&str; 2] = ["manifest.json", "metrics.jsonl"];

/// What a run wrote. Files that it has not written yet are `null`.
pub struct StoredRun {
    pub folder: PathBuf,
    pub config: Value,
    pub manifest: Value,
    pub finished: Value,
    pub curves: Curves,
}

impl StoredRun {
    /// Reads a run; a torn last line of its metrics is left out.
    ///
    /// # Errors
    /// Files that can't be read or are malformed.
    pub fn read(folder: &Path) -> Result<Self> {
        let json = |name: &str| read_json(&folder.join(name));
        let mut run = Self {
            folder: folder.to_path_buf(),
            config: json("config.json")?,
            manifest: json("manifest.json")?,
            finished: json("finished.json")?,
            curves: Curves::new(),
        };
        run.add_curves("", folder)?;
        for stage in folders(folder)? {
            let name = stage.file_name().unwrap_or_default().to_string_lossy().into_owned();
            run.add_curves(&name, &stage)?;
        }
        Ok(run)
    }

    fn add_curves(&mut self, stage: &str, folder: &Path) -> Result<()> {
        let path = folder.join("metrics.jsonl");
        if path.is_file() {
            curves::add(&mut self.curves, stage, read_json_lines(&path)?);
        }
        Ok(())
    }

    /// Whether all of the run is there.
    pub fn is_finished(&self) -> bool {
        !self.finished.is_null()
    }
}

/// The runs below `folder`, as paths from there, sorted; the empty path if the folder is a run itself.
///
/// # Errors
/// If there is none: the message says what was looked for.
pub fn find_runs(folder: &Path) -> Result<Vec<PathBuf>> {
    let problem = |problem: &str| Error::File { path: folder.into(), problem: problem.into() };
    if !folder.is_dir() {
        return Err(problem("there is no such folder; expected a run's folder or a study's --out"));
    }
    let mut runs = Vec::new();
    search(folder, PathBuf::new(), &mut runs)?;
    runs.sort();
    if runs.is_empty() {
        return Err(problem(
            "neither a run nor a folder of runs; expected manifest.json or metrics.jsonl in it or in a folder below \
             it, as in METHOD/seed-N/WHAT-DIGEST",
        ));
    }
    Ok(runs)
}

fn search(root: &Path, below: PathBuf, runs: &mut Vec<PathBuf>) -> Result<()> {
    let folder = root.join(&below);
    if MARKS.iter().any(|name| folder.join(name).is_file()) {
        runs.push(below);
        return Ok(());
    }
    for inner in folders(&folder)? {
        search(root, below.join(inner.file_name().unwrap_or_default()), runs)?;
    }
    Ok(())
}

/// The folders in a folder; links are not followed.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        if entry.file_type().map_err(Error::io(entry.path()))?.is_dir() {
            all.push(entry.path());
        }
    }
    all.sort();
    Ok(all)
}

/// The content of a JSON file; `null` if there is none.
pub fn read_json(path: &Path) -> Result<Value> {
    if !path.is_file() {
        return Ok(Value::Null);
    }
    let text = fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&text)
        .map_err(|e| Error::File { path: path.into(), problem: format!("is not JSON: {e}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "{\"step\":1,\"split\":\"train\",\"name\":\"loss\",\"value\":0.5}\n";

    #[test]
    fn a_run_in_stages_is_one_run_with_the_curves_of_all() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("mt/seed-0/rte-00000001");
        for stage in ["pretrain-mlm", "train"] {
            fs::create_dir_all(run.join(stage)).unwrap();
            fs::write(run.join(stage).join("metrics.jsonl"), LINE).unwrap();
        }
        fs::write(run.join("manifest.json"), "{}").unwrap();
        let runs = find_runs(folder.path()).unwrap();
        assert_eq!(runs, [PathBuf::from("mt/seed-0/rte-00000001")]);
        let read = StoredRun::read(&run).unwrap();
        let stages: Vec<&str> = read.curves.keys().map(|series| series.stage.as_str()).collect();
        assert_eq!(stages, ["pretrain-mlm", "train"]);
        assert!(!read.is_finished());
        // A stage by itself is a run without settings.
        assert_eq!(find_runs(&run.join("train")).unwrap(), [PathBuf::new()]);
        assert_eq!(StoredRun::read(&run.join("train")).unwrap().curves.len(), 1);
    }
}
