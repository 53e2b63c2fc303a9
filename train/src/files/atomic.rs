//! Files that are either whole or absent.
//!
//! The bytes go to a temporary file in the same folder, are flushed to disk, and take the final
//! name in one rename; on Unix the folder is flushed too, so the name survives a power cut. A
//! reader sees the old content or the new, never a part.

use super::error::RunDirError;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes `bytes` under `path`, replacing what was there, in one step.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), RunDirError> {
    try_write(path, bytes).map_err(|source| RunDirError::Write { path: path.to_owned(), source })
}

fn try_write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = temporary_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_folder(folder)
}

const PREFIX: &str = ".writing-";
const SUFFIX: &str = ".tmp";

/// A file to be written before it takes its name; removed when dropped, so an error leaves nothing behind.
pub fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    make_readable(&mut builder);
    builder.tempfile_in(folder)
}

/// Removes from `folder` and all below it the temporary files that a killed process left. No other process may be
/// writing there.
pub fn remove_unfinished(folder: &Path) -> Result<(), RunDirError> {
    let read = |source| RunDirError::Read { path: folder.into(), source };
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let path = entry.path();
        if entry.file_type().map_err(read)?.is_dir() {
            remove_unfinished(&path)?;
        } else if is_temporary(&entry.file_name().to_string_lossy()) {
            match fs::remove_file(&path) {
                // A process that was kept out by the lock removes its own.
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(RunDirError::Write { path, source: error });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Temporary files are private by default; results get the rights other new files get.
#[cfg(unix)]
fn make_readable(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn make_readable(_: &mut tempfile::Builder<'_, '_>) {}

/// What was renamed in a folder keeps its name through a power cut.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Other systems keep names by themselves, or can't be asked to.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_replaced_whole_and_no_temporary_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.json");
        write_atomic(&path, b"a long first version").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_neither_a_file_nor_a_temporary_one() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        let error = write_atomic(&taken, b"x").unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_atomic(&folder.path().join("no/such/file"), b"x").is_err());
    }

    #[test]
    fn what_a_killed_process_left_unnamed_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("predictions");
        fs::create_dir(&below).unwrap();
        for kept in ["metrics.jsonl", "notes.tmp", ".writing-notes", "predictions/dev.jsonl"] {
            fs::write(folder.path().join(kept), "").unwrap();
        }
        for place in [folder.path(), &below] {
            // As a killed process leaves it: nobody drops it.
            temporary_in(place).unwrap().keep().unwrap();
        }
        remove_unfinished(folder.path()).unwrap();
        let left = |place: &Path| fs::read_dir(place).unwrap().count();
        assert_eq!((left(folder.path()), left(&below)), (4, 1));
    }
}
