//! SHA-256 digests of files and of settings, in lower-case hexadecimal.
//!
//! Settings are hashed as JSON with sorted keys and no white space, so that the digest depends on
//! what the settings say and not on the order of fields or on how the file is laid out. Settings
//! [without effect](WITHOUT_EFFECT) on results are left out: they may change between a stop and
//! going on.

use super::error::RunDirError;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io;
use std::path::Path;

/// Settings that change how a run is computed or what is kept of it, and no result.
pub const WITHOUT_EFFECT: [&str; 4] =
    ["loader_threads", "checkpoint_every", "checkpoint_steps", "keep_checkpoints"];

/// SHA-256 of a file, read as a stream.
pub fn sha256_file(path: &Path) -> Result<String, RunDirError> {
    let mut hasher = Sha256::new();
    File::open(path)
        .and_then(|mut file| io::copy(&mut file, &mut hasher))
        .map_err(|source| RunDirError::Read { path: path.to_owned(), source })?;
    Ok(hex(&hasher.finalize()))
}

/// SHA-256 of bytes.
pub fn sha256_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Digest of settings; equal settings give equal digests, and so do those that differ only in what has no effect.
pub fn config_digest<C: Serialize>(config: &C) -> Result<String, RunDirError> {
    let value = serde_json::to_value(config)
        .map_err(|source| RunDirError::Serialize { what: "the settings", source })?;
    let mut text = String::new();
    write_canonical(&value, &mut text);
    Ok(sha256_bytes(text.as_bytes()))
}

/// Compact JSON with sorted keys, whichever map type serde_json was built with.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let bears = |(key, _): &(&String, &Value)| !WITHOUT_EFFECT.contains(&key.as_str());
            let mut entries: Vec<_> = map.iter().filter(bears).collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_has_the_published_digest_of_its_bytes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_file(file.path()).unwrap(), abc);
        assert_eq!(sha256_bytes(b"abc"), abc);
        let error = sha256_file(Path::new("no-such-file")).unwrap_err();
        assert!(error.to_string().contains("no-such-file"));
    }

    #[test]
    fn the_digest_of_settings_ignores_field_order_and_what_bears_on_no_result() {
        #[derive(Serialize)]
        struct Reordered {
            steps: u32,
            method: &'static str,
        }
        let value = json!({"method": "bam", "steps": 10});
        let reordered = Reordered { steps: 10, method: "bam" };
        let digest = config_digest(&value).unwrap();
        assert_eq!(digest, config_digest(&reordered).unwrap());
        let changed = json!({"method": "bam", "steps": 11});
        assert_ne!(digest, config_digest(&changed).unwrap());
        let nested = |threads: u32| json!({"train": {"steps": 10, "loader_threads": threads}});
        assert_eq!(config_digest(&nested(1)).unwrap(), config_digest(&nested(8)).unwrap());
    }
}
