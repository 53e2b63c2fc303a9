//! Checkpoint folders: damaged ones, and ones whose checksums were made up to fit.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use taskgraft::train::{CheckpointState, Checkpoints};
use tempfile::TempDir;

use super::{
    common::{Bench, tiny_config},
    damage::{cases, damaged, made_up, reads},
};

const CONFIG: &str = "of the test's config";
const FILES: [&str; 4] = ["model.bpk", "optimiser.bpk", "schedule.bpk", "state.json"];
const PIECES: &[&str] = &[
    "{",
    "}",
    "\"step\":2",
    "\"files\":{",
    "\"model.bpk\":\"\"",
    "\"best\":[",
    "null",
    "[",
    "]",
    ",",
    "\"../x\":\"\"",
    "NPRB",
    "\u{1}",
];

/// Files of a checkpoint at step 2.
fn sound() -> &'static Path {
    static FOLDER: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    &FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            Bench::new().train(&tiny_config(2), folder.path()).unwrap();
            let step = folder.path().join("checkpoints/step-2");
            (folder, step)
        })
        .1
}

/// A folder of checkpoints of which one file has other contents.
fn with(file: &str, contents: &[u8]) -> (TempDir, Checkpoints) {
    let folder = tempfile::tempdir().unwrap();
    let step = folder.path().join("step-2");
    fs::create_dir(&step).unwrap();
    for name in FILES {
        fs::copy(sound().join(name), step.join(name)).unwrap();
    }
    fs::write(step.join(file), contents).unwrap();
    let checkpoints = Checkpoints::open(folder.path()).unwrap();
    (folder, checkpoints)
}

/// Makes the checksum of a file fit.
fn seal(folder: &Path, file: &str) {
    let step = folder.join("step-2");
    let text = fs::read(step.join("state.json")).unwrap();
    let mut state: CheckpointState = serde_json::from_slice(&text).unwrap();
    let sum = Sha256::digest(fs::read(step.join(file)).unwrap());
    state.files.insert(file.into(), format!("{sum:x}"));
    fs::write(step.join("state.json"), serde_json::to_vec(&state).unwrap()).unwrap();
}

fn bytes_of(file: &str) -> Vec<u8> {
    fs::read(sound().join(file)).unwrap()
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn states(state in damaged(bytes_of("state.json")), other in made_up(PIECES)) {
        for contents in [state, other] {
            let (_folder, checkpoints) = with("state.json", &contents);
            let verified = reads("step-2", || checkpoints.verify(2))?;
            let last = reads("", || checkpoints.last(CONFIG, false))?;
            prop_assert!(last.is_some(), "a checkpoint that is not sound is passed over");
            prop_assert!(verified.is_none_or(|state| state.step == 2));
        }
    }

    #[test]
    fn parts_under_checksums_that_fit(
        parts in [damaged(bytes_of(FILES[0])), damaged(bytes_of(FILES[1])), damaged(bytes_of(FILES[2]))],
        other in made_up(PIECES),
    ) {
        for (file, contents) in FILES.iter().zip(parts).chain([(&FILES[0], other)]) {
            let (folder, checkpoints) = with(file, &contents);
            reads("step-2", || checkpoints.verify(2))?;
            seal(folder.path(), file);
            reads("step-2", || checkpoints.verify(2))?;
        }
    }
}

#[test]
fn a_checkpoint_under_the_name_of_another_step_is_passed_over() {
    let (folder, checkpoints) = with("state.json", &bytes_of("state.json"));
    assert_eq!(checkpoints.last(CONFIG, false).unwrap().map(|state| state.step), Some(2));
    fs::rename(folder.path().join("step-2"), folder.path().join("step-9")).unwrap();
    assert!(checkpoints.last(CONFIG, false).unwrap().is_none());
    assert!(checkpoints.verify(9).unwrap_err().to_string().contains("state.json is of step 2"));
}

#[test]
fn a_weight_that_was_altered_is_noticed_though_it_can_be_read() {
    let mut weights = bytes_of("model.bpk");
    *weights.last_mut().unwrap() ^= 1;
    let (_folder, checkpoints) = with("model.bpk", &weights);
    let error = checkpoints.verify(2).unwrap_err().to_string();
    assert!(error.contains("model.bpk was altered"), "{error}");
    assert!(checkpoints.last(CONFIG, false).unwrap().is_none());
}

#[test]
fn files_that_a_checkpoint_names_beside_its_own_are_not_opened() {
    let (folder, checkpoints) = with("state.json", &bytes_of("state.json"));
    let path = folder.path().join("step-2/state.json");
    let mut state: CheckpointState = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    // Were it opened, its sum would be wrong.
    fs::write(folder.path().join("secret"), "s").unwrap();
    state.files.insert("../secret".into(), "0".into());
    fs::write(&path, serde_json::to_vec(&state).unwrap()).unwrap();
    assert!(checkpoints.verify(2).is_ok());
}
