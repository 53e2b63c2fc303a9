//! Writes a file of features under a temporary name, and gives it its own once it is whole and on disk.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::Path,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use memmap2::Mmap;
use tempfile::NamedTempFile;

use super::format::{END, HEADER, Header, TOKEN, body_digest};
use crate::{Error, Result};

/// Records that are made, and then written, in one go.
const AT_ONCE: usize = 1 << 14;

/// Takes records in order.
pub struct FeatureWriter<const LISTS: usize> {
    file: BufWriter<NamedTempFile>,
    label: String,
    ends: Vec<u64>,
    tokens: u64,
}

impl<const LISTS: usize> FeatureWriter<LISTS> {
    /// A file in `dir` whose name starts with `name` and ends in `.part`; dropped, it is removed.
    pub(super) fn new(dir: &Path, name: &str, label: &str) -> Result<Self> {
        let part = tempfile::Builder::new()
            .prefix(&format!("{name}."))
            .suffix(".part")
            .tempfile_in(dir)
            .map_err(|e| Error::io(dir, e))?;
        let mut file = BufWriter::with_capacity(1 << 20, part);
        let start = file.write_all(&[0; HEADER]);
        let writer = FeatureWriter { file, label: label.into(), ends: Vec::new(), tokens: 0 };
        start.map_err(|e| writer.error(e))?;
        Ok(writer)
    }

    /// Adds a record.
    ///
    /// # Errors
    /// A disk that is full, or otherwise fails.
    pub fn push(&mut self, record: &[Vec<u32>; LISTS]) -> Result<()> {
        let mut bytes = Vec::with_capacity(TOKEN * record.iter().map(Vec::len).sum::<usize>());
        for list in record {
            list.iter().for_each(|token| bytes.extend(token.to_le_bytes()));
            self.tokens += list.len() as u64;
            self.ends.push(self.tokens);
        }
        self.file.write_all(&bytes).map_err(|e| self.error(e))
    }

    /// Adds the records that `make` makes of many items at a time, which it may do in parallel, with a progress bar
    /// where somebody looks.
    ///
    /// # Errors
    /// Those of `make`, and as [`push`](Self::push).
    pub fn push_all<T>(
        &mut self,
        items: &[T],
        make: impl Fn(&[T]) -> Result<Vec<[Vec<u32>; LISTS]>>,
    ) -> Result<()> {
        let bar =
            ProgressBar::with_draw_target(Some(items.len() as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(
            "{prefix:32} {bar:24} {pos:>9}/{len} {per_sec:>12} eta {eta:>4}",
        );
        // The template is a constant with names that indicatif knows; its default serves as well.
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(format!("tokenise {}", self.label));
        for some in items.chunks(AT_ONCE) {
            for record in make(some)? {
                self.push(&record)?;
            }
            bar.inc(some.len() as u64);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Ends the file and gives it its name.
    pub(super) fn finish(mut self, path: &Path, key: [u8; 32]) -> Result<()> {
        let ends = std::mem::take(&mut self.ends);
        let mut bytes = Vec::with_capacity(ends.len() * END);
        ends.iter().for_each(|end| bytes.extend(end.to_le_bytes()));
        let written = self.file.write_all(&bytes).and_then(|()| self.file.flush());
        written.map_err(|e| self.error(e))?;
        let header = |file: &File| -> io::Result<Header> {
            // SAFETY: nobody else knows the file's temporary name.
            let map = unsafe { Mmap::map(file) }?;
            Ok(Header {
                key,
                records: (ends.len() / LISTS) as u64,
                lists: LISTS as u64,
                tokens: self.tokens,
                body: body_digest(&map[HEADER..]),
            })
        };
        let seal = |part: &mut NamedTempFile| {
            let header = header(part.as_file())?;
            part.seek(SeekFrom::Start(0))?;
            part.write_all(&header.to_bytes())?;
            part.as_file().sync_all()
        };
        let mut part = self.file.into_inner().map_err(|e| Error::io(path, e.into_error()))?;
        seal(&mut part).map_err(|e| Error::io(part.path(), e))?;
        part.persist(path).map_err(|e| Error::io(path, e.error))?;
        // The new name is on disk only when its folder is; not every system has that to offer.
        if let Some(dir) = path.parent().and_then(|dir| File::open(dir).ok()) {
            let _ = dir.sync_all();
        }
        Ok(())
    }

    fn error(&self, error: io::Error) -> Error {
        Error::io(self.file.get_ref().path(), error)
    }
}
