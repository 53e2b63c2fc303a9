//! Folders of texts: files of lines, `NAME.txt`, and folders of such files, `NAME/part.txt`, plain or with `.gz` added.
//!
//! A file is a text of its own, a folder is one text of all its files, sorted by name. Files that tell of the texts
//! (`README`, `LICENSE`) are no texts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Error, Result, TextCorpus, file::DataFile};

/// A text, and the files that hold its lines.
#[derive(Clone)]
pub(super) struct Lines {
    pub name: String,
    /// What it is read from: its folder or its only file.
    pub dir: PathBuf,
    files: Vec<PathBuf>,
}

impl Lines {
    pub fn read(&self) -> Result<TextCorpus> {
        let (mut lines, mut sources) = (Vec::new(), Vec::new());
        for file in &self.files {
            let part = TextCorpus::of_file(self.name.as_str(), DataFile::open(file)?)?;
            lines.extend(part.lines);
            sources.extend(part.sources);
        }
        TextCorpus::new(self.name.as_str(), lines, sources)
    }
}

/// The texts in a folder.
pub(super) fn texts_in(dir: &Path) -> Result<Vec<Lines>> {
    let mut texts: Vec<Lines> = Vec::new();
    for path in entries(dir)? {
        let text = if path.is_dir() {
            let mut files: Vec<PathBuf> = Vec::new();
            for file in entries(&path)? {
                // A text and its packed copy are one.
                if stem(&file).is_some_and(|s| files.iter().all(|f| stem(f) != Some(s))) {
                    files.push(file);
                }
            }
            Lines { name: name(&path).into(), dir: path.clone(), files }
        } else {
            let files = stem(&path).map(|_| path.clone()).into_iter().collect();
            Lines { name: stem(&path).unwrap_or_default().into(), dir: path.clone(), files }
        };
        if !text.files.is_empty() && texts.iter().all(|known| known.name != text.name) {
            texts.push(text);
        }
    }
    Ok(texts)
}

/// Whether there is nothing but texts, and what tells of them, in a folder and the folders in it.
pub(super) fn holds_texts_alone(dir: &Path) -> Result<bool> {
    for path in entries(dir)? {
        let fits = if path.is_dir() {
            entries(&path)?.iter().all(|file| stem(file).is_some() || tells_of_texts(file))
        } else {
            stem(&path).is_some() || tells_of_texts(&path)
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is in a folder, sorted; without names that begin with a dot.
pub(super) fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error| Error::io(dir, error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

/// The last part of a path; empty where it is no text.
pub(super) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// `brown` of `brown.txt` and `brown.txt.gz`; `None` for files of another kind.
fn stem(path: &Path) -> Option<&str> {
    let name = name(path);
    let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(".txt")?;
    (!tells_of_texts(path)).then_some(stem)
}

fn tells_of_texts(path: &Path) -> bool {
    let name = name(path).to_lowercase();
    ["readme", "license", "licence"].iter().any(|start| name.starts_with(start))
}
