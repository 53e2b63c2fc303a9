//! Every reader of foreign files of this crate, with files that were damaged and files that were made up.

#[path = "../../../tests/damage/mod.rs"]
mod damage;

mod declared;
mod features;
mod found;
mod scores;
mod suites;
mod tokenizers;

use std::{fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

/// A folder of files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    files.iter().for_each(|(path, contents)| write(dir.path(), path, contents));
    dir
}

fn write(dir: &Path, path: &str, contents: &[u8]) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

fn gzip(contents: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}
