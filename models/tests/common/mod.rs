//! Where the reference cases are, and copies of them to spoil.
#![allow(dead_code)] // each test binary uses a part

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize_to_file};
use tempfile::TempDir;

pub fn device() -> Device {
    Device::default()
}

/// `$GOLDEN_DIR/models` where the variable is set, else the project's own copy.
pub fn cases() -> Vec<PathBuf> {
    cases_of(&["bert", "roberta"])
}

/// As [`cases`], of these architectures.
pub fn cases_of(architectures: &[&str]) -> Vec<PathBuf> {
    let root = match std::env::var_os("GOLDEN_DIR") {
        Some(directory) => PathBuf::from(directory).join("models"),
        None => own(),
    };
    let entries = std::fs::read_dir(&root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut cases: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            architectures.iter().any(|architecture| name.starts_with(architecture))
        })
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases in {}", root.display());
    cases
}

fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models")
}

/// One of the project's own cases.
pub fn case(name: &str) -> PathBuf {
    own().join(name)
}

/// The files of a case in a directory of its own.
pub fn copy(case: &Path) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(case).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, directory.path().join(path.file_name().unwrap())).unwrap();
    }
    directory
}

/// A tensor of a checkpoint, to be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Stored {
    pub fn floats(shape: &[usize], values: &[f32]) -> Self {
        Self {
            dtype: Dtype::F32,
            shape: shape.to_vec(),
            bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }

    pub fn values(&self) -> Vec<f32> {
        let chunks = self.bytes.chunks_exact(4);
        chunks.map(|c| f32::from_le_bytes(c.try_into().unwrap())).collect()
    }
}

pub fn read(directory: &Path) -> HashMap<String, Stored> {
    read_file(&directory.join("model.safetensors"))
}

pub fn read_file(path: &Path) -> HashMap<String, Stored> {
    let bytes = std::fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let stored = |view: TensorView| Stored {
        dtype: view.dtype(),
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    let named = tensors.iter();
    named.map(|(name, view)| (name.to_owned(), stored(view))).collect()
}

pub fn write(directory: &Path, tensors: &HashMap<String, Stored>) {
    write_file(&directory.join("model.safetensors"), tensors);
}

pub fn write_file(path: &Path, tensors: &HashMap<String, Stored>) {
    let views = tensors.iter().map(|(name, t)| {
        let view = TensorView::new(t.dtype, t.shape.clone(), &t.bytes).unwrap();
        (name.as_str(), view)
    });
    serialize_to_file(views, None, path).unwrap();
}
