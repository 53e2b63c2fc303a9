//! Where runs are made again: a folder in which nothing lies that could be used again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{Error, Result};

/// An output folder that was empty.
#[derive(Debug)]
pub enum FreshFolder {
    /// Named by the user, and kept.
    Named(PathBuf),
    /// Beside the old runs; removed unless it is kept.
    Temporary(TempDir),
}

impl FreshFolder {
    /// The folder that was asked for, or a new one beside the study that `run` is of.
    ///
    /// # Errors
    /// If it is not empty or can't be made.
    pub fn new(asked_for: Option<&Path>, run: &Path) -> Result<Self> {
        if let Some(out) = asked_for {
            fs::create_dir_all(out).map_err(Error::io(out))?;
            if fs::read_dir(out).map_err(Error::io(out))?.next().is_some() {
                let problem = "is not empty; name a new or empty folder with --out";
                return Err(Error::File { path: out.into(), problem: problem.into() });
            }
            return Ok(Self::Named(out.canonicalize().map_err(Error::io(out))?));
        }
        let study = study_of(run);
        let name = study.file_name().unwrap_or_default().to_string_lossy();
        let beside = study.parent().unwrap_or(study);
        let made = tempfile::Builder::new().prefix(&format!("{name}-again-")).tempdir_in(beside);
        made.map(Self::Temporary).map_err(|e| Error::File {
            path: beside.into(),
            problem: format!(
                "no folder for the new runs can be made there ({e}); name one with --out"
            ),
        })
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Named(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// Ends the use of the folder; it stays if it was asked for, or if it is `worth_keeping`.
    pub fn close(self, worth_keeping: bool) -> Option<PathBuf> {
        match self {
            Self::Named(path) => Some(path),
            Self::Temporary(folder) if worth_keeping => Some(folder.keep()),
            Self::Temporary(_) => None,
        }
    }
}

/// The folder of the study that a run is of, which lies in STUDY/METHOD/seed-N/WHAT; elsewhere, the run's own.
fn study_of(run: &Path) -> &Path {
    let is_seed = |folder: &&Path| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix("seed-").is_some_and(|n| n.parse::<u64>().is_ok())
    };
    let seed = run.ancestors().find(is_seed);
    seed.and_then(|seed| seed.ancestors().nth(2)).unwrap_or(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_runs_go_beside_the_study_and_not_into_it() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("runs/bam/multi/seed-0/all-00000001");
        fs::create_dir_all(&run).unwrap();
        let fresh = FreshFolder::new(None, &run).unwrap();
        let path = fresh.path().to_path_buf();
        assert_eq!(path.parent(), Some(&*folder.path().join("runs")));
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with("bam-again-"));
        assert_eq!(fresh.close(false), None);
        assert!(!path.exists());
        let kept = FreshFolder::new(None, &run).unwrap().close(true).unwrap();
        assert!(kept.is_dir());
    }

    #[test]
    fn a_folder_with_runs_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = FreshFolder::new(folder.path().parent(), folder.path()).unwrap_err();
        assert!(error.to_string().contains("is not empty"), "{error}");
        let named = FreshFolder::new(Some(folder.path()), folder.path()).unwrap();
        assert_eq!(named.close(false), Some(folder.path().canonicalize().unwrap()));
    }
}
