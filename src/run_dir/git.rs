//! The state of the git checkout a run was started in.
//!
//! Asks the `git` program; outside a checkout, or without the program, there is no state and no
//! error. It records the commit and whether tracked or new files differ from it, not the changes.

use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

/// Commit of a checkout and whether the working tree differs from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitState {
    /// Full hash of the commit.
    pub commit: String,
    /// True if files were changed or added since.
    pub dirty: bool,
}

impl GitState {
    /// The state of the checkout `folder` lies in; `None` if it lies in none.
    pub fn of(folder: &Path) -> Option<Self> {
        let commit = git(folder, &["rev-parse", "--verify", "HEAD"])?;
        let status = git(folder, &["status", "--porcelain"])?;
        Some(Self { commit, dirty: !status.is_empty() })
    }
}

impl std::fmt::Display for GitState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = self.commit.get(..12).unwrap_or(&self.commit);
        write!(f, "{short}{}", if self.dirty { " (modified)" } else { "" })
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        // Reading the state must not take the index lock from a git command of the user's.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_outside_any_checkout_has_no_state() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(GitState::of(folder.path()), None);
    }

    #[test]
    fn a_new_file_makes_a_checkout_dirty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let commit = [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.c",
            "-c",
            "commit.gpgsign=false",
            "commit",
            "--allow-empty",
            "-m",
            "first",
        ];
        if git(path, &["init"]).is_none() {
            return; // no git program on this machine
        }
        git(path, &commit).unwrap();
        let clean = GitState::of(path).unwrap();
        assert!(!clean.dirty && clean.commit.len() >= 40);
        std::fs::write(path.join("new"), "x").unwrap();
        let dirty = GitState::of(path).unwrap();
        assert!(dirty.dirty && dirty.to_string().ends_with("(modified)"));
    }
}
