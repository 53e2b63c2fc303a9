//! A contestant's process, as seen by who tells it to take steps.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde::de::DeserializeOwned;
use taskgraft::{
    Error, Result,
    process::{Said, reason},
};

use super::{
    contestant::Contestant,
    round::{Ready, Round},
};

/// A contestant's process.
pub struct Running {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    said: Said,
    pub ready: Ready,
}

impl Running {
    /// Starts a contestant and waits until it is ready; the inner result is the reason where it can't be.
    ///
    /// # Errors
    /// If no process can be started at all.
    pub fn start(contestant: &Contestant, limit: Duration) -> Result<Result<Self, String>> {
        let said = Said::new()?;
        let mut command = contestant.command()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(said.writer()?);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) => return Ok(Err(format!("{}: {e}", command.get_program().to_string_lossy()))),
        };
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::Training(
                "a contestant's process has no standard input or output; start it anew".into(),
            ));
        };
        let (sender, lines) = channel();
        thread::spawn(move || {
            // Results are lines of JSON; the libraries print other lines, which are skipped.
            let lines = BufReader::new(output).lines().map_while(std::io::Result::ok);
            lines.filter(|line| line.starts_with('{')).all(|line| sender.send(line).is_ok())
        });
        let ready = Ready { version: String::new(), parameters: 0 };
        let mut running = Self { child, input, lines, said, ready };
        Ok(running.hear(limit).map(|ready| {
            running.ready = ready;
            running
        }))
    }

    /// Has it take `steps` steps.
    pub fn round(&mut self, steps: usize, limit: Duration) -> Result<Round, String> {
        // If it has ended, what it said last is more use than that it can't be written to.
        let _ = writeln!(self.input, "{steps}").and_then(|()| self.input.flush());
        self.hear(limit)
    }

    fn hear<T: DeserializeOwned>(&mut self, limit: Duration) -> Result<T, String> {
        match self.lines.recv_timeout(limit) {
            Ok(line) => serde_json::from_str(&line).map_err(|e| format!("{e} in `{line}`")),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                Err(format!("not done after {} s", limit.as_secs()))
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
                let status = self.child.wait().map_err(|e| e.to_string())?;
                Err(reason(&self.said.text().map_err(|e| e.to_string())?, status))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
