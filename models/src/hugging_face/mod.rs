//! Checkpoints in the layout of the transformers library: `config.json` beside
//! `model.safetensors` (or shards with `model.safetensors.index.json`).
//!
//! Reading is strict: a tensor that is missing, left over or of another shape is an error that
//! lists every such tensor. What may be there without being read is documented at
//! [`load_encoder`], [`load_model`] and [`load_t5`] and returned as `ignored`. Writing is atomic per file.

mod checkpoint;
mod export;
mod import;
mod layout;
mod model;
mod names;
mod t5;
mod t5_names;

use std::path::Path;

use serde::de::DeserializeOwned;

pub use checkpoint::Checkpoint;
pub(crate) use export::named_values;
pub use export::{NamedTensor, save_model};
pub use import::{Loaded, load_encoder, load_model};
pub use model::{Architecture, Model};
pub use names::Naming;
pub(crate) use names::TensorNames;
pub use t5::{load_t5, load_t5_config, load_t5_with, save_t5};
pub(crate) use t5_names::T5Names;

use crate::bert::BertConfig;
use crate::{Error, Result};

/// Reads and checks `config.json` in `directory`.
///
/// # Errors
/// Where it is unreadable, lacks a field, or describes something other than an encoder of the
/// BERT family.
pub fn load_config(directory: &Path) -> Result<BertConfig> {
    read_config(directory, BertConfig::check)
}

fn read_config<C: DeserializeOwned>(
    directory: &Path,
    check: impl Fn(&C) -> Result<(), String>,
) -> Result<C> {
    let path = directory.join("config.json");
    let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
    let parsed = serde_json::from_str::<C>(&text).map_err(|e| e.to_string());
    let checked = parsed.and_then(|config| check(&config).map(|()| config));
    checked.map_err(|problem| Error::Config { path, problem })
}
