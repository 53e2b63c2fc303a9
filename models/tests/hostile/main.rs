//! Checkpoints of others, damaged and made up: configurations, headers, indices of shards, values.

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../tests/damage/mod.rs"]
mod damage;

use std::{fs, path::Path};

use common::{Stored, case, copy, device, read, write};
use damage::{Bytes, cases, damaged, made_up, reads};
use proptest::{prelude::*, test_runner::TestCaseError};
use taskgraft_models::{
    TensorProblem,
    hugging_face::{Checkpoint, load_encoder, load_model, load_t5},
    parity,
};
use tempfile::TempDir;

const BERT: &str = "bert-classify";
const T5: &str = "t5-v1.0";
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"weight_map\":",
    "\"a\"",
    "\"../model.safetensors\"",
    "\"model.safetensors\"",
    "\"dtype\":",
    "\"F32\"",
    "\"shape\":",
    "[2,3]",
    "\"data_offsets\":",
    "[0,24]",
    "\"__metadata__\":",
    "\"model_type\":\"bert\"",
    "\"hidden_size\":",
    "64",
    "\"vocab_size\":",
    "\u{8}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}",
];

fn bytes_of(name: &str, file: &str) -> Vec<u8> {
    fs::read(case(name).join(file)).unwrap()
}

/// A copy of a case with one file of other contents.
fn with(name: &str, file: &str, contents: &[u8]) -> TempDir {
    let directory = copy(&case(name));
    fs::write(directory.path().join(file), contents).unwrap();
    directory
}

/// Whatever a folder holds, every reader of it comes back.
fn load_all(directory: &Path) -> Result<(), TestCaseError> {
    let name = directory.to_str().unwrap();
    reads(name, || load_encoder(directory, &device()))?;
    reads(name, || load_model(directory, &device()))?;
    reads(name, || load_t5(directory, &device()))?;
    if let Some(checkpoint) = reads(name, || Checkpoint::open(directory))? {
        let names: Vec<String> = checkpoint.names().map(String::from).collect();
        for name in names {
            let (values, shape) = (checkpoint.floats(&name), checkpoint.shape(&name).unwrap());
            prop_assert!(values.is_none_or(|v| v.len() == shape.iter().product::<usize>()));
            let _ = checkpoint.integers(&name);
        }
    }
    Ok(())
}

/// A header with its length before it and the tensors behind it.
fn with_header(name: &str, header: &[u8]) -> TempDir {
    let whole = bytes_of(name, "model.safetensors");
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let file = [&(header.len() as u64).to_le_bytes(), header, &whole[8 + length..]].concat();
    with(name, "model.safetensors", &file)
}

fn header_of(name: &str) -> Vec<u8> {
    let whole = bytes_of(name, "model.safetensors");
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    whole[8..8 + length].to_vec()
}

fn on_either(name: &str) -> impl Strategy<Value = (Bytes, Bytes)> + use<> {
    (damaged(bytes_of(name, "config.json")), damaged(header_of(name)))
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn configurations_and_headers((config, header) in on_either(BERT), (t5, t5_header) in on_either(T5)) {
        load_all(with(BERT, "config.json", &config).path())?;
        load_all(with_header(BERT, &header).path())?;
        load_all(with(T5, "config.json", &t5).path())?;
        load_all(with_header(T5, &t5_header).path())?;
    }

    #[test]
    fn whole_files(file in damaged(bytes_of(BERT, "model.safetensors")), other in made_up(PIECES), length: u64) {
        load_all(with(BERT, "model.safetensors", &file).path())?;
        load_all(with(BERT, "model.safetensors", &other).path())?;
        load_all(with(T5, "config.json", &other).path())?;
        let mut file = bytes_of(BERT, "model.safetensors");
        file[..8].copy_from_slice(&length.to_le_bytes());
        load_all(with(BERT, "model.safetensors", &file).path())?;
    }

    #[test]
    fn indices_of_shards(index in damaged(&b"{\"weight_map\": {\"a\": \"one.safetensors\", \"b\": \"two\"}}"[..]),
        other in made_up(PIECES),
    ) {
        for index in [index, other] {
            let directory = with(BERT, "model.safetensors.index.json", &index);
            fs::rename(
                directory.path().join("model.safetensors"),
                directory.path().join("one.safetensors"),
            ).unwrap();
            load_all(directory.path())?;
        }
    }

    #[test]
    fn cases_of_parity(file in damaged(bytes_of(BERT, "notes.json")), inputs in damaged(bytes_of(BERT, "inputs.safetensors"))) {
        for (name, contents) in [("notes.json", file), ("inputs.safetensors", inputs)] {
            let directory = with(BERT, name, &contents);
            reads("", || parity::run_case(directory.path(), &device()))?;
        }
    }
}

fn refusal(directory: &Path) -> String {
    load_model(directory, &device()).map(drop).unwrap_err().to_string()
}

#[test]
fn a_shard_outside_the_folder_is_not_opened() {
    let elsewhere = copy(&case(BERT));
    let absolute = elsewhere.path().join("model.safetensors");
    let names = ["../x.safetensors", "a/b.safetensors", "..", ".", "", absolute.to_str().unwrap()];
    for name in names {
        let index = serde_json::json!({ "weight_map": { "a": name } }).to_string();
        let directory = with(BERT, "model.safetensors.index.json", index.as_bytes());
        fs::remove_file(directory.path().join("model.safetensors")).unwrap();
        let message = refusal(directory.path());
        assert!(message.contains("index.json") && message.contains("in its folder"), "{message}");
    }
}

#[test]
fn a_configuration_beyond_what_its_checkpoint_holds_is_refused_before_room_is_made() {
    for (field, size) in [
        ("vocab_size", 1_u64 << 24),
        ("intermediate_size", 1 << 24),
        ("num_hidden_layers", 1_000),
        ("vocab_size", 1 << 40),
        ("num_hidden_layers", 1 << 50),
        ("max_position_embeddings", u64::MAX),
        ("num_labels", 0),
    ] {
        let text = String::from_utf8(bytes_of(BERT, "config.json")).unwrap();
        let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
        config[field] = size.into();
        config.as_object_mut().unwrap().remove("id2label");
        let directory = with(BERT, "config.json", config.to_string().as_bytes());
        let message = refusal(directory.path());
        assert!(message.contains("config.json") && !message.contains("missing"), "{message}");
    }
}

#[test]
fn weights_that_are_not_finite_are_refused_and_named() {
    let directory = copy(&case(BERT));
    let mut tensors = read(directory.path());
    let name = "bert.encoder.layer.1.attention.self.key.weight";
    let mut values = tensors[name].values();
    (values[3], values[7]) = (f32::NAN, f32::INFINITY);
    tensors.insert(name.into(), Stored::floats(&tensors[name].shape.clone(), &values));
    write(directory.path(), &tensors);
    let message = refusal(directory.path());
    assert!(
        message.contains(&TensorProblem::NotFinite { name: name.into(), count: 2 }.to_string()),
        "{message}"
    );
}
