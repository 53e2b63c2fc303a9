//! Reading the configuration of any trunk; they are told apart by `model_type` in `config.json`.
//!
//! A folder of another kind than the one that is wanted is named for what it is: a T5 where an encoder is wanted, a
//! configuration without `model_type` by the fields that it has, a pointer of git-lfs in place of a file.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::folder;
use crate::bert::BertConfig;
use crate::t5::T5Config;
use crate::{Error, MODEL_TYPES, Result, TrunkConfig};

/// Which trunks a reader takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Encoder,
    T5,
    Any,
}

/// Reads and checks `config.json` in `directory`.
///
/// # Errors
/// Where it is unreadable, lacks a field, or describes something other than an encoder of the
/// BERT family.
pub fn load_config(directory: &Path) -> Result<BertConfig> {
    read(directory, Wanted::Encoder, BertConfig::check)
}

/// Reads and checks the `config.json` of a T5 in `directory`.
///
/// # Errors
/// Where it is unreadable, lacks a field, or describes something other than a T5.
pub fn load_t5_config(directory: &Path) -> Result<T5Config> {
    read(directory, Wanted::T5, T5Config::check)
}

/// Reads and checks the `config.json` of any trunk in `directory`.
///
/// # Errors
/// Where it is unreadable, lacks a field, or its `model_type` is none of [`MODEL_TYPES`].
pub fn load_trunk_config(directory: &Path) -> Result<TrunkConfig> {
    let (text, is_t5) = read_text(directory, Wanted::Any)?;
    Ok(match is_t5 {
        true => TrunkConfig::T5(parse(directory, &text, T5Config::check)?),
        false => TrunkConfig::Bert(parse(directory, &text, BertConfig::check)?),
    })
}

fn read<C: DeserializeOwned>(
    directory: &Path,
    wanted: Wanted,
    check: impl Fn(&C) -> Result<(), String>,
) -> Result<C> {
    let (text, _) = read_text(directory, wanted)?;
    parse(directory, &text, check)
}

fn parse<C: DeserializeOwned>(
    directory: &Path,
    text: &str,
    check: impl Fn(&C) -> Result<(), String>,
) -> Result<C> {
    let parsed = serde_json::from_str::<C>(text).map_err(|e| e.to_string());
    let checked = parsed.and_then(|config| check(&config).map(|()| config));
    checked.map_err(|problem| config_error(directory, problem))
}

fn config_error(directory: &Path, problem: String) -> Error {
    Error::Config { path: directory.join("config.json"), problem }
}

/// What tells one family from the other.
#[derive(Deserialize)]
struct Kind {
    model_type: Option<Value>,
    hidden_size: Option<Value>,
    d_kv: Option<Value>,
}

/// The text of `config.json`, and whether it is that of a T5.
fn read_text(directory: &Path, wanted: Wanted) -> Result<(String, bool)> {
    let path = directory.join("config.json");
    let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => config_error(directory, folder::without_config(directory)),
        _ => Error::io(&path, error),
    })?;
    if let Some(problem) = folder::in_place_of_a_file(text.as_bytes()) {
        return Err(config_error(directory, problem));
    }
    let kind: Kind =
        serde_json::from_str(&text).map_err(|e| config_error(directory, e.to_string()))?;
    let is_t5 = kind.is_t5().map_err(|problem| config_error(directory, problem))?;
    let problem = match (wanted, is_t5) {
        (Wanted::Encoder, true) => {
            "this is a T5 (`model_type`), and an encoder is wanted: a BERT or RoBERTa"
        }
        (Wanted::T5, false) => {
            "this is an encoder (`model_type` bert or roberta), which can't write; a T5 is wanted"
        }
        _ => return Ok((text, is_t5)),
    };
    Err(config_error(directory, problem.into()))
}

impl Kind {
    fn is_t5(&self) -> Result<bool, String> {
        let known = format!("`{}`", MODEL_TYPES.join("`, `"));
        match &self.model_type {
            Some(Value::String(name)) if MODEL_TYPES.contains(&name.as_str()) => {
                Ok(name.ends_with("t5"))
            }
            None | Some(Value::Null) => Err(match self.looks_like() {
                Some(name) => format!(
                    "no `model_type`; its fields are those of a {name}: add `\"model_type\": \"{name}\"` \
                     to it (supported: {known})"
                ),
                None => format!("no `model_type`, which tells the network; supported: {known}"),
            }),
            Some(Value::String(name)) => {
                let name: String = name.chars().take(60).collect();
                Err(format!("`model_type` is `{name}`; supported: {known}"))
            }
            Some(_) => Err(format!("`model_type` is not a string; supported: {known}")),
        }
    }

    fn looks_like(&self) -> Option<&'static str> {
        match (&self.hidden_size, &self.d_kv) {
            (Some(_), None) => Some("bert"),
            (None, Some(_)) => Some("t5"),
            _ => None,
        }
    }
}
