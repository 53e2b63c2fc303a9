//! T5 checkpoints come in and go out whole, with every manner of saying what is tied and scaled.

mod common;

use common::{Stored, case, cases_of, copy, device, read, write};
use serde_json::{Value, json};
use taskgraft_models::hugging_face::{load_t5, save_t5};
use taskgraft_models::t5::{T5, T5Config};
use taskgraft_models::{Error, TensorProblem};

fn problems(error: Error) -> Vec<TensorProblem> {
    match error {
        Error::Tensors { problems, .. } => problems,
        other => panic!("expected a list of tensors, got: {other}"),
    }
}

fn config_of(directory: &std::path::Path) -> Value {
    let text = std::fs::read_to_string(directory.join("config.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn change_config(directory: &std::path::Path, change: impl Fn(&mut Value)) {
    let mut config = config_of(directory);
    change(&mut config);
    std::fs::write(directory.join("config.json"), config.to_string()).unwrap();
}

/// What is written anew.
const OF_HEAD_OR_STORAGE: [&str; 7] = [
    "architectures",
    "id2label",
    "label2id",
    "problem_type",
    "dtype",
    "torch_dtype",
    "_name_or_path",
];

#[test]
fn what_is_loaded_and_saved_is_bit_equal_and_no_field_is_lost() {
    for path in cases_of(&["t5"]) {
        let loaded = load_t5(&path, &device()).unwrap();
        assert_eq!(loaded.ignored, Vec::<String>::new());
        let out = tempfile::tempdir().unwrap();
        save_t5(&loaded.module, out.path()).unwrap();
        assert_eq!(read(&path), read(out.path()), "{}", path.display());
        let (before, after) = (config_of(&path), config_of(out.path()));
        for (field, value) in before.as_object().unwrap() {
            if !OF_HEAD_OR_STORAGE.contains(&field.as_str()) {
                assert_eq!(&after[field], value, "{field}");
            }
        }
        assert_eq!(after["architectures"], json!(["T5ForConditionalGeneration"]));
    }
}

#[test]
fn an_output_of_its_own_is_saved_and_loaded_unscaled() {
    let config = T5Config::tiny(40);
    let model = T5::new(&config, 3, &device()).unwrap();
    let out = tempfile::tempdir().unwrap();
    save_t5(&model, out.path()).unwrap();
    assert_eq!(read(out.path())["lm_head.weight"].shape, [40, 64]);
    assert_eq!(config_of(out.path())["tie_word_embeddings"], json!(false));
    let again = load_t5(out.path(), &device()).unwrap().module;
    assert!(again.output.is_some());
    assert!(!again.config().scales_output());
    let mut tensors = read(out.path());
    tensors.remove("lm_head.weight");
    write(out.path(), &tensors);
    let missing = problems(load_t5(out.path(), &device()).unwrap_err());
    let [TensorProblem::Missing { name, expected }] = &missing[..] else { panic!("{missing:?}") };
    assert_eq!((name.as_str(), &expected[..]), ("lm_head.weight", &[40, 64][..]));
}

#[test]
fn an_output_beside_tied_embeddings_unties_them_where_the_file_is_of_the_newer_kind() {
    let directory = copy(&case("t5-v1.1"));
    let mut tensors = read(directory.path());
    let words = tensors["shared.weight"].clone();
    for copy in ["lm_head.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"] {
        tensors.insert(copy.into(), words.clone());
    }
    write(directory.path(), &tensors);
    let loaded = load_t5(directory.path(), &device()).unwrap();
    assert_eq!(loaded.ignored.len(), 3);
    assert!(loaded.module.output.is_none());

    let other: Vec<f32> = words.values().iter().map(|v| v * 2.0).collect();
    tensors.insert("lm_head.weight".into(), Stored::floats(&words.shape, &other));
    write(directory.path(), &tensors);
    let loaded = load_t5(directory.path(), &device()).unwrap();
    assert!(loaded.module.output.is_some());
    assert!(!loaded.module.config().scales_output());
    let out = tempfile::tempdir().unwrap();
    save_t5(&loaded.module, out.path()).unwrap();
    assert_eq!(read(out.path())["lm_head.weight"], tensors["lm_head.weight"]);

    change_config(directory.path(), |config| {
        config.as_object_mut().unwrap().remove("scale_decoder_outputs");
    });
    let refused = problems(load_t5(directory.path(), &device()).unwrap_err());
    assert!(matches!(&refused[..], [TensorProblem::Untied { .. }]), "{refused:?}");
}

#[test]
fn the_unused_table_of_the_first_release_is_ignored_and_others_are_not() {
    let directory = copy(&case("t5-v1.0"));
    let mut tensors = read(directory.path());
    let table = Stored::floats(&[32, 4], &[0.5; 128]);
    let unused = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";
    tensors.insert(unused.into(), table.clone());
    write(directory.path(), &tensors);
    assert_eq!(load_t5(directory.path(), &device()).unwrap().ignored, [unused]);
    tensors.insert("encoder.block.1.layer.0.SelfAttention.q.bias".into(), table);
    tensors.remove("decoder.block.1.layer.2.DenseReluDense.wi.weight");
    write(directory.path(), &tensors);
    let found = problems(load_t5(directory.path(), &device()).unwrap_err());
    assert!(matches!(&found[..], [TensorProblem::Missing { .. }, TensorProblem::LeftOver { .. }]));
}

#[test]
fn scaling_is_told_by_either_field_and_never_done_in_mt5() {
    let mut config = T5Config::v1_0(10, 8, 8, 1, 2);
    let scales = |config: &T5Config| config.scales_output();
    assert!(scales(&config));
    config.scale_decoder_outputs = Some(false);
    assert!(!scales(&config));
    assert!(!scales(&T5Config::v1_1(10, 8, 8, 1, 2)));
    let text = json!({
        "model_type": "mt5", "vocab_size": 10, "d_model": 8, "d_kv": 4, "d_ff": 8,
        "num_layers": 1, "num_heads": 2, "feed_forward_proj": "gated-gelu",
        "tie_word_embeddings": true,
    });
    assert!(!scales(&serde_json::from_value(text).unwrap()));
}

#[test]
fn a_configuration_that_is_not_of_a_t5_is_an_error_that_says_why() {
    let changes = [
        ("feed_forward_proj", json!("gated-swish"), "gated-swish"),
        ("model_type", json!("bart"), "bart"),
        ("num_heads", json!(0), "num_heads"),
        ("architectures", json!(["T5EncoderModel"]), "T5EncoderModel"),
    ];
    for (field, value, told) in changes {
        let directory = copy(&case("t5-v1.0"));
        change_config(directory.path(), |config| config[field] = value.clone());
        let error = load_t5(directory.path(), &device()).unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}
