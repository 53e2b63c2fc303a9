//! What a run was made from: code, machine, data, seed.
//!
//! The manifest answers "could I make this number again?". It is written when the run starts and
//! once more when it ends. It holds no results, and nothing in it takes part in the settings'
//! digest: the same settings on another machine are the same run.

use super::{GitState, Invocation, Machine, RunDirError, invocation, locked_version, sha256_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Packages whose versions a manifest lists.
const LISTED_PACKAGES: [&str; 5] = ["burn", "burn-train", "burn-flex", "tokenizers", "safetensors"];

/// A file that went into a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSource {
    /// Where it was read from.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl DataSource {
    /// Hashes a file.
    pub fn of_file(path: &Path) -> Result<Self, RunDirError> {
        let metadata = fs::metadata(path)
            .map_err(|source| RunDirError::Read { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), bytes: metadata.len(), sha256: sha256_file(path)? })
    }
}

/// What one run was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this package.
    pub taskgraft: String,
    /// The command line, quoted so that a shell reads it back.
    pub command: String,
    /// The same for a program that is to run it again; absent in manifests of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation: Option<Invocation>,
    /// State of the checkout the command ran in.
    pub git: Option<GitState>,
    /// Cargo features compiled in.
    pub features: Vec<String>,
    /// Backend used.
    pub backend: String,
    /// Device used.
    pub device: String,
    /// The machine.
    pub machine: Machine,
    /// Seed of the run.
    pub seed: u64,
    /// Start, RFC 3339, UTC.
    pub started_at: String,
    /// End, RFC 3339, UTC; `None` while it runs.
    pub finished_at: Option<String>,
    /// Data files read; empty for data made on the fly.
    pub data: Vec<DataSource>,
    /// Files of the checkpoint the run started from.
    pub init: Vec<DataSource>,
    /// Fingerprint of the tokenizer.
    pub tokenizer: Option<String>,
    /// Versions of the packages that shape the numbers.
    pub packages: BTreeMap<String, String>,
}

impl Manifest {
    /// Begins a manifest for this process; data, checkpoint and tokenizer are added by the caller.
    pub fn begin(features: Vec<String>, backend: &str, device: &str, seed: u64) -> Self {
        let packages = LISTED_PACKAGES
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), locked_version(name)?.to_owned())))
            .collect();
        Self {
            taskgraft: env!("CARGO_PKG_VERSION").to_owned(),
            command: invocation::quoted(invocation::arguments()),
            invocation: Invocation::of_this_process(),
            git: GitState::of(Path::new(".")),
            features,
            backend: backend.to_owned(),
            device: device.to_owned(),
            machine: Machine::here(),
            seed,
            started_at: now_rfc3339(),
            finished_at: None,
            data: Vec::new(),
            init: Vec::new(),
            tokenizer: None,
            packages,
        }
    }
}

/// The time now, RFC 3339, UTC, to the second.
pub fn now_rfc3339() -> String {
    let now = OffsetDateTime::now_utc();
    let whole = now.replace_nanosecond(0).unwrap_or(now);
    // Fails only for years beyond 9999.
    whole.format(&Rfc3339).unwrap_or_else(|_| whole.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run_dir::RunDir;

    #[test]
    fn a_manifest_reads_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path()).unwrap();
        assert_eq!(run.read_manifest().unwrap(), None);
        let data = folder.path().join("train.tsv");
        fs::write(&data, "abc").unwrap();
        let mut manifest = Manifest::begin(vec!["cpu".into()], "flex", "cpu", 7);
        manifest.data.push(DataSource::of_file(&data).unwrap());
        manifest.finished_at = Some(now_rfc3339());
        run.write_manifest(&manifest).unwrap();
        assert_eq!(run.read_manifest().unwrap(), Some(manifest.clone()));
        assert_eq!(manifest.data[0].bytes, 3);
        assert!(manifest.packages.contains_key("burn"));
    }

    #[test]
    fn a_manifest_of_an_older_version_is_read() {
        let mut old = serde_json::to_value(Manifest::begin(vec![], "flex", "cpu", 7)).unwrap();
        old.as_object_mut().unwrap().remove("invocation").unwrap();
        assert_eq!(serde_json::from_value::<Manifest>(old).unwrap().invocation, None);
    }

    #[test]
    fn times_are_rfc_3339_in_utc_to_the_second() {
        let now = now_rfc3339();
        assert_eq!((now.len(), now.ends_with('Z')), (20, true), "{now}");
    }
}
