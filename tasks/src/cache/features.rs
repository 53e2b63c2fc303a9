//! A file of features, memory-mapped: lists of tokens by record, read where they lie.

use std::{fs::File, io, ops::Range, path::Path};

use memmap2::Mmap;

use super::format::{END, HEADER, Header, TOKEN, number};
use crate::{
    Error, Result,
    mixture::TextToTextSource,
    objectives::{Documents, DrawKey, Lengths, TextToText},
};

/// Where features came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// They were in the cache, whole.
    Found,
    /// They were not in the cache.
    Made,
    /// They were in the cache, but not as they were written.
    MadeAnew {
        /// What was wrong with the file.
        problem: &'static str,
    },
}

/// Records of `LISTS` lists of tokens each. Two lists are inputs and targets of a [`TextToTextSource`], one list the
/// tokens of [`Documents`].
#[derive(Debug)]
pub struct Features<const LISTS: usize> {
    map: Mmap,
    header: Header,
    origin: Origin,
}

/// What opening a file comes to.
pub(super) enum Opened<const LISTS: usize> {
    Whole(Features<LISTS>),
    Missing,
    Damaged(&'static str),
}

impl<const LISTS: usize> Features<LISTS> {
    pub(super) fn open(path: &Path, key: [u8; 32]) -> Result<Opened<LISTS>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Opened::Missing),
            Err(error) => return Err(Error::io(path, error)),
        };
        if file.metadata().map_err(|e| Error::io(path, e))?.len() == 0 {
            return Ok(Opened::Damaged("empty"));
        }
        // SAFETY: files are written under other names and renamed, and never changed afterwards; one that is replaced
        // stays as it is for those who have mapped it. Tokens are read by value, so any bytes are valid ones.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(path, e))?;
        Ok(match Header::check(&map, key, LISTS as u64) {
            Ok(header) => Opened::Whole(Features { map, header, origin: Origin::Found }),
            Err(problem) => Opened::Damaged(problem),
        })
    }

    pub(super) fn with_origin(self, origin: Origin) -> Self {
        Features { origin, ..self }
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.header.records as usize
    }

    /// Number of tokens of all lists.
    pub fn tokens(&self) -> u64 {
        self.header.tokens
    }

    /// Whether they were found in the cache.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where the tokens of a list lie among all.
    ///
    /// # Panics
    /// If there is no such record or list.
    fn range(&self, record: usize, list: usize) -> Range<usize> {
        assert!(record < self.records() && list < LISTS, "list {list} of record {record}");
        let ends = HEADER + self.header.tokens as usize * TOKEN;
        let end = |at: usize| number(&self.map, ends + at * END) as usize;
        let at = record * LISTS + list;
        let start = if at == 0 { 0 } else { end(at - 1) };
        start..end(at)
    }

    /// Tokens in a list.
    ///
    /// # Panics
    /// If there is no such record or list.
    pub fn length(&self, record: usize, list: usize) -> usize {
        self.range(record, list).len()
    }

    /// The tokens of a list.
    ///
    /// # Panics
    /// If there is no such record or list.
    pub fn list(&self, record: usize, list: usize) -> Vec<u32> {
        self.read(self.range(record, list))
    }

    fn read(&self, range: Range<usize>) -> Vec<u32> {
        let bytes = &self.map[HEADER + range.start * TOKEN..HEADER + range.end * TOKEN];
        let token = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        bytes.chunks_exact(TOKEN).map(token).collect()
    }
}

impl TextToTextSource for Features<2> {
    fn count(&self) -> usize {
        self.records()
    }

    fn lengths(&self, example: usize) -> Lengths {
        Lengths { inputs: self.length(example, 0), targets: self.length(example, 1) }
    }

    fn example(&self, example: usize, _key: DrawKey) -> Result<TextToText> {
        Ok(TextToText { inputs: self.list(example, 0), targets: self.list(example, 1) })
    }
}

impl Documents for Features<1> {
    fn count(&self) -> usize {
        self.records()
    }

    fn length(&self, document: usize) -> usize {
        Features::length(self, document, 0)
    }

    fn tokens(&self, document: usize, range: Range<usize>) -> Vec<u32> {
        let whole = self.range(document, 0);
        assert!(range.end <= whole.len(), "tokens {range:?} of a document of {}", whole.len());
        self.read(whole.start + range.start..whole.start + range.end)
    }
}
