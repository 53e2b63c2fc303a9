//! Processes of our own: a command within a time, what it said on standard error, and the reason it failed.
//!
//! Experiments measure in processes of their own, so that a backend that brings its process down is a line of a report.
//! A failure of the process is a reason in words; an [`Error`] is one of this process.

use std::{
    fs::File,
    io::{Read, Seek},
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::{Error, Result};

fn failed(e: std::io::Error) -> Error {
    Error::Training(format!("can't start or follow a process of its own: {e}"))
}

/// What a process says on standard error; a file, so that it may say much while nobody reads.
pub struct Said(File);

impl Said {
    /// An empty file.
    ///
    /// # Errors
    /// If there is no room for temporary files.
    pub fn new() -> Result<Self> {
        tempfile::tempfile().map(Self).map_err(failed)
    }

    /// What a command is given as standard error.
    ///
    /// # Errors
    /// If the process has too many files.
    pub fn writer(&self) -> Result<File> {
        self.0.try_clone().map_err(failed)
    }

    /// All of it.
    ///
    /// # Errors
    /// If it can't be read again.
    pub fn text(&mut self) -> Result<String> {
        let mut text = Vec::new();
        self.0.rewind().map_err(failed)?;
        self.0.read_to_end(&mut text).map_err(failed)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Runs a command whose output is of no interest. The inner result is the reason it failed, in a line.
///
/// # Errors
/// If it can't be started.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<Result<(), String>> {
    let mut said = Said::new()?;
    command.stdout(Stdio::null()).stderr(said.writer()?);
    let mut child = command.spawn().map_err(failed)?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if started.elapsed() > limit {
            child.kill().map_err(failed)?;
            child.wait().map_err(failed)?;
            return Ok(Err(format!("not done after {} s", limit.as_secs())));
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    if status.success() {
        return Ok(Ok(()));
    }
    Ok(Err(reason(&said.text()?, status)))
}

/// The message of a panic or an error in what a process said, or how it ended.
pub fn reason(said: &str, status: ExitStatus) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let of_panic = lines().skip_while(|line| !line.contains("panicked at")).nth(1);
    // The last, since drivers may complain before; a process that a signal ended did not say why.
    let of_error = lines().filter_map(|line| line.strip_prefix("error: ")).next_back();
    let of_exit = || status.code().and(of_error.or_else(|| lines().next_back()));
    match of_panic.or_else(of_exit) {
        Some(line) => line.to_string(),
        None => format!("the process ended with {status}"),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<(), String> {
        run_within(Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn a_process_that_fails_is_a_reason_and_not_a_failure() {
        let panicked = "echo \"thread 'main' (7) panicked at src/x.rs:3:5:\nno adapter\nnote: more\" >&2; exit 101";
        assert_eq!(shell(panicked, Duration::from_secs(9)), Err("no adapter".into()));
        let refused = "echo 'error: of a driver' >&2; echo 'error: no such file' >&2; exit 1";
        assert_eq!(shell(refused, Duration::from_secs(9)), Err("no such file".into()));
        assert_eq!(shell("echo a line; echo more >&2", Duration::from_secs(9)), Ok(()));
        let killed =
            shell("echo 'error: of a driver' >&2; kill -9 $$", Duration::from_secs(9)).unwrap_err();
        assert!(killed.contains("signal"), "{killed}");
    }

    #[test]
    fn a_process_that_takes_too_long_is_ended() {
        let started = Instant::now();
        let late = shell("exec sleep 60", Duration::from_millis(50)).unwrap_err();
        assert!(late.contains("not done"), "{late}");
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
