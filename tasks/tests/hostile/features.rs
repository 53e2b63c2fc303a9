//! The cache of features: files that were damaged, and files whose header and checksums were made up to fit.

use std::{fs, path::PathBuf};

use proptest::{prelude::*, test_runner::TestCaseError};
use sha2::{Digest, Sha256};
use taskgraft_tasks::{
    Result,
    cache::{CacheKey, FeatureCache, Features, Origin},
    mixture::TextToTextSource,
    objectives::DrawKey,
};
use tempfile::TempDir;

use super::damage::{cases, damaged, reads};

const RECORDS: [[&[u32]; 2]; 3] = [[&[1, 2, 3], &[4]], [&[], &[5, 6]], [&[7], &[]]];

fn open(dir: &TempDir) -> Result<Features<2>> {
    FeatureCache::new(dir.path()).features(CacheKey::new("test"), "test", |writer| {
        RECORDS.iter().try_for_each(|record| writer.push(&record.map(<[u32]>::to_vec)))
    })
}

/// A cache with the file, and where it lies.
fn cache() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    open(&dir).unwrap();
    let paths = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let path = paths.into_iter().find(|path| path.extension().is_some_and(|e| e == "features"));
    (dir, path.unwrap())
}

fn sound() -> Vec<u8> {
    let (_dir, path) = cache();
    fs::read(path).unwrap()
}

/// Writes checksums that fit the rest of the file.
fn seal(file: &mut [u8]) {
    let (header, body) = file.split_at_mut(128);
    header[64..96].copy_from_slice(&Sha256::digest(Sha256::digest(body)));
    let digest = Sha256::digest(&header[..96]);
    header[96..].copy_from_slice(&digest);
}

fn is_read_or_made_anew(file: &[u8], dir: &TempDir, path: &PathBuf) -> Result<(), TestCaseError> {
    fs::write(path, file).unwrap();
    let features = reads("features", || open(dir))?;
    let features = features.expect("what is not as it was written is made anew");
    for record in 0..features.records() {
        reads("", || features.example(record, DrawKey::new(0, 0, 0)))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn damaged_files_are_made_anew(file in damaged(sound())) {
        let (dir, path) = cache();
        is_read_or_made_anew(&file, &dir, &path)?;
    }

    /// Numbers of the header, and where lists end, under checksums that fit.
    #[test]
    fn sealed_files_of_other_numbers_are_made_anew(
        number in prop_oneof![0u64..9, any::<u64>(), Just(u64::MAX / 4), Just(1 << 60)],
        place in 0usize..9,
    ) {
        let (dir, path) = cache();
        let mut file = fs::read(&path).unwrap();
        let at = if place < 3 { 40 + 8 * place } else { file.len() - 8 * (place - 2) };
        file[at..][..8].copy_from_slice(&number.to_le_bytes());
        seal(&mut file);
        is_read_or_made_anew(&file, &dir, &path)?;
    }
}

#[test]
fn a_file_whose_lists_end_before_they_begin_is_made_anew() {
    let (dir, path) = cache();
    let mut file = fs::read(&path).unwrap();
    let ends = file.len() - 6 * 8;
    file[ends..][..8].copy_from_slice(&6u64.to_le_bytes());
    seal(&mut file);
    fs::write(&path, file).unwrap();
    let features = open(&dir).unwrap();
    assert!(matches!(features.origin(), Origin::MadeAnew { .. }));
    assert_eq!(features.list(0, 0), [1, 2, 3]);
}

#[test]
fn a_header_whose_sizes_overflow_is_made_anew() {
    let (dir, path) = cache();
    let mut file = fs::read(&path).unwrap();
    file[40..48].copy_from_slice(&(1u64 << 60).to_le_bytes());
    file[56..64].copy_from_slice(&7u64.to_le_bytes());
    seal(&mut file);
    fs::write(&path, file).unwrap();
    assert!(matches!(open(&dir).unwrap().origin(), Origin::MadeAnew { .. }));
}
