//! Where the stages of a study lie: `NAME/seed-N/TASKS-DIGEST` below its output folder.
//!
//! The digest tells stages apart; the rest is for people. A stage that was run under another name is found by its
//! digest, so that equal stages are run once whatever they were called.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Planned, stage::slug};

/// Digits of a digest in a folder's name.
const DIGITS: usize = 8;

/// Folders of stages by digest.
pub struct Folders {
    out: PathBuf,
    known: BTreeMap<String, PathBuf>,
}

impl Folders {
    /// Looks for stages below `out`.
    pub fn of(out: &Path) -> Self {
        let mut known = BTreeMap::new();
        for stage in below(out).iter().flat_map(|name| below(name)).flat_map(|seed| below(&seed)) {
            let name = stage.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some((_, digest)) = name.rsplit_once('-') {
                known.insert(digest.to_string(), stage);
            }
        }
        Self { out: out.into(), known }
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        !self.known.is_empty()
    }

    /// The folder of a stage with a digest.
    pub fn folder(&self, planned: &Planned, digest: &str) -> PathBuf {
        let short = &digest[..digest.len().min(DIGITS)];
        match self.known.get(short) {
            Some(known) => known.clone(),
            None => self
                .out
                .join(slug(&planned.name))
                .join(format!("seed-{}", planned.seed))
                .join(format!("{}-{short}", planned.what)),
        }
    }
}

/// The folders in a folder; none if it isn't there.
fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.is_dir()).collect()
}
