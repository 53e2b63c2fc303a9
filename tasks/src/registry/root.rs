//! Where the folders are that definitions name.

use std::path::{Path, PathBuf};

/// Where the folders of definitions are.
#[derive(Clone, Copy)]
pub(super) struct Root<'a> {
    pub dir: &'a Path,
    /// The first folder of a definition's path that `dir` stands for itself; empty where it is below `dir`.
    pub part: &'a str,
}

impl Root<'_> {
    /// The place of a path as definitions write it: `t2t/piqa`.
    pub fn place(self, path: &str) -> PathBuf {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        match (self.part == first, rest) {
            (true, "") => self.dir.into(),
            (true, rest) => self.dir.join(rest),
            (false, _) => self.dir.join(path),
        }
    }
}
