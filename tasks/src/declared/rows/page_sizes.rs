//! A Parquet file in memory that refuses pages which claim to unpack to far more than the file is large.
//!
//! The parquet crate makes room for as many bytes as a page's header says, up to 2 GiB, before it unpacks. A header
//! begins with three numbers in Thrift's compact protocol: the kind of page, its size unpacked, and its size. Each is
//! read from its own place in the file, so that this reader sees where headers begin.

use bytes::{Buf, Bytes, buf::Reader};
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};

/// The length of a file and its magic number, which are read in the way that headers are.
const TAIL: u64 = 8;

/// A 32-bit integer that is the field after the one before.
const NEXT_I32: u8 = 0x15;

pub(super) struct Limited {
    pub file: Bytes,
    /// The most that a page may unpack to.
    pub most: u64,
}

impl Length for Limited {
    fn len(&self) -> u64 {
        self.file.len() as u64
    }
}

impl ChunkReader for Limited {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let rest = self.file.get_read(start)?.into_inner();
        if start + TAIL != self.len() {
            let size =
                unpacked(&rest).ok_or_else(|| problem("a page's header is damaged".into()))?;
            if size > self.most {
                return Err(problem(format!(
                    "a page claims to unpack to {size} bytes; {} is the most that is read of a file of this size",
                    self.most
                )));
            }
        }
        Ok(rest.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let end = usize::try_from(start).ok().and_then(|start| start.checked_add(length));
        match end {
            Some(end) if end <= self.file.len() => self.file.get_bytes(start, length),
            _ => Err(problem("it ends too early".into())),
        }
    }
}

fn problem(problem: String) -> ParquetError {
    ParquetError::General(problem)
}

/// The size that a page's header says; `None` where there is no such header.
fn unpacked(header: &[u8]) -> Option<u64> {
    let mut bytes = header.iter().copied();
    let mut number = || -> Option<u64> {
        let mut value = 0_u64;
        if bytes.next()? != NEXT_I32 {
            return None;
        }
        for shift in (0..35).step_by(7) {
            let byte = bytes.next()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    };
    number()?;
    // Zigzag: even numbers stand for halves of them, odd ones for what is negative and refused by the crate.
    Some(number()? >> 1)
}
