//! Checkpoints in the layout of the transformers library: `config.json` beside
//! `model.safetensors` (or shards with `model.safetensors.index.json`).
//!
//! Reading is strict: a tensor that is missing, left over or of another shape is an error that
//! lists every such tensor. What may be there without being read is documented at
//! [`load_encoder`], [`load_model`] and [`load_t5`] and returned as `ignored`. [`load_trunk`] and [`load_model`] read
//! any trunk, by its `model_type`; [`save_model`] writes any trunk with any head, with the head's [`HeadDescription`].
//! Writing is atomic per file.

mod architecture;
mod checkpoint;
mod config;
mod description;
mod export;
mod fill;
mod folder;
mod import;
mod layout;
mod leftover;
mod model;
mod names;
mod scale;
mod t5;
mod t5_names;

pub use architecture::Architecture;
pub use checkpoint::Checkpoint;
pub use config::{load_config, load_t5_config, load_trunk_config};
pub use description::{HeadDescription, SCORE_SCALE, load_description};
pub(crate) use export::named_values;
pub use export::{NamedTensor, save_model};
pub use fill::Loaded;
pub use import::{load_encoder, load_model, load_trunk, load_trunk_with};
pub use model::Model;
pub use names::Naming;
pub(crate) use names::TensorNames;
pub use t5::{load_t5, load_t5_with, save_t5};
pub(crate) use t5_names::{T5ModelNames, T5Names};

pub(crate) use crate::TrunkConfig;
