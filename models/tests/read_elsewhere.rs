//! What transformers computes from the project's exports, and what it calls their labels.
//!
//! `fixtures/exports/` holds the answers of transformers' own classes to the files that these networks are written as;
//! `benches/pytorch/read_exports.py` made them, and says how. A file that is the same byte for byte has these answers.
//! Where `EXPORTS_DIR` is set, the exports are kept there for that script; where `EXPORTS_PYTHON` names a Python with
//! torch and transformers, it is run on them here.

mod exports_support;

use std::path::{Path, PathBuf};

use exports_support::{exports, outputs};
use serde_json::{Value, json};
use taskgraft_models::hugging_face::{HeadDescription, save_model};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exports")
}

fn json_of(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

fn write_all(to: &Path) {
    for export in exports() {
        save_model(&export.model, &export.description, &to.join(&export.name)).unwrap();
    }
}

/// FNV-1a of 64 bits: tells files apart that differ by accident.
fn checksum(bytes: &[u8]) -> String {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

#[test]
fn exports_are_the_files_that_transformers_answered_and_its_answers_are_ours() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    for export in exports() {
        let name = &export.name;
        let expected = json_of(&fixtures().join(format!("{name}.json")));
        let weights = std::fs::read(folder.path().join(name).join("model.safetensors")).unwrap();
        assert_eq!(json!(checksum(&weights)), expected["checksum"], "{name}: the file is another");
        let config = json_of(&folder.path().join(name).join("config.json"));
        assert_eq!(config, expected["config"], "{name}: the configuration is another");

        let ours = outputs(&export.model).into_iter().map(|value| match export.description {
            HeadDescription::Score { min, max } => (min + (max - min) * f64::from(value)) as f32,
            _ => value,
        });
        let theirs: Vec<f64> =
            expected["logits"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        assert_eq!(ours.len(), theirs.len(), "{name}");
        let largest = theirs.iter().fold(0.0f64, |largest, v| largest.max(v.abs()));
        for (ours, theirs) in ours.zip(theirs) {
            assert!((f64::from(ours) - theirs).abs() <= 1e-5 * largest, "{name}: {ours} {theirs}");
        }
        if let HeadDescription::Labels(labels) = &export.description {
            assert_eq!(expected["labels"], json!(labels), "{name}");
        }
        assert_eq!(expected["missing"], json!([]), "{name}");
        // The class that reads T5's encoder alone leaves the decoder; all others take all there is.
        let left = expected["unexpected"].as_array().unwrap();
        let is_decoders = |name: &Value| name.as_str().unwrap().contains("decoder.");
        let is_output = |name: &Value| name.as_str().unwrap().ends_with("lm_head.weight");
        assert!(left.iter().all(|name| is_decoders(name) || is_output(name)), "{name}: {left:?}");
        assert!(left.is_empty() || name.starts_with("t5"), "{name}: {left:?}");
    }
}

#[test]
fn transformers_answers_as_it_did_where_it_is_installed() {
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("EXPORTS_DIR").map(PathBuf::from);
    let to = kept.as_deref().unwrap_or(temporary.path());
    write_all(to);
    let Some(python) = std::env::var_os("EXPORTS_PYTHON") else {
        eprintln!("skipped: EXPORTS_PYTHON names no Python with torch and transformers");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/pytorch/read_exports.py");
    let run = std::process::Command::new(python)
        .arg(script)
        .args([to, &fixtures()])
        .arg("--check")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
