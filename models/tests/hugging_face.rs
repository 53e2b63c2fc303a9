//! Checkpoints come in and go out whole, and spoiled ones are told apart by name.

mod common;

use common::{Stored, case, cases, copy, device, read, write};
use safetensors::tensor::Dtype;
use taskgraft_models::bert::{BertConfig, Encoder};
use taskgraft_models::heads::{ClassificationHead, Head, RegressionHead};
use taskgraft_models::hugging_face::{
    HeadDescription, Model, load_encoder, load_model, save_model,
};
use taskgraft_models::parameters::Initial;
use taskgraft_models::{Error, TensorProblem};

fn problems(error: Error) -> Vec<TensorProblem> {
    match error {
        Error::Tensors { problems, .. } => problems,
        other => panic!("expected a list of tensors, got: {other}"),
    }
}

#[test]
fn what_is_loaded_and_saved_is_bit_equal() {
    for path in cases() {
        let loaded = load_model(&path, &device()).unwrap();
        assert_eq!(loaded.ignored, Vec::<String>::new());
        let out = tempfile::tempdir().unwrap();
        save_model(&loaded.module, &HeadDescription::Plain, out.path()).unwrap();
        assert_eq!(read(&path), read(out.path()), "{}", path.display());
        let names: Vec<_> = std::fs::read_dir(out.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names.len(), 2, "nothing temporary is left: {names:?}");
        let again = load_model(out.path(), &device()).unwrap();
        assert_eq!(again.module.architecture(), loaded.module.architecture());
    }
}

#[test]
fn a_trunk_loads_from_a_model_with_a_head_and_says_what_it_left() {
    let loaded = load_encoder(&case("bert-classify"), &device()).unwrap();
    assert!(loaded.module.pooler.is_some());
    assert_eq!(loaded.ignored, ["classifier.bias", "classifier.weight"]);
    let loaded = load_encoder(&case("roberta-mlm"), &device()).unwrap();
    assert!(loaded.module.pooler.is_none());
    assert_eq!(loaded.ignored.len(), 5);
}

#[test]
fn a_bare_encoder_without_prefix_and_with_older_names_loads() {
    let directory = copy(&case("bert-classify"));
    let whole = read(directory.path());
    let mut tensors: std::collections::HashMap<_, _> = whole
        .iter()
        .filter_map(|(name, tensor)| {
            let bare = name.strip_prefix("bert.")?;
            let bare = bare.replace("LayerNorm.weight", "LayerNorm.gamma");
            Some((bare.replace("LayerNorm.bias", "LayerNorm.beta"), tensor.clone()))
        })
        .collect();
    let ids = Stored { dtype: Dtype::I64, shape: vec![1, 22], bytes: vec![0; 8 * 22] };
    tensors.insert("embeddings.position_ids".into(), ids);
    write(directory.path(), &tensors);
    let loaded = load_model(directory.path(), &device()).unwrap();
    assert_eq!(loaded.ignored, ["embeddings.position_ids"]);
    let out = tempfile::tempdir().unwrap();
    save_model(&loaded.module, &HeadDescription::Plain, out.path()).unwrap();
    let saved = read(out.path());
    assert_eq!(saved.len(), tensors.len() - 1);
    assert_eq!(saved["embeddings.LayerNorm.weight"], whole["bert.embeddings.LayerNorm.weight"]);
}

#[test]
fn missing_left_over_and_misshapen_tensors_are_listed_in_one_error() {
    let directory = copy(&case("bert-classify"));
    let mut tensors = read(directory.path());
    tensors.remove("bert.encoder.layer.1.attention.self.key.weight");
    tensors.insert("bert.encoder.layer.7.surplus".into(), Stored::floats(&[2], &[0.0; 2]));
    tensors.insert("bert.pooler.dense.bias".into(), Stored::floats(&[31], &[0.0; 31]));
    write(directory.path(), &tensors);
    let error = load_model(directory.path(), &device()).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("model.safetensors: 3 of"), "{message}");
    let expected = [
        TensorProblem::Missing {
            name: "bert.encoder.layer.1.attention.self.key.weight".into(),
            expected: vec![32, 32],
        },
        TensorProblem::Shape {
            name: "bert.pooler.dense.bias".into(),
            expected: vec![32],
            found: vec![31],
        },
        TensorProblem::LeftOver { name: "bert.encoder.layer.7.surplus".into(), found: vec![2] },
    ];
    assert_eq!(problems(error), expected);
}

#[test]
fn a_second_copy_of_a_tied_tensor_must_equal_the_first() {
    let directory = copy(&case("bert-mlm"));
    let mut tensors = read(directory.path());
    let words = tensors["bert.embeddings.word_embeddings.weight"].clone();
    let decoder = "cls.predictions.decoder.weight";
    tensors.insert(decoder.into(), words.clone());
    write(directory.path(), &tensors);
    let loaded = load_model(directory.path(), &device()).unwrap();
    assert_eq!(loaded.ignored, [decoder]);
    let mut values = words.values();
    values[5] += 1.0;
    tensors.insert(decoder.into(), Stored::floats(&words.shape, &values));
    write(directory.path(), &tensors);
    let error = load_model(directory.path(), &device()).unwrap_err();
    assert!(matches!(&problems(error)[..], [TensorProblem::Untied { .. }]));
}

