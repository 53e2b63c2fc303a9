//! Measurements as JSON lines, one object a line.
//!
//! A process that dies while writing leaves a last line without its end; readers ignore that line
//! and a writer that resumes cuts it off. A resumed run also cuts off what was measured after its
//! checkpoint, so that no step is on record twice.

use super::{EventError, Measurement};
use crate::files::temporary_in;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Appends measurements to a file.
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    file: BufWriter<File>,
}

impl JsonLines {
    /// Starts a new file, replacing an old one.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, EventError> {
        let path = path.into();
        let file = File::create(&path).map_err(io_error(&path))?;
        Ok(Self::on(path, file))
    }

    /// Continues a file after `last_step`: later lines and a torn last line are removed first.
    pub fn resume(path: impl Into<PathBuf>, last_step: u64) -> Result<Self, EventError> {
        let path = path.into();
        if !path.exists() {
            return Self::create(path);
        }
        let kept = read_json_lines_until(&path, last_step)?;
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let rewritten = temporary_in(folder).map_err(io_error(&path))?;
        let mut lines = Self::on(path.clone(), rewritten.reopen().map_err(io_error(&path))?);
        lines.append(&kept)?;
        lines.flush()?;
        rewritten.persist(&path).map_err(|e| io_error(&path)(e.error))?;
        let file = OpenOptions::new().append(true).open(&path);
        Ok(Self::on(path.clone(), file.map_err(io_error(&path))?))
    }

    /// Appends measurements; they reach the file at the next [`flush`](Self::flush) at the latest.
    pub fn append(&mut self, measurements: &[Measurement]) -> Result<(), EventError> {
        for measurement in measurements {
            serde_json::to_writer(&mut self.file, measurement)
                .map_err(std::io::Error::from)
                .and_then(|()| self.file.write_all(b"\n"))
                .map_err(io_error(&self.path))?;
        }
        Ok(())
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> Result<(), EventError> {
        self.file.flush().map_err(io_error(&self.path))
    }

    fn on(path: PathBuf, file: File) -> Self {
        Self { path, file: BufWriter::new(file) }
    }
}

/// Reads all measurements of a file; a torn last line is left out.
pub fn read_json_lines(path: &Path) -> Result<Vec<Measurement>, EventError> {
    let bytes = fs::read(path).map_err(io_error(path))?;
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end);
    bytes[..whole]
        .split(|b| *b == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|source| EventError::Malformed {
                path: path.to_owned(),
                line: index + 1,
                source,
            })
        })
        .collect()
}

/// Reads the measurements of a file up to and including `last_step`.
pub fn read_json_lines_until(path: &Path, last_step: u64) -> Result<Vec<Measurement>, EventError> {
    let mut measurements = read_json_lines(path)?;
    measurements.retain(|m| m.step <= last_step);
    Ok(measurements)
}

fn io_error(path: &Path) -> impl Fn(std::io::Error) -> EventError {
    let path = path.to_owned();
    move |source| EventError::Io { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(step: u64, value: f64) -> Measurement {
        Measurement {
            step,
            split: "dev".into(),
            task: (step > 1).then(|| "rte".into()),
            name: "accuracy".into(),
            value,
        }
    }

    #[test]
    fn measurements_read_back_as_written_with_infinities() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let written = [measured(1, 0.1), measured(2, f64::NEG_INFINITY)];
        let mut lines = JsonLines::create(&path).unwrap();
        lines.append(&written).unwrap();
        lines.append(&[measured(3, f64::NAN)]).unwrap();
        lines.flush().unwrap();
        let read = read_json_lines(&path).unwrap();
        assert_eq!(read[..2], written);
        assert!(read[2].value.is_nan());
    }

    #[test]
    fn a_torn_last_line_is_left_out_and_a_broken_earlier_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let whole = serde_json::to_string(&measured(1, 0.5)).unwrap();
        fs::write(&path, format!("{whole}\n{}", &whole[..20])).unwrap();
        assert_eq!(read_json_lines(&path).unwrap(), [measured(1, 0.5)]);
        fs::write(&path, format!("{whole}\n{}\n{whole}\n", &whole[..20])).unwrap();
        let error = read_json_lines(&path).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        fs::write(&path, &whole[..20]).unwrap();
        assert!(read_json_lines(&path).unwrap().is_empty());
    }

    #[test]
    fn a_resumed_file_holds_no_step_after_the_checkpoint_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut lines = JsonLines::create(&path).unwrap();
        lines.append(&[1, 2, 3, 4].map(|s| measured(s, 0.1))).unwrap();
        drop(lines);
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"{\"step\": 5, \"sp").unwrap();
        let mut lines = JsonLines::resume(&path, 2).unwrap();
        lines.append(&[measured(3, 0.2)]).unwrap();
        lines.flush().unwrap();
        let expected = [measured(1, 0.1), measured(2, 0.1), measured(3, 0.2)];
        assert_eq!(read_json_lines(&path).unwrap(), expected);
    }
}
