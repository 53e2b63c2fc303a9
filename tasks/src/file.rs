//! A published text file, plain or gzip, in memory together with the hash of what lies on disk.
//!
//! Decompression stops at limits, so that a hostile file cannot fill the memory: text is seldom packed to less than a
//! tenth, a bomb to a thousandth.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::{Error, Result, SourceFile};

/// Far above the largest file of the suites (MNLI's training set, 77 MB), and below 2^32 rows.
const MAX_BYTES: u64 = 1 << 30;

/// A file that unpacks to more than this may not be so many times larger than it is on disk.
const UNSUSPICIOUS: u64 = 16 << 20;
const MAX_RATIO: u64 = 200;

/// Bad lines that a message tells beside the first.
const LISTED: usize = 20;

/// In characters.
const LONGEST_PROBLEM: usize = 2_000;

pub(crate) struct DataFile {
    /// Contents without a byte order mark.
    pub text: String,
    pub source: SourceFile,
}

impl DataFile {
    /// Reads `path` itself, decompressed where its name ends in `.gz`.
    pub fn open(path: &Path) -> Result<Self> {
        DataFile::read(path, is_gz(path))
    }

    /// Reads `path`, or else `path` with `.gz` added; `None` where neither is there.
    pub fn find(path: &Path) -> Result<Option<Self>> {
        let compressed = with_gz(path);
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

    /// The lines with their numbers, from 1, without blank ones at the end: many editors and programs leave one there.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = match self.text.trim_end_matches(['\n', '\r', ' ']).len() {
            0 => 0,
            // The last line that is not blank goes on to its end, spaces and all.
            end => self.text[end..].find('\n').map_or(self.text.len(), |length| end + length + 1),
        };
        self.text[..end].lines().enumerate().map(|(i, line)| (i + 1, line))
    }

    /// An error at a line of this file; lines count from 1. What parsers quote of the file is cut short.
    pub fn error(&self, line: usize, problem: impl AsRef<str>) -> Error {
        let problem = cut(problem.as_ref(), LONGEST_PROBLEM);
        Error::Data { path: self.source.path.clone(), line, problem }
    }
}

/// What was read of each line, or the error of the first bad one, which tells the other bad lines: so that a file is
/// mended once.
///
/// # Errors
/// Exactly then; an error that is of no line ends the reading.
pub(crate) fn every_line<T>(rows: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut read, mut first, mut others) = (Vec::new(), None, Vec::new());
    for row in rows {
        match row {
            Ok(row) if first.is_none() => read.push(row),
            Ok(_) => {}
            Err(Error::Data { line, .. }) if first.is_some() => others.push(line),
            Err(error @ Error::Data { .. }) => first = Some(error),
            Err(error) => return Err(first.unwrap_or(error)),
        }
    }
    match first {
        None => Ok(read),
        Some(Error::Data { path, line, problem }) if !others.is_empty() => {
            let (count, more) = (others.len(), if others.len() > LISTED { ", …" } else { "" });
            let listed: Vec<String> = others.iter().take(LISTED).map(usize::to_string).collect();
            let problem = match count {
                1 => format!("{problem}; line {} has a problem, too", listed[0]),
                _ => format!(
                    "{problem}; {count} more lines have problems: {}{more}",
                    listed.join(", ")
                ),
            };
            Err(Error::Data { path, line, problem })
        }
        Some(error) => Err(error),
    }
}

fn with_gz(path: &Path) -> PathBuf {
    let mut compressed = OsString::from(path);
    compressed.push(".gz");
    compressed.into()
}

/// The file that a user named: `path` itself, or else `path` with `.gz` added.
///
/// # Errors
/// Neither is there.
pub(crate) fn locate(path: &Path) -> Result<PathBuf> {
    let compressed = with_gz(path);
    match [path, &compressed].into_iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.into()),
        None => {
            let problem = "no such file, nor with `.gz` added".into();
            Err(Error::File { path: path.into(), problem })
        }
    }
}

/// Whether a file is compressed, by its name.
pub(crate) fn is_gz(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

/// So many bytes of the beginning of a file, decompressed where its name ends in `.gz`.
pub(crate) fn head(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|error| Error::io(path, error))?;
    let mut bytes = Vec::new();
    let outcome = match is_gz(path) {
        true => MultiGzDecoder::new(file).take(most).read_to_end(&mut bytes),
        false => file.take(most).read_to_end(&mut bytes),
    };
    outcome.map(|_| bytes).map_err(|error| Error::io(path, error))
}

/// The most that a file of so many bytes may unpack to, whatever packs it.
pub(crate) fn most_unpacked(on_disk: u64) -> u64 {
    on_disk.saturating_mul(MAX_RATIO).clamp(UNSUSPICIOUS, MAX_BYTES)
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
    let most = most_unpacked(on_disk.len() as u64);
    let mut bytes = Vec::new();
    let outcome = MultiGzDecoder::new(on_disk).take(most + 1).read_to_end(&mut bytes);
    let problem = match outcome {
        Ok(_) if bytes.len() as u64 <= most => return Ok(bytes),
        Ok(_) => format!(
            "holds more than {most} bytes when decompressed, the most that is read of a file of {} bytes; decompress \
             it yourself if it is what you think",
            on_disk.len()
        ),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "gzip data end too early: the file seems truncated; fetch or copy it again".into()
        }
        Err(error) => format!("not a sound gzip file ({error}); fetch or copy it again"),
    };
    Err(Error::File { path: path.into(), problem })
}

/// Whether `path` is there, or `path` with `.gz` added.
pub(crate) fn is_there(path: &Path) -> bool {
    let mut compressed = OsString::from(path);
    compressed.push(".gz");
    path.exists() || Path::new(&compressed).exists()
}

/// The first of some names, few enough for a message.
pub(crate) fn some_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 24;
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names.by_ref().take(SHOWN).map(abridged).collect();
    shown.extend(names.next().map(|_| "…".into()));
    shown.join(", ")
}

/// The start of a text, short enough for a message.
pub(crate) fn abridged(text: &str) -> String {
    cut(text, 80)
}

/// So many characters of a text at most.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, String)> {
        let source = SourceFile { path: "f".into(), bytes: 0, sha256: String::new() };
        let file = DataFile::of_bytes(text.as_bytes().to_vec(), source).unwrap();
        file.lines().map(|(number, line)| (number, line.to_owned())).collect()
    }

    #[test]
    fn blank_lines_at_the_end_are_no_lines() {
        let expected = [(1, "a".to_owned()), (2, String::new()), (3, "b\t ".to_owned())];
        for end in ["", "\n", "\r\n", "\n\n", "\n \n\r\n"] {
            assert_eq!(lines(&format!("a\n\nb\t {end}")), expected, "{end:?}");
        }
        for blank in ["", "\n", " ", " \n \n"] {
            assert_eq!(lines(blank), [], "{blank:?}");
        }
        assert_eq!(lines("\t\n"), [(1, "\t".to_owned())], "tabs part columns");
    }
}
