//! The tensors of one checkpoint, mapped from disk: one `model.safetensors`, or the shards that an
//! index names. Headers are checked against the files' sizes on opening; values are read, and
//! widened to f32, when asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use burn::tensor::f16;
use memmap2::Mmap;
use safetensors::tensor::{Dtype, SafeTensors};
use serde::Deserialize;

use super::folder;
use crate::{Error, Result};

/// An opened checkpoint.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    shards: Vec<Mmap>,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    shard: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    range: std::ops::Range<usize>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Opens the checkpoint in `directory`.
    ///
    /// # Errors
    /// Where there is none, or a file is truncated or has a corrupt header.
    pub fn open(directory: &Path) -> Result<Self> {
        let whole = directory.join("model.safetensors");
        let index = directory.join("model.safetensors.index.json");
        if !whole.exists() && !index.exists() {
            let problem = folder::without_weights(directory);
            return Err(Error::Checkpoint { path: whole, problem });
        }
        if whole.exists() {
            return Self::open_file(&whole);
        }
        let text = std::fs::read_to_string(&index).map_err(|e| Error::io(&index, e))?;
        if let Some(problem) = folder::in_place_of_a_file(text.as_bytes()) {
            return Err(Error::Checkpoint { path: index, problem });
        }
        let parsed: Index = serde_json::from_str(&text).map_err(|e| Error::Checkpoint {
            path: index.clone(),
            problem: format!("not an index of shards: {e}"),
        })?;
        let shards: BTreeSet<_> = parsed.weight_map.into_values().collect();
        // A shard is a file beside its index: nobody's index opens files elsewhere.
        let is_elsewhere = |file: &&String| {
            let path = Path::new(file);
            path.file_name() != Some(path.as_os_str()) || path.is_absolute()
        };
        if let Some(file) = shards.iter().find(is_elsewhere) {
            let problem =
                format!("names the shard `{}`; expected a file in its folder", file.escape_debug());
            return Err(Error::Checkpoint { path: index, problem });
        }
        let mut checkpoint = Self::empty(index);
        for file in &shards {
            checkpoint.add(&directory.join(file))?;
        }
        Ok(checkpoint)
    }

    /// Opens one safetensors file.
    pub fn open_file(path: &Path) -> Result<Self> {
        let mut checkpoint = Self::empty(path.to_owned());
        checkpoint.add(path)?;
        Ok(checkpoint)
    }

    fn empty(path: PathBuf) -> Self {
        Self { path, shards: Vec::new(), entries: BTreeMap::new() }
    }

    fn add(&mut self, path: &Path) -> Result<()> {
        let corrupt = |problem: String| Error::Checkpoint { path: path.to_owned(), problem };
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        // SAFETY: the map is read-only; as with any mapped checkpoint, the file must not be
        // truncated by another process while it is open.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(path, e))?;
        let parsed = SafeTensors::deserialize(&map).map_err(|e| {
            let size = map.len();
            corrupt(
                folder::in_place_of_a_file(&map)
                    .unwrap_or_else(|| format!("not a whole safetensors file ({size} bytes): {e}")),
            )
        })?;
        let shard = self.shards.len();
        for (name, view) in parsed.iter() {
            let start = view.data().as_ptr() as usize - map.as_ptr() as usize;
            let entry = Entry {
                shard,
                dtype: view.dtype(),
                shape: view.shape().to_vec(),
                range: start..start + view.data().len(),
            };
            if self.entries.insert(name.to_owned(), entry).is_some() {
                return Err(corrupt(format!(
                    "`{name}` is in two shards; each tensor must be in one"
                )));
            }
        }
        self.shards.push(map);
        Ok(())
    }

    /// Refuses a configuration of a network of `parameters` numbers or more where the files hold nowhere near as many,
    /// before room is made for them. Networks that miss some tensors pass; they are told which.
    ///
    /// # Errors
    /// Exactly then.
    pub(super) fn check_holds(&self, parameters: u64) -> Result<()> {
        const SMALL: u64 = 1 << 20;
        let held: u64 = self.entries.values().map(|e| e.range.len() as u64).sum();
        // No type of float has fewer than 2 bytes.
        if parameters <= SMALL.max(2 * held) {
            return Ok(());
        }
        Err(Error::Checkpoint {
            path: self.path.clone(),
            problem: format!(
                "holds {held} bytes, but config.json describes a network of at least {parameters} parameters; fetch \
                 both files again"
            ),
        })
    }

    /// The file, or the index of the shards.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All names in the files, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| entry.shape.as_slice())
    }

    /// The name of the tensor's type in the file.
    pub fn type_name(&self, name: &str) -> Option<String> {
        let entry = self.entries.get(name)?;
        Some(format!("{:?}", entry.dtype))
    }

    /// The values of a float tensor, widened to f32; `None` if absent or not F32, F16 or BF16.
    pub fn floats(&self, name: &str) -> Option<Vec<f32>> {
        let entry = self.entries.get(name)?;
        let bytes = self.bytes(entry);
        let narrow = |c: &[u8]| [c[0], c[1]];
        Some(match entry.dtype {
            Dtype::F32 => bytes
                .chunks_exact(4)
                .map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]]))
                .collect(),
            Dtype::F16 => {
                bytes.chunks_exact(2).map(|c| f16::from_le_bytes(narrow(c)).to_f32()).collect()
            }
            Dtype::BF16 => bytes
                .chunks_exact(2)
                .map(|c| f32::from_bits(u32::from(u16::from_le_bytes(narrow(c))) << 16))
                .collect(),
            _ => return None,
        })
    }

    /// The values of an I64 tensor; `None` if absent or of another type.
    pub fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let entry = self.entries.get(name)?;
        let values = self
            .bytes(entry)
            .chunks_exact(8)
            .map(|c| i64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]]));
        (entry.dtype == Dtype::I64).then(|| values.collect())
    }

    fn bytes(&self, entry: &Entry) -> &[u8] {
        &self.shards[entry.shard][entry.range.clone()]
    }
}
