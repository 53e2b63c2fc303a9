//! A folder of cached features.
//!
//! Who makes a file holds a lock beside it, so that of several processes one makes it and the others wait and read. The
//! system lets go of the lock of a process that is killed; the next one removes what that left. On file systems without
//! locks each process makes the file, and the last to finish names it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use super::{
    CacheKey, FeatureWriter, Features,
    features::{Opened, Origin},
};
use crate::{
    Error, Result,
    objectives::Lengths,
    text::{T5Tokenizer, TextPair},
};

/// Cached features in a folder, which may be shared by any number of processes.
#[derive(Clone, Debug)]
pub struct FeatureCache {
    dir: PathBuf,
}

impl FeatureCache {
    /// A cache in `dir`, which is made when there is something to keep.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        FeatureCache { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Pairs as tokens, each side cut to `limit` with EOS at its end. `key` must tell the texts apart from others;
    /// tokenizer and lengths are added to it. `texts` is asked only where the pairs are not in the cache, and `label`
    /// names them on screen.
    ///
    /// # Errors
    /// Those of `texts` and [`T5Tokenizer::encode_pairs`], and a folder that cannot be read or written.
    pub fn pairs(
        &self,
        key: CacheKey,
        label: &str,
        tokenizer: &T5Tokenizer,
        limit: Lengths,
        texts: impl FnOnce() -> Result<Vec<TextPair>>,
    ) -> Result<Features<2>> {
        self.features(key.tokenizer(tokenizer).lengths(limit), label, |writer| {
            writer.push_all(&texts()?, |pairs| {
                let examples = tokenizer.encode_pairs(pairs, limit)?;
                Ok(examples.into_iter().map(|example| [example.inputs, example.targets]).collect())
            })
        })
    }

    /// Whole texts as tokens, without EOS, for passages to be cut from; otherwise as [`pairs`](Self::pairs).
    ///
    /// # Errors
    /// Those of `texts` and [`T5Tokenizer::encode_texts`], and a folder that cannot be read or written.
    pub fn documents(
        &self,
        key: CacheKey,
        label: &str,
        tokenizer: &T5Tokenizer,
        texts: impl FnOnce() -> Result<Vec<String>>,
    ) -> Result<Features<1>> {
        self.features(key.tokenizer(tokenizer), label, |writer| {
            writer.push_all(&texts()?, |texts| {
                Ok(tokenizer.encode_texts(texts)?.into_iter().map(|tokens| [tokens]).collect())
            })
        })
    }

    /// Features of any kind: those of `key`, or else what `make` writes.
    ///
    /// # Errors
    /// Those of `make`, and a folder that cannot be read or written.
    pub fn features<const LISTS: usize>(
        &self,
        key: CacheKey,
        label: &str,
        make: impl FnOnce(&mut FeatureWriter<LISTS>) -> Result<()>,
    ) -> Result<Features<LISTS>> {
        let key = key.digest();
        let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.dir.join(format!("{name}.features"));
        if let Opened::Whole(features) = Features::open(&path, key)? {
            return Ok(features);
        }
        fs::create_dir_all(&self.dir).map_err(|e| Error::io(&self.dir, e))?;
        let lock = self.lock(&name, label)?;
        // Another process may have made it in the meantime.
        let origin = match Features::open(&path, key)? {
            Opened::Whole(features) => return Ok(features),
            Opened::Missing => Origin::Made,
            Opened::Damaged(problem) => {
                eprintln!("warning: {}: {problem}; tokenising {label} anew", path.display());
                Origin::MadeAnew { problem }
            }
        };
        if lock.is_some() {
            self.remove_parts(&name)?;
        }
        let mut writer = FeatureWriter::new(&self.dir, &name, label)?;
        make(&mut writer)?;
        writer.finish(&path, key)?;
        match Features::open(&path, key)? {
            Opened::Whole(features) => Ok(features.with_origin(origin)),
            Opened::Missing | Opened::Damaged(_) => Err(Error::File {
                path,
                problem: "was changed right after it was written; keep other programs out of the cache's folder"
                    .into(),
            }),
        }
    }

    /// The lock of a file, held until it is dropped; `None` where the file system has no locks.
    fn lock(&self, name: &str, label: &str) -> Result<Option<File>> {
        let path = self.dir.join(format!("{name}.lock"));
        let error = |e| Error::io(&path, e);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(error)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => {
                eprintln!("waiting for another process that is tokenising {label}");
                file.lock().map_err(error)?;
                Ok(Some(file))
            }
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Removes what a killed process left; to be called by who has the lock.
    fn remove_parts(&self, name: &str) -> Result<()> {
        for entry in fs::read_dir(&self.dir).map_err(|e| Error::io(&self.dir, e))? {
            let path = entry.map_err(|e| Error::io(&self.dir, e))?.path();
            let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
            if file.starts_with(name) && file.ends_with(".part") {
                fs::remove_file(&path).map_err(|e| Error::io(&path, e))?;
            }
        }
        Ok(())
    }
}
