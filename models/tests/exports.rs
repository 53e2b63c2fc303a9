//! Every trunk with every head goes out and comes back computing the same to the bit, and says what it is.

mod common;
mod exports_support;

use std::path::Path;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;
use common::read;
use exports_support::{Export, device, exports, outputs};
use serde_json::{Value, json};
use taskgraft_models::bert::{BertConfig, Encoder};
use taskgraft_models::heads::Head;
use taskgraft_models::hugging_face::{
    HeadDescription, Model, load_description, load_encoder, load_model, load_t5, load_trunk,
    save_model,
};
use taskgraft_models::{Error, TensorProblem, Trunk};
use tempfile::{TempDir, tempdir};

fn saved(export: &Export) -> TempDir {
    let folder = tempdir().unwrap();
    save_model(&export.model, &export.description, folder.path()).unwrap();
    folder
}

fn export(name: &str) -> Export {
    exports().into_iter().find(|export| export.name == name).unwrap()
}

fn config(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn every_trunk_with_every_head_comes_back_computing_the_same_to_the_bit() {
    for export in exports() {
        let folder = saved(&export);
        let loaded = load_model(folder.path(), &device()).unwrap();
        let name = &export.name;
        assert_eq!(loaded.ignored, Vec::<String>::new(), "{name}");
        assert_eq!(bits(&outputs(&loaded.module)), bits(&outputs(&export.model)), "{name}");
        assert_eq!(loaded.module.architecture(), export.model.architecture(), "{name}");
        assert_eq!(load_description(folder.path()).unwrap(), export.description, "{name}");
        let again = Export { model: loaded.module, ..export };
        assert_eq!(read(saved(&again).path()), read(folder.path()), "{}", again.name);
    }
}

#[test]
fn every_trunk_is_read_from_under_every_head() {
    for export in exports() {
        let folder = saved(&export);
        let loaded = load_trunk(folder.path(), &device()).unwrap();
        assert!(
            loaded.ignored.iter().all(|name| !name.contains("encoder.")),
            "{:?}",
            loaded.ignored
        );
        assert!(!loaded.ignored.is_empty());
        let bare = |trunk: Trunk| Trunk::config(&trunk).model_type();
        assert_eq!(bare(loaded.module.clone()), bare(export.model.trunk.clone()));
        if let (Trunk::T5(ours), Trunk::T5(given)) = (loaded.module, export.model.trunk) {
            // The decoder goes with it.
            let whole = |t5| Model { trunk: Trunk::T5(t5), head: None };
            let [ours, given] = [ours, given].map(|t5| {
                let to = tempdir().unwrap();
                save_model(&whole(t5), &HeadDescription::Plain, to.path()).unwrap();
                read(to.path())
            });
            assert_eq!(ours, given);
        }
    }
}

#[test]
fn a_family_that_is_not_wanted_is_named() {
    let (bert, t5) = (saved(&export("bert-class")), saved(&export("t5-v1.0-class")));
    let message = load_encoder(t5.path(), &device()).unwrap_err().to_string();
    assert!(message.contains("this is a T5") && message.contains("config.json"), "{message}");
    let message = load_t5(bert.path(), &device()).unwrap_err().to_string();
    assert!(message.contains("this is an encoder"), "{message}");
}

#[test]
fn what_a_configuration_said_of_another_head_or_storage_is_written_anew() {
    let old = json!({
        "id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "label2id": {"NEGATIVE": 0, "POSITIVE": 1},
        "num_labels": 2, "problem_type": "regression", "torch_dtype": "float16", "dtype": "bfloat16",
        "finetuning_task": "sst2", "taskgraft_score_scale": [0.0, 5.0], "layer_norm_kept": 7,
    });
    for name in ["bert-class", "roberta-tags", "bert-score", "roberta-masked-lm"] {
        let export = export(name);
        let Trunk::Encoder(encoder) = &export.model.trunk else { panic!("an encoder") };
        let mut config_of_old: BertConfig = encoder.config().clone();
        config_of_old.other = old.as_object().unwrap().clone();
        let trunk = Encoder::new(&config_of_old, 1, &device()).unwrap().into();
        let model = Model { trunk, ..export.model };
        let folder = saved(&Export { model, ..export });
        let config = config(folder.path());
        let text = config.to_string();
        assert!(!text.contains("NEGATIVE") && !text.contains("sst2") && !text.contains("float16"));
        assert_eq!(config["dtype"], json!("float32"));
        assert_eq!(config["layer_norm_kept"], json!(7));
        assert_eq!(config.get("num_labels"), None);
        let (kind, labels, scale) = match name {
            "bert-class" => (json!("single_label_classification"), 3, None),
            "roberta-tags" => (Value::Null, 5, None),
            "bert-score" => (json!("regression"), 1, Some(json!([1.0, 6.0]))),
            _ => (Value::Null, 0, None),
        };
        assert_eq!(config["problem_type"], kind, "{name}");
        assert_eq!(config["id2label"].as_object().map_or(0, |names| names.len()), labels, "{name}");
        assert_eq!(config.get("taskgraft_score_scale"), scale.as_ref(), "{name}");
    }
    let names = config(saved(&export("bert-class")).path());
    assert_eq!(names["id2label"], json!({"0": "contradiction", "1": "entailment", "2": "neutral"}));
    assert_eq!(names["label2id"], json!({"contradiction": 0, "entailment": 1, "neutral": 2}));
}

#[test]
fn a_score_is_on_its_tasks_scale_in_the_file_and_0_to_1_after_reading() {
    let export = export("bert-score");
    let folder = saved(&export);
    let ours = outputs(&export.model);
    // Without the scale in the configuration, what is read is what others read.
    let mut plain = config(folder.path());
    plain.as_object_mut().unwrap().remove("taskgraft_score_scale");
    let elsewhere = saved(&export);
    std::fs::write(elsewhere.path().join("config.json"), plain.to_string()).unwrap();
    let theirs = outputs(&load_model(elsewhere.path(), &device()).unwrap().module);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!((1.0 + 5.0 * ours - theirs).abs() < 1e-5, "{ours} {theirs}");
    }
    // Without the layer as it was trained, division comes near.
    std::fs::remove_file(folder.path().join("score_head.safetensors")).unwrap();
    let near = outputs(&load_model(folder.path(), &device()).unwrap().module);
    assert!(ours.iter().zip(&near).all(|(a, b)| (a - b).abs() < 1e-6), "{ours:?} {near:?}");
}

