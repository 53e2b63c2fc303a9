//! A tokenizer that does not belong to a network is refused with its token, the id and the sizes.

mod common;

use std::path::Path;

use serde_json::{Value, json};
use taskgraft_models::{TokenizerFacts, TrunkConfig, check_tokenizer};

fn encoder(family: &str, change: Value) -> TrunkConfig {
    let config = json!({
        "model_type": family, "vocab_size": 41, "hidden_size": 8, "num_hidden_layers": 1,
        "num_attention_heads": 1, "intermediate_size": 8, "hidden_act": "gelu",
        "max_position_embeddings": 20, "type_vocab_size": 2, "pad_token_id": 0,
    });
    TrunkConfig::Bert(serde_json::from_value(changed(config, change)).unwrap())
}

fn t5(change: Value) -> TrunkConfig {
    let config = json!({
        "model_type": "t5", "vocab_size": 41, "d_model": 8, "d_kv": 4, "d_ff": 8, "num_layers": 1,
        "num_heads": 2,
    });
    TrunkConfig::T5(serde_json::from_value(changed(config, change)).unwrap())
}

fn changed(mut config: Value, change: Value) -> Value {
    let fields = change.as_object().unwrap().clone();
    config.as_object_mut().unwrap().extend(fields);
    config
}

fn token(name: &str, id: u32) -> (String, u32) {
    (name.into(), id)
}

/// Of 41 tokens.
fn facts() -> TokenizerFacts {
    TokenizerFacts {
        largest: token("zebra", 40),
        pad: token("<pad>", 0),
        eos: Some(token("</s>", 1)),
        special: vec![token("<pad>", 0), token("</s>", 1), token("<unk>", 2)],
        segments: 1,
    }
}

fn refusal(config: &TrunkConfig, facts: &TokenizerFacts) -> String {
    check_tokenizer(config, facts, Path::new("net")).unwrap_err().to_string()
}

fn tells(message: &str, told: &[&str]) {
    told.iter().for_each(|word| assert!(message.contains(word), "`{word}` in: {message}"));
}

#[test]
fn a_tokenizer_of_a_network_passes_and_may_be_smaller_than_its_table() {
    let small = TokenizerFacts { largest: token("cat", 30), ..facts() };
    let pairs = TokenizerFacts { segments: 2, eos: None, ..facts() };
    for (config, facts) in [
        (t5(json!({})), facts()),
        (t5(json!({})), small),
        (encoder("bert", json!({})), pairs),
        (encoder("roberta", json!({"type_vocab_size": 1})), facts()),
    ] {
        check_tokenizer(&config, &facts, Path::new("net")).unwrap();
    }
}

#[test]
fn a_token_beyond_the_table_is_named() {
    for config in [encoder("bert", json!({})), encoder("roberta", json!({})), t5(json!({}))] {
        let facts = TokenizerFacts { largest: token("zzhealth", 41), ..facts() };
        let message = refusal(&config, &facts);
        tells(&message, &["config.json", "`zzhealth`", "id 41", "`vocab_size` is 41", "(42)"]);
    }
}

#[test]
fn segments_without_vectors_are_an_error() {
    let facts = TokenizerFacts { segments: 2, ..facts() };
    let message = refusal(&encoder("roberta", json!({"type_vocab_size": 1})), &facts);
    tells(&message, &["segment 1", "`type_vocab_size` is 1"]);
}

#[test]
fn another_end_or_padding_or_start_is_an_error() {
    let message = refusal(&t5(json!({"eos_token_id": 2})), &facts());
    tells(&message, &["`</s>` has the id 1", "`eos_token_id` is 2", "41", "stop"]);
    let message = refusal(&t5(json!({"pad_token_id": 3})), &facts());
    tells(&message, &["`<pad>` has the id 0", "`pad_token_id` is 3"]);
    let message = refusal(&t5(json!({"decoder_start_token_id": 7})), &facts());
    tells(&message, &["`decoder_start_token_id` is 7", "`<pad>` 0", "41"]);
    check_tokenizer(&t5(json!({"decoder_start_token_id": 1})), &facts(), Path::new("")).unwrap();
    for family in ["bert", "roberta"] {
        let message = refusal(&encoder(family, json!({"pad_token_id": 5})), &facts());
        tells(&message, &["`<pad>` has the id 0", "`pad_token_id` is 5"]);
    }
    // RoBERTa's padding is 1 where nothing is said.
    let config = encoder("roberta", json!({"pad_token_id": null}));
    tells(&refusal(&config, &facts()), &["`pad_token_id` is 1", "positions"]);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let facts = TokenizerFacts { largest: token("last", 99), ..facts() };
    let message = refusal(&t5(json!({"eos_token_id": 2, "pad_token_id": 3})), &facts);
    tells(&message, &["`last`", "eos_token_id", "pad_token_id"]);
}
