//! The run directory: everything one run wrote, and whether it finished.
//!
//! `config.json` (the resolved settings) and `manifest.json` (what the run was made from) are
//! written first, `metrics.jsonl` grows, and `finished.json` comes last, in one rename. A run counts
//! as finished, and is reused instead of repeated, only if `finished.json` exists and carries the
//! digest of exactly the settings asked for. Checkpoints and predictions lie in folders of their
//! own beside these; other modules write them.

mod git;
mod invocation;
mod lock;
mod machine;
mod manifest;
mod memory;
mod versions;

pub use git::GitState;
pub use invocation::Invocation;
pub use lock::RunLock;
pub use machine::Machine;
pub use manifest::{DataSource, Manifest, now_rfc3339};
pub use memory::{peak_memory, processor_seconds, reset_peak_memory};
pub use taskgraft_train::{
    files::{
        RunDirError, WITHOUT_EFFECT, config_digest, remove_unfinished, sha256_bytes, sha256_file,
        sync_folder, temporary_in, write_atomic,
    },
    host::host_name,
};
pub use versions::locked_version;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fs;
use std::path::{Path, PathBuf};

/// What `finished.json` holds: written last, so its presence means that all else is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finished<S> {
    /// Digest of the settings the scores belong to; see [`config_digest`].
    pub config_digest: String,
    /// When the run ended, RFC 3339, UTC.
    pub finished_at: String,
    /// The run's scores.
    pub scores: S,
}

/// A folder that holds one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    root: PathBuf,
}

impl RunDir {
    /// Makes the folder, with its parents, if it is not there, and checks that it can be written.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, RunDirError> {
        let root = path.into();
        if root.exists() && !root.is_dir() {
            return Err(RunDirError::NotAFolder { path: root });
        }
        let writable = fs::create_dir_all(&root).and_then(|()| temporary_in(&root).map(drop));
        match writable {
            Ok(()) => Ok(Self { root }),
            Err(source) => Err(RunDirError::NotWritable { path: root, source }),
        }
    }

    /// Keeps other processes out while the lock is held, and removes what a killed one left half-written.
    pub fn lock(&self) -> Result<RunLock, RunDirError> {
        let lock = RunLock::of(&self.root)?;
        remove_unfinished(&self.root)?;
        Ok(lock)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The resolved settings, `config.json`.
    pub fn config_path(&self) -> PathBuf {
        self.root.join("config.json")
    }

    /// What the run was made from, `manifest.json`.
    pub fn manifest_path(&self) -> PathBuf {
        self.root.join("manifest.json")
    }

    /// The metrics, `metrics.jsonl`.
    pub fn metrics_path(&self) -> PathBuf {
        self.root.join("metrics.jsonl")
    }

    /// The scores, `finished.json`; there only once the run has ended.
    pub fn finished_path(&self) -> PathBuf {
        self.root.join("finished.json")
    }

    /// Writes the resolved settings and returns their digest.
    pub fn write_config<C: Serialize>(&self, config: &C) -> Result<String, RunDirError> {
        let digest = config_digest(config)?;
        write_json(&self.config_path(), "the settings", config)?;
        Ok(digest)
    }

    /// Writes the manifest.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), RunDirError> {
        write_json(&self.manifest_path(), "the manifest", manifest)
    }

    /// Reads the manifest; `None` if none was written.
    pub fn read_manifest(&self) -> Result<Option<Manifest>, RunDirError> {
        read_json(&self.manifest_path(), "manifest")
    }

    /// Marks the run as finished; write everything else first.
    pub fn finish<S: Serialize>(&self, config_digest: &str, scores: S) -> Result<(), RunDirError> {
        let finished = Finished {
            config_digest: config_digest.to_owned(),
            finished_at: now_rfc3339(),
            scores,
        };
        write_json(&self.finished_path(), "the scores", &finished)
    }

    /// The scores of a finished run of exactly these settings; `None` if the run has not finished
    /// or was made with other settings.
    pub fn finished<S: DeserializeOwned>(
        &self,
        config_digest: &str,
    ) -> Result<Option<Finished<S>>, RunDirError> {
        let path = self.finished_path();
        // The digest is read first: scores of other settings may have another shape.
        let stored: Option<Finished<serde_json::Value>> = read_json(&path, "score file")?;
        let Some(stored) = stored.filter(|f| f.config_digest == config_digest) else {
            return Ok(None);
        };
        let scores = serde_json::from_value(stored.scores)
            .map_err(|source| RunDirError::Malformed { path, expected: "score file", source })?;
        Ok(Some(Finished {
            config_digest: stored.config_digest,
            finished_at: stored.finished_at,
            scores,
        }))
    }
}

fn write_json<T: Serialize>(path: &Path, what: &'static str, value: &T) -> Result<(), RunDirError> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|source| RunDirError::Serialize { what, source })?;
    text.push(b'\n');
    write_atomic(path, &text)
}

fn read_json<T: DeserializeOwned>(
    path: &Path,
    expected: &'static str,
) -> Result<Option<T>, RunDirError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            let path = path.to_owned();
            return Err(RunDirError::Read { path, source });
        }
    };
    serde_json::from_slice(&text).map(Some).map_err(|source| RunDirError::Malformed {
        path: path.to_owned(),
        expected,
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn who_locks_a_folder_finds_nothing_half_written_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path()).unwrap();
        let (_, left) = temporary_in(run.path()).unwrap().keep().unwrap();
        let _lock = run.lock().unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn a_finished_run_is_reused_only_for_equal_settings() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path().join("a/b")).unwrap();
        let digest = run.write_config(&("bam", 3)).unwrap();
        assert_eq!(run.finished::<Vec<f64>>(&digest).unwrap(), None);
        run.finish(&digest, vec![0.5, 0.25]).unwrap();
        let scores = run.finished::<Vec<f64>>(&digest).unwrap().unwrap().scores;
        assert_eq!(scores, vec![0.5, 0.25]);
        let other = config_digest(&("bam", 4)).unwrap();
        assert_eq!(run.finished::<BTreeMap<String, f64>>(&other).unwrap(), None);
        let error = run.finished::<String>(&digest).unwrap_err().to_string();
        assert!(error.contains("finished.json"), "{error}");
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_an_error_that_names_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = RunDir::create(file.path()).unwrap_err();
        assert!(matches!(error, RunDirError::NotAFolder { .. }), "{error}");
        let error = RunDir::create(file.path().join("below")).unwrap_err();
        let name = file.path().display().to_string();
        assert!(error.to_string().contains(&name), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_that_names_it() {
        // Even the superuser cannot make files in /proc.
        let error = RunDir::create("/proc/taskgraft").unwrap_err().to_string();
        assert!(error.contains("/proc/taskgraft is not writable"), "{error}");
    }

    #[test]
    fn a_broken_score_file_is_an_error_and_not_an_unfinished_run() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path()).unwrap();
        fs::write(run.finished_path(), "{\"config_digest\": ").unwrap();
        let error = run.finished::<f64>("any").unwrap_err().to_string();
        assert!(error.contains("remove the file"), "{error}");
    }
}
