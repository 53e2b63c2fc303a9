//! The layout of a file of features.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | magic |
//! | 8..40 | the key's digest |
//! | 40..48 | number of records |
//! | 48..56 | lists of a record |
//! | 56..64 | number of tokens |
//! | 64..96 | digest of the body |
//! | 96..128 | SHA-256 of the 96 bytes before |
//! | then | tokens, 4 bytes each, list after list |
//! | then | where each list ends, in tokens, 8 bytes each |
//!
//! All numbers are little-endian. The digest of the body is that of the digests of its parts of 1 MiB, so that it can
//! be computed in parallel.

use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// Raised whenever the layout changes.
pub(super) const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"TGFEAT\0\x01";

pub(super) const HEADER: usize = 128;
pub(super) const TOKEN: usize = 4;
pub(super) const END: usize = 8;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub key: [u8; 32],
    pub records: u64,
    pub lists: u64,
    pub tokens: u64,
    pub body: [u8; 32],
}

impl Header {
    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend(MAGIC);
        bytes.extend(self.key);
        for number in [self.records, self.lists, self.tokens] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.body);
        bytes.extend(Sha256::digest(&bytes));
        let mut header = [0; HEADER];
        header.copy_from_slice(&bytes);
        header
    }

    /// The header of a whole file, which is checked from end to end.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn check(file: &[u8], key: [u8; 32], lists: u64) -> Result<Self, &'static str> {
        let Some((header, body)) = file.split_at_checked(HEADER) else {
            return Err("it is shorter than its header");
        };
        let digest = |at: usize| {
            let mut digest = [0; 32];
            digest.copy_from_slice(&header[at..at + 32]);
            digest
        };
        let found = Header {
            key: digest(8),
            records: number(header, 40),
            lists: number(header, 48),
            tokens: number(header, 56),
            body: digest(64),
        };
        if found.to_bytes() != header {
            return Err("its header is damaged, or it is a file of another kind");
        }
        if found.key != key || found.lists != lists {
            return Err("it was made from other data or settings");
        }
        if found.size() != Some(body.len() as u64) {
            return Err("its length differs from what its header says");
        }
        if body_digest(body) != found.body {
            return Err("its contents have changed since it was written");
        }
        // A digest shows what happened to a file, not who wrote it: places are checked before they are believed.
        let mut ends =
            body[found.tokens as usize * TOKEN..].chunks_exact(END).map(|end| number(end, 0));
        match ends.clone().is_sorted() && ends.next_back().unwrap_or(0) == found.tokens {
            true => Ok(found),
            false => Err("its lists are out of order"),
        }
    }

    /// Bytes of the body; `None` where there are no such sizes.
    fn size(&self) -> Option<u64> {
        let ends = self.records.checked_mul(self.lists)?.checked_mul(END as u64)?;
        self.tokens.checked_mul(TOKEN as u64)?.checked_add(ends)
    }
}

/// The 8-byte number at a place.
pub(super) fn number(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

pub(super) fn body_digest(body: &[u8]) -> [u8; 32] {
    let parts: Vec<_> = body.par_chunks(1 << 20).map(Sha256::digest).collect();
    let mut whole = Sha256::new();
    parts.iter().for_each(|part| whole.update(part));
    whole.finalize().into()
}