#[test]
fn the_layer_of_another_training_is_not_taken_for_the_files() {
    let (first, second) = (export("bert-score"), export("bert-own-score"));
    let Some(Head::RobertaClassification(head)) = &second.model.head else { panic!("a head") };
    let folder = saved(&first);
    // The layer of another head under the same names.
    let path = folder.path().join("score_head.safetensors");
    let mut tensors = common::read_file(&path);
    let shape = tensors["classifier.weight"].shape.clone();
    let values: Vec<f32> = head.output.weight.val().into_data().iter::<f32>().collect();
    tensors.insert("classifier.weight".into(), common::Stored::floats(&shape, &values));
    common::write_file(&path, &tensors);
    let ours = outputs(&first.model);
    let read = outputs(&load_model(folder.path(), &device()).unwrap().module);
    assert!(ours.iter().zip(&read).all(|(a, b)| (a - b).abs() < 1e-6), "{ours:?} {read:?}");
}

#[test]
fn a_description_of_another_head_is_refused() {
    let refused = |name: &str, description: HeadDescription, told: &str| {
        let folder = tempdir().unwrap();
        let error = save_model(&export(name).model, &description, folder.path()).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    };
    refused("bert-class", HeadDescription::labels(["a", "b"]), "2 labels' names");
    refused("bert-class", HeadDescription::labels(["a", "b", "a"]), "one name");
    refused("t5-v1.0-class", HeadDescription::Score { min: 0.0, max: 1.0 }, "classes");
    refused("roberta-score", HeadDescription::Score { min: 2.0, max: 2.0 }, "no scale");
    refused("bert-masked-lm", HeadDescription::labels(["a"]), "0 outputs");
}

/// Spoils the last parameter that it meets.
struct Spoil(usize);

impl ModuleMapper for Spoil {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1;
        match self.0 {
            3 => param.map(|tensor| tensor * f32::INFINITY),
            _ => param,
        }
    }
}

#[test]
fn weights_that_are_not_finite_are_not_written_and_are_named() {
    let export = export("roberta-tags");
    let folder = tempdir().unwrap();
    let to = folder.path().join("model");
    let model = export.model.map(&mut Spoil(0));
    let error = save_model(&model, &export.description, &to).unwrap_err();
    let message = error.to_string();
    let Error::NotFinite { problems, .. } = error else { panic!("{message}") };
    let [TensorProblem::NotFinite { name, count: 16 }] = &problems[..] else { panic!("{message}") };
    assert!(
        name.starts_with("roberta.embeddings.") && message.contains(name.as_str()),
        "{message}"
    );
    assert!(!to.exists());
}

#[test]
fn a_head_without_the_pooler_that_it_reads_is_refused() {
    let mut export = export("roberta-class");
    let Trunk::Encoder(encoder) = &mut export.model.trunk else { panic!("an encoder") };
    encoder.pooler = None;
    let folder = tempdir().unwrap();
    let error = save_model(&export.model, &export.description, folder.path()).unwrap_err();
    assert!(error.to_string().contains("no pooler"), "{error}");
}
