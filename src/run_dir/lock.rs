//! One process at a time in a run's folder.
//!
//! The lock is the operating system's, on the file `.lock`: it ends with the process that holds it, however that ends,
//! so that a crash leaves no stale lock. The file says who holds it, for the message that a second process gets. A file
//! system without locks is used without, after a warning.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{RunDirError, host_name, now_rfc3339};

/// Held while a process works in a folder.
#[derive(Debug)]
pub struct RunLock {
    // Closing the file ends the lock.
    _file: File,
}

impl RunLock {
    /// # Errors
    /// If another process works in the folder, or the file can't be made.
    pub(super) fn of(folder: &Path) -> Result<Self, RunDirError> {
        let path = folder.join(".lock");
        let write = |source| RunDirError::Write { path: path.clone(), source };
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(write)?;
        match try_for(PATIENCE, &file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder); // Only for the message.
                let holder =
                    if holder.trim().is_empty() { "another process" } else { holder.trim() };
                return Err(RunDirError::Locked { path: folder.into(), holder: holder.into() });
            }
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
                eprintln!(
                    "warning: {}: this file system has no locks; see that only one process works here",
                    folder.display()
                );
            }
            Err(TryLockError::Error(error)) => return Err(write(error)),
        }
        let holder =
            format!("process {} on {} since {}", std::process::id(), host_name(), now_rfc3339());
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(holder.as_bytes()));
        written.map_err(write)?;
        Ok(Self { _file: file })
    }
}

/// A killed process's lock may outlive it for a moment: a child that it was about to start has inherited it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tries to lock until it works or the time is over.
fn try_for(patience: Duration, file: &File) -> Result<(), TryLockError> {
    let until = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_with_the_holder_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunLock::of(folder.path()).unwrap();
        let error = RunLock::of(folder.path()).unwrap_err().to_string();
        let process = format!("process {}", std::process::id());
        assert!(error.contains(&process) && error.contains("--out"), "{error}");
        drop(first);
        RunLock::of(folder.path()).unwrap();
    }

    #[test]
    fn a_lock_that_ends_soon_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunLock::of(folder.path()).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| RunLock::of(folder.path()));
            sleep(Duration::from_millis(100));
            drop(first);
            second.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_lock_file_that_a_crash_left_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".lock"), "process 1 on some machine, long ago").unwrap();
        RunLock::of(folder.path()).unwrap();
        let holder = std::fs::read_to_string(folder.path().join(".lock")).unwrap();
        assert!(!holder.contains("long ago"), "{holder}");
    }
}
