//! A published text file, plain or gzip, in memory together with the hash of what lies on disk.
//!
//! Decompression stops at a limit, so that a hostile file cannot fill the memory.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::{Error, Result, SourceFile};

/// Far above the largest file of the suites (MNLI's training set, 77 MB), and below 2^32 rows.
const MAX_BYTES: u64 = 1 << 30;

pub(crate) struct DataFile {
    /// Contents without a byte order mark.
    pub text: String,
    pub source: SourceFile,
}

impl DataFile {
    /// Reads `path`, or else `path` with `.gz` added; `None` where neither is there.
    pub fn find(path: &Path) -> Result<Option<Self>> {
        let mut compressed = OsString::from(path);
        compressed.push(".gz");
        let compressed = PathBuf::from(compressed);
        if path.exists() {
            DataFile::read(path, false).map(Some)
        } else if compressed.exists() {
            DataFile::read(&compressed, true).map(Some)
        } else {
            Ok(None)
        }
    }

    fn read(path: &Path, compressed: bool) -> Result<Self> {
        let (bytes, source) = read_bytes(path, compressed)?;
        DataFile::of_bytes(bytes, source)
    }

    /// The text in these bytes, without a byte order mark.
    pub fn of_bytes(bytes: Vec<u8>, source: SourceFile) -> Result<Self> {
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|&&b| b == b'\n').count();
            Error::Data {
                path: source.path.clone(),
                line,
                problem: "not UTF-8; expected UTF-8 text".into(),
            }
        })?;
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        Ok(DataFile { text, source })
    }

    /// An error at a line of this file; lines count from 1.
    pub fn error(&self, line: usize, problem: impl Into<String>) -> Error {
        Error::Data { path: self.source.path.clone(), line, problem: problem.into() }
    }
}

/// The contents of a file, decompressed if asked for, with the hash of what lies on disk.
pub(crate) fn read_bytes(path: &Path, compressed: bool) -> Result<(Vec<u8>, SourceFile)> {
    let on_disk = fs::read(path).map_err(|source| Error::io(path, source))?;
    let source = SourceFile {
        path: path.into(),
        bytes: on_disk.len() as u64,
        sha256: format!("{:x}", Sha256::digest(&on_disk)),
    };
    let bytes = if compressed { decompress(path, &on_disk)? } else { on_disk };
    Ok((bytes, source))
}

fn decompress(path: &Path, on_disk: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let outcome = MultiGzDecoder::new(on_disk).take(MAX_BYTES + 1).read_to_end(&mut bytes);
    let problem = match outcome {
        Ok(_) if bytes.len() as u64 <= MAX_BYTES => return Ok(bytes),
        Ok(_) => {
            format!("holds more than {MAX_BYTES} bytes when decompressed, the most that is read")
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "gzip data end too early: the file seems truncated; fetch or copy it again".into()
        }
        Err(error) => format!("not a sound gzip file ({error}); fetch or copy it again"),
    };
    Err(Error::File { path: path.into(), problem })
}

/// The start of a text, short enough for a message.
pub(crate) fn abridged(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}
