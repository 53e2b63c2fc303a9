//! Unlabelled text: the lines that masked language modelling and span denoising learn from.
//!
//! A [`TextCorpus`] is a named list of lines with the file it was read from. A part of it is a function of the share
//! and a seed, and a smaller share's lines are among a larger one's, so that curves of data efficiency compare like
//! with like. [`Corpora`] is what has such texts for its tasks: a suite of published files, or a built-in one.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{
    Error, Result, SourceFile,
    file::DataFile,
    mixture::{hash, permute},
};

/// Lines of text, none of them blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextCorpus {
    /// Short name, unique among the texts of its task: `domain.1x`.
    pub name: String,
    pub lines: Vec<String>,
    /// The files it was read from; empty for text that is made on the fly.
    pub sources: Vec<SourceFile>,
}

/// What has unlabelled texts that belong to its tasks.
pub trait Corpora: Send + Sync {
    /// Names of the texts that are there for a task, the task's own text first.
    ///
    /// # Errors
    /// An unknown task.
    fn corpora(&self, task: &str) -> Result<Vec<String>>;

    /// One of the texts of a task.
    ///
    /// # Errors
    /// An unknown task or text (with the nearest known name), or a file that is malformed.
    fn corpus(&self, task: &str, name: &str) -> Result<TextCorpus>;
}

impl TextCorpus {
    /// A corpus of the lines that are not blank.
    ///
    /// # Errors
    /// No line is left.
    pub fn new(
        name: impl Into<String>,
        lines: impl IntoIterator<Item = impl Into<String>>,
        sources: Vec<SourceFile>,
    ) -> Result<Self> {
        let name = name.into();
        let lines: Vec<String> =
            lines.into_iter().map(Into::into).filter(|line| !line.trim().is_empty()).collect();
        if lines.is_empty() {
            return Err(Error::Invalid(format!(
                "text `{name}` has only blank lines; expected one text a line"
            )));
        }
        Ok(TextCorpus { name, lines, sources })
    }

    /// Reads a text file, plain or (with `.gz` added to its name) gzip, one text a line.
    ///
    /// # Errors
    /// A file that is not there, not UTF-8, not sound gzip, or blank.
    pub fn read(name: impl Into<String>, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        match DataFile::find(path)? {
            Some(file) => TextCorpus::of_file(name, file),
            None => {
                let problem = "no such file, nor with `.gz` added; expected one text a line";
                Err(Error::File { path: path.into(), problem: problem.into() })
            }
        }
    }

    /// The lines of a file, one text a line; blank lines hold nothing to learn from and are left out.
    pub(crate) fn of_file(name: impl Into<String>, file: DataFile) -> Result<Self> {
        let DataFile { text, source } = file;
        if text.trim().is_empty() {
            let problem = "no text in this file; expected one text a line".into();
            return Err(Error::File { path: source.path, problem });
        }
        TextCorpus::new(name, text.lines(), vec![source])
    }

    /// A part of the corpus: `share` of its lines (rounded, at least one), chosen by `seed`, in the order of the
    /// file. For one seed the lines of a smaller share are among those of a larger one; a share of 1 is the whole.
    ///
    /// # Errors
    /// A share outside (0, 1].
    pub fn fraction(&self, share: f64, seed: u64) -> Result<Self> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(Error::Invalid(format!(
                "text `{}`: a share of {share} is asked for; it must be above 0 and at most 1",
                self.name
            )));
        }
        let size = self.lines.len();
        let kept = ((share * size as f64).round() as usize).clamp(1, size);
        let key = hash(&[seed, 0x6672_6163]);
        let mut chosen: Vec<usize> = (0..kept).map(|i| permute(key, size, i)).collect();
        chosen.sort_unstable();
        let lines = chosen.into_iter().map(|at| self.lines[at].clone()).collect();
        Ok(TextCorpus { name: self.name.clone(), lines, sources: self.sources.clone() })
    }

    /// SHA-256 of the lines in order, for caches and manifests; the name and the files do not count.
    pub fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        for line in &self.lines {
            digest.update(line);
            digest.update("\n");
        }
        format!("{:x}", digest.finalize())
    }
}