#[test]
fn half_precision_files_are_widened_and_integers_refused() {
    let directory = copy(&case("bert-classify"));
    let mut tensors = read(directory.path());
    let half = Stored {
        dtype: Dtype::BF16,
        shape: vec![3],
        bytes: [1.0f32, -2.5, 0.0]
            .iter()
            .flat_map(|v| v.to_bits().to_le_bytes()[2..].to_vec())
            .collect(),
    };
    tensors.insert("classifier.bias".into(), half);
    write(directory.path(), &tensors);
    let loaded = load_model(directory.path(), &device()).unwrap().module;
    let Some(Head::Classification(head)) = loaded.head else {
        panic!("a classification head");
    };
    let bias = head.output.bias.unwrap().val().into_data();
    assert_eq!(bias.try_into_vec::<f32>().unwrap(), [1.0, -2.5, 0.0]);

    let integers = Stored { dtype: Dtype::I32, shape: vec![3], bytes: vec![0; 12] };
    tensors.insert("classifier.bias".into(), integers);
    write(directory.path(), &tensors);
    let error = load_model(directory.path(), &device()).unwrap_err();
    assert!(matches!(&problems(error)[..], [TensorProblem::Type { .. }]));
}

#[test]
fn a_truncated_or_corrupt_file_is_an_error_with_its_path() {
    let directory = copy(&case("bert-classify"));
    let file = directory.path().join("model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    for length in [0, 7, 100, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..length]).unwrap();
        let error = load_model(directory.path(), &device()).unwrap_err();
        assert!(matches!(error, Error::Checkpoint { .. }), "{length}: {error}");
        assert!(error.to_string().contains("model.safetensors"), "{error}");
    }
    let mut corrupt = bytes;
    corrupt[7] = 0xff;
    std::fs::write(&file, corrupt).unwrap();
    let error = load_model(directory.path(), &device()).unwrap_err();
    assert!(matches!(error, Error::Checkpoint { .. }), "{error}");
}

#[test]
fn shards_are_read_by_their_index() {
    let directory = copy(&case("roberta-classify"));
    let tensors = read(directory.path());
    std::fs::remove_file(directory.path().join("model.safetensors")).unwrap();
    let mut map = serde_json::Map::new();
    for (shard, parity) in [("a.safetensors", 0), ("b.safetensors", 1)] {
        let part = tensors.iter().filter(|(name, _)| name.len() % 2 == parity);
        let part: std::collections::HashMap<_, _> =
            part.map(|(n, t)| (n.clone(), t.clone())).collect();
        map.extend(part.keys().map(|name| (name.clone(), shard.into())));
        write(directory.path(), &part);
        let from = directory.path().join("model.safetensors");
        std::fs::rename(from, directory.path().join(shard)).unwrap();
    }
    let index = serde_json::json!({ "weight_map": map });
    let path = directory.path().join("model.safetensors.index.json");
    std::fs::write(path, index.to_string()).unwrap();
    load_model(directory.path(), &device()).unwrap();
    std::fs::remove_file(directory.path().join("b.safetensors")).unwrap();
    let error = load_model(directory.path(), &device()).unwrap_err();
    assert!(error.to_string().contains("b.safetensors"), "{error}");
}

#[test]
fn a_configuration_that_is_not_of_an_encoder_is_an_error_that_says_why() {
    let directory = copy(&case("bert-classify"));
    let config = directory.path().join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let cases = [
        ("\"gelu\"", "\"swish\"", "swish"),
        ("\"hidden_size\": 32", "\"hidden\": 32", "hidden_size"),
        ("\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "multiple"),
        ("\"is_decoder\": false", "\"is_decoder\": true", "is_decoder"),
        (
            "\"architectures\": null",
            "\"architectures\": [\"BertForQuestionAnswering\"]",
            "BertForQuestionAnswering",
        ),
    ];
    for (from, to, told) in cases {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        std::fs::write(&config, changed).unwrap();
        let error = load_model(directory.path(), &device()).unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn a_trained_trunk_is_saved_with_another_number_of_labels() {
    let config = BertConfig::tiny(50);
    let heads = [
        (
            Head::Classification(ClassificationHead::new(
                &config,
                7,
                Initial::GlorotUniform,
                1,
                &device(),
            )),
            7,
        ),
        (Head::Regression(RegressionHead::new(&config, Initial::GlorotUniform, 1, &device())), 1),
    ];
    for (head, labels) in heads {
        let encoder = Encoder::new(&config, 3, &device()).unwrap();
        let model = Model { trunk: encoder.into(), head: Some(head) };
        let out = tempfile::tempdir().unwrap();
        save_model(&model, &HeadDescription::Plain, out.path()).unwrap();
        let again = load_model(out.path(), &device()).unwrap().module;
        assert_eq!(again.classes(), Some(labels));
        assert_eq!(again.trunk.as_encoder().unwrap().config().num_labels(), labels);
    }
}

#[test]
fn saving_under_a_file_is_an_error_with_its_path() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let encoder = Encoder::new(&BertConfig::tiny(20), 3, &device()).unwrap();
    let model = Model { trunk: encoder.into(), head: None };
    let error =
        save_model(&model, &HeadDescription::Plain, &file.path().join("model")).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}
