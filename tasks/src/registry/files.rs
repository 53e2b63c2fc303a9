//! Finding the files of a task: plain or gzip, one or several of a pattern, in a folder or in an archive of it.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use tar::Archive;

use super::definition::Published;
use crate::{
    Error, Result, SourceFile,
    file::{DataFile, read_bytes},
};

/// Files that were found for one entry of a definition, in the order of their names.
pub(super) struct Found {
    pub files: Vec<DataFile>,
    /// What lies on disk: the archive, where the files are in one.
    pub sources: Vec<SourceFile>,
}

/// The files of an entry; `None` where there are none.
pub(super) fn find(folder: &Path, published: &Published) -> Result<Option<Found>> {
    let path = folder.join(published.file);
    if let Some(extension) = published.format.folder_of() {
        return match path.is_dir() {
            true => in_folder(&path, extension).map(Some),
            false => in_archive(&path, extension),
        };
    }
    let mut files = Vec::new();
    for path in matching(folder, published.file)? {
        files.extend(DataFile::find(&path)?);
    }
    let sources = files.iter().map(|file| file.source.clone()).collect();
    Ok((!files.is_empty()).then_some(Found { files, sources }))
}

/// Whether there is anything for an entry, without reading it.
pub(super) fn is_there(folder: &Path, published: &Published) -> bool {
    let path = folder.join(published.file);
    match published.format.folder_of() {
        Some(_) => ["", ".tar", ".tar.gz"].iter().any(|more| with(&path, more).exists()),
        None => matching(folder, published.file).is_ok_and(|paths| {
            paths.iter().any(|path| path.exists() || with(path, ".gz").exists())
        }),
    }
}

/// The paths that a pattern stands for, whether they are there or not; those with `*` are the ones that are there.
fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let mut paths = vec![folder.to_path_buf()];
    for part in pattern.split('/') {
        let Some((before, after)) = part.split_once('*') else {
            paths.iter_mut().for_each(|path| path.push(part));
            continue;
        };
        let mut matched = Vec::new();
        for path in paths.iter().filter(|path| path.is_dir()) {
            let names = names(path)?;
            let names = names.iter().map(|name| name.strip_suffix(".gz").unwrap_or(name));
            let fits = |name: &&str| {
                name.len() >= part.len() - 1 && name.starts_with(before) && name.ends_with(after)
            };
            matched.extend(names.filter(fits).map(|name| path.join(name)));
        }
        matched.dedup();
        paths = matched;
    }
    Ok(paths)
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let unreadable = |error| Error::io(folder, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

fn in_folder(folder: &Path, extension: &str) -> Result<Found> {
    let mut found = Found { files: Vec::new(), sources: Vec::new() };
    for name in names(folder)? {
        let path = folder.join(&name);
        if path.is_dir() {
            let deeper = in_folder(&path, extension)?;
            found.files.extend(deeper.files);
            found.sources.extend(deeper.sources);
        } else if path.extension().is_some_and(|e| e == extension) {
            let (bytes, source) = read_bytes(&path, false)?;
            found.sources.push(source.clone());
            found.files.push(DataFile::of_bytes(bytes, source)?);
        }
    }
    Ok(found)
}

/// Files in `path.tar` or `path.tar.gz`, whose own paths are written below that of the archive.
fn in_archive(path: &Path, extension: &str) -> Result<Option<Found>> {
    let archives = [(with(path, ".tar"), false), (with(path, ".tar.gz"), true)];
    let Some((path, compressed)) = archives.into_iter().find(|(path, _)| path.exists()) else {
        return Ok(None);
    };
    let (bytes, source) = read_bytes(&path, compressed)?;
    let unsound = |error| Error::File {
        path: path.clone(),
        problem: format!("not a sound tar archive ({error}); fetch or copy it again"),
    };
    let mut files = Vec::new();
    for entry in Archive::new(bytes.as_slice()).entries().map_err(unsound)? {
        let mut entry = entry.map_err(unsound)?;
        let name = entry.path().map_err(unsound)?.into_owned();
        if name.extension().is_some_and(|e| e == extension) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(unsound)?;
            let source = SourceFile { path: path.join(name), ..source.clone() };
            files.push(DataFile::of_bytes(bytes, source)?);
        }
    }
    files.sort_by(|a, b| a.source.path.cmp(&b.source.path));
    Ok(Some(Found { files, sources: vec![source] }))
}

fn with(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}
