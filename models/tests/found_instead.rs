//! What people have in a folder instead of what is read is named, with the way to convert it.

mod common;

use std::{collections::HashMap, fs, path::Path};

use common::{case, copy, device, read, write};
use taskgraft_models::Error;
use taskgraft_models::hugging_face::{load_model, load_t5, load_trunk};
use tempfile::TempDir;

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 438000000\n";

fn refusal(folder: &Path) -> String {
    load_trunk(folder, &device()).map(drop).unwrap_err().to_string()
}

fn renamed(name: &str, weights: &str) -> TempDir {
    let folder = copy(&case(name));
    for other in ["expected.safetensors", "inputs.safetensors"] {
        fs::remove_file(folder.path().join(other)).unwrap();
    }
    fs::rename(folder.path().join("model.safetensors"), folder.path().join(weights)).unwrap();
    folder
}

fn tells(message: &str, told: &[&str]) {
    told.iter().for_each(|word| assert!(message.contains(word), "`{word}` in: {message}"));
}

#[test]
fn weights_of_other_formats_are_named() {
    for (weights, told) in [
        ("pytorch_model.bin", "pickle"),
        ("pytorch_model-00001-of-00002.bin", "pickle"),
        ("weights.pt", "PyTorch"),
        ("tf_model.h5", "TensorFlow"),
        ("bert_model.ckpt.index", "TensorFlow"),
        ("flax_model.msgpack", "Flax"),
        ("adapter_model.safetensors", "PEFT"),
        ("weights.safetensors", "`model.safetensors`"),
    ] {
        let message = refusal(renamed("bert-classify", weights).path());
        tells(&message, &["model.safetensors: no such file", &format!("`{weights}`"), told]);
    }
    let message = refusal(renamed("t5-v1.0", "pytorch_model.bin").path());
    tells(&message, &["AutoModelForSeq2SeqLM", "save_pretrained"]);
    let folder = renamed("bert-classify", "weights");
    fs::remove_file(folder.path().join("weights")).unwrap();
    tells(&refusal(folder.path()), &["no such file", "`config.json`", "`notes.json`"]);
}

#[test]
fn a_folder_without_configuration_says_what_it_holds() {
    let folder = copy(&case("bert-classify"));
    fs::rename(folder.path().join("config.json"), folder.path().join("bert_config.json")).unwrap();
    tells(&refusal(folder.path()), &["config.json: no such file", "`bert_config.json`", "rename"]);
    fs::remove_file(folder.path().join("bert_config.json")).unwrap();
    tells(&refusal(folder.path()), &["config.json: no such file", "`model.safetensors`"]);
    let empty = tempfile::tempdir().unwrap();
    tells(&refusal(empty.path()), &["is empty"]);
    tells(&refusal(&empty.path().join("none")), &["folder does not exist"]);
}

#[test]
fn what_lies_in_place_of_a_file_is_named() {
    for file in ["config.json", "model.safetensors"] {
        for (contents, told) in [
            (POINTER.as_bytes(), "git lfs pull"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"", "empty"),
        ] {
            let folder = copy(&case("bert-classify"));
            fs::write(folder.path().join(file), contents).unwrap();
            tells(&refusal(folder.path()), &[file, told]);
        }
    }
    let folder = copy(&case("bert-classify"));
    fs::write(folder.path().join("model.safetensors"), b"PK\x03\x04archive/data.pkl").unwrap();
    tells(&refusal(folder.path()), &["PyTorch", "save_pretrained"]);
    let folder = renamed("bert-classify", "one.safetensors");
    fs::write(folder.path().join("model.safetensors.index.json"), POINTER).unwrap();
    tells(&refusal(folder.path()), &["index.json", "git lfs pull"]);
}

#[test]
fn a_configuration_without_or_of_another_type_says_which_are_read() {
    let changed = |name: &str, from: &str, to: &str| {
        let folder = copy(&case(name));
        let path = folder.path().join("config.json");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replace(from, to)).unwrap();
        refusal(folder.path())
    };
    let bert = "\"model_type\": \"bert\"";
    tells(
        &changed("bert-classify", bert, "\"x\": 1"),
        &["no `model_type`", "add `\"model_type\": \"bert\"`"],
    );
    let t5 = "\"model_type\": \"t5\"";
    tells(&changed("t5-v1.0", t5, "\"x\": 1"), &["add `\"model_type\": \"t5\"`"]);
    let other = changed("bert-classify", bert, "\"model_type\": \"deberta-v2\"");
    tells(&other, &["`deberta-v2`", "`bert`, `roberta`, `t5`, `mt5`"]);
    tells(&changed("bert-classify", bert, "\"model_type\": 5"), &["not a string"]);
}

#[test]
fn a_common_prefix_is_told_once_and_not_tensor_by_tensor() {
    for (prefix, told) in
        [("module.", "DataParallel"), ("_orig_mod.", "torch.compile"), ("model.net.", "part")]
    {
        for name in ["bert-classify", "roberta-mlm", "t5-v1.0"] {
            let folder = copy(&case(name));
            let tensors = read(folder.path());
            let with: HashMap<_, _> =
                tensors.into_iter().map(|(key, t)| (format!("{prefix}{key}"), t)).collect();
            write(folder.path(), &with);
            let error = match name {
                "t5-v1.0" => load_t5(folder.path(), &device()).unwrap_err(),
                _ => load_model(folder.path(), &device()).unwrap_err(),
            };
            let message = error.to_string();
            let Error::Prefix { prefix: found, .. } = error else { panic!("{message}") };
            assert_eq!(found, prefix, "{message}");
            tells(&message, &[told, "removeprefix"]);
            assert!(message.lines().count() < 4, "{message}");
        }
    }
}
