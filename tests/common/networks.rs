//! Pretrained networks of each family, tiny and with random weights, in Hugging Face's layout.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};
use taskgraft::{
    models::{
        Trunk,
        bert::{BertConfig, Encoder, Family},
        hugging_face::{HeadDescription, Model, save_model},
    },
    study::Workbench,
};

use super::{Bench, TINY_T5, device, tiny_settings};

/// Every family of trunks that `--init` takes, by `model_type`. A family that is added is added here.
pub const FAMILIES: [&str; 3] = ["bert", "roberta", "t5"];

/// Writes a network of the family, of 64 positions, with its tokenizer.
pub fn pretrained(family: &str, folder: &Path) {
    let mut settings = tiny_settings();
    let tiny: &[&str] = if family == "t5" { &TINY_T5 } else { &["max_length=64"] };
    tiny.iter().for_each(|assignment| settings.set(assignment).unwrap());
    match family {
        "bert" => save(&Bench::with(&["sentiment"], &settings, device()).bench, folder),
        "t5" => {
            settings.set("trunk.kind=t5").unwrap();
            save(&Bench::with(&["sentiment"], &settings, device()).bench, folder);
        }
        "roberta" => roberta(folder),
        other => panic!("there is no recipe for a tiny `{other}`"),
    }
}

fn save(bench: &Workbench, folder: &Path) {
    save_trunk(bench.trunk(0, None).unwrap(), folder);
    bench.tokeniser().unwrap().save(folder).unwrap();
}

fn save_trunk(trunk: Trunk, folder: &Path) {
    save_model(&Model { trunk, head: None }, &HeadDescription::Plain, folder).unwrap();
}

/// A RoBERTa whose tokens are the bytes of a text.
fn roberta(folder: &Path) {
    let special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
    let names = special.into_iter().map(str::to_string).chain((0..=255).map(name_of_byte));
    let vocabulary: BTreeMap<String, usize> = names.zip(0..).collect();
    let mut config = BertConfig::new(vocabulary.len(), 32, 1).with_dropout(0.0);
    (config.model_type, config.type_vocab_size) = (Family::Roberta, 1);
    let config = config.with_max_length(64);
    save_trunk(Trunk::from(Encoder::new(&config, 0, &device()).unwrap()), folder);
    let added = special.iter().zip(0..).map(|(token, id)| {
        json!({ "id": id, "content": token, "single_word": false, "lstrip": *token == "<mask>",
            "rstrip": false, "normalized": false, "special": true })
    });
    let byte_level = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": true });
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added.collect::<Vec<Value>>(),
        "normalizer": null,
        "pre_tokenizer": byte_level,
        "post_processor": { "type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
            "trim_offsets": true, "add_prefix_space": false },
        "decoder": byte_level,
        "model": { "type": "BPE", "vocab": vocabulary, "merges": [] },
    });
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

/// GPT-2's name of a byte: itself where it can be seen, else a character from 256 on.
fn name_of_byte(byte: u32) -> String {
    let is_seen = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let hidden_before = (0..byte).filter(|&other| !is_seen(other)).count() as u32;
    let code = if is_seen(byte) { byte } else { 256 + hidden_before };
    char::from_u32(code).unwrap().to_string()
}
