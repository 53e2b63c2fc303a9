//! A crate outside this repository with tasks, a weighting, a method, an observer and a report section of its own is
//! built and run, as a user would: their names are in the table, their options in the digest, finished stages are used
//! again.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const MAIN: &str = include_str!("outside/program.rs");

/// A package beside this repository that depends on it by path. Profiles and lock file are this workspace's, so that
/// what is compiled here need not be compiled again.
fn package(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let profiles = &manifest[manifest.find("# The dev profile").unwrap()..];
    let features: Vec<&str> =
        [("cpu", cfg!(feature = "cpu")), ("ndarray", cfg!(feature = "ndarray"))]
            .into_iter()
            .filter_map(|(name, is_on)| is_on.then_some(name))
            .collect();
    let text = format!(
        "[package]\nname = \"outside\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         taskgraft = {{ path = {root:?}, default-features = false, features = {features:?} }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n\n[workspace]\n\n{profiles}"
    );
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), text).unwrap();
    fs::write(folder.join("src/main.rs"), MAIN).unwrap();
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

/// The workspace's folder of builds: this program lies in `PROFILE/deps` of it.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_path_buf()
}

fn run(folder: &Path, out: &Path, power: &str) -> Output {
    Command::new(env!("CARGO"))
        .args(["run", "--offline", "--quiet", "--", "--plain", "--out"])
        .arg(out)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target())
        .env("POWER", power)
        .output()
        .unwrap()
}

#[test]
fn what_a_user_brings_works_as_what_is_built_in() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    let out = folder.path().join("runs");
    let first = run(folder.path(), &out, "2");
    let (screen, errors) =
        (String::from_utf8_lossy(&first.stdout), String::from_utf8_lossy(&first.stderr));
    assert!(first.status.success(), "{errors}");
    for part in ["Power of loss", "In turn", "red", "blue", "24 steps were looked at"] {
        assert!(screen.contains(part), "`{part}` is not in: {screen}");
    }
    let again = run(folder.path(), &out, "2");
    assert_eq!(String::from_utf8_lossy(&again.stdout).matches("used again").count(), 4);
    // Another option is another stage; all else stays.
    let other = run(folder.path(), &out, "3");
    assert_eq!(String::from_utf8_lossy(&other.stdout).matches("used again").count(), 3);
    let stages = fs::read_dir(out.join("power-of-loss/seed-0")).unwrap().count();
    assert_eq!(stages, 2);
}
