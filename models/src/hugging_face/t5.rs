//! T5 checkpoints: reading with or without an output matrix, and writing such that transformers of
//! any version ties and scales the output as the network does.

use std::path::Path;

use burn::tensor::Device;

use super::fill::Loaded;
use super::import::load;
use super::{HeadDescription, Model, TrunkConfig, load_t5_config, save_model};
use crate::t5::{T5, T5Config};
use crate::{Error, Result, Trunk};

/// Reads the T5 in `directory`. It gets an output of its own where the file has one that differs
/// from the embeddings and the configuration allows it.
///
/// Ignored, and said so: a head on the encoder, second copies of the embeddings, which must equal the first, and the
/// position table of the decoder's cross-attention that files of the first release hold.
///
/// # Errors
/// Where a file is unreadable, the configuration is of something else, or any other tensor is
/// missing, left over, or of another shape.
pub fn load_t5(directory: &Path, device: &Device) -> Result<Loaded<T5>> {
    load_t5_with(directory, device, |config| config)
}

/// As [`load_t5`], with a change of what is not in the weights, such as the dropout.
///
/// # Errors
/// As [`load_t5`].
pub fn load_t5_with(
    directory: &Path,
    device: &Device,
    change: impl FnOnce(T5Config) -> T5Config,
) -> Result<Loaded<T5>> {
    let config = TrunkConfig::T5(change(load_t5_config(directory)?));
    let Loaded { module, ignored } = load(directory, config, false, device)?;
    match module.trunk {
        Trunk::T5(module) => Ok(Loaded { module, ignored }),
        Trunk::Encoder(_) => {
            Err(Error::Invalid("`load_t5` made an encoder of a T5's configuration".into()))
        }
    }
}

/// Writes `config.json` and `model.safetensors` into `directory`, which is made if need be.
/// Each file appears whole or not at all. Weights are F32; tied ones are written once.
///
/// # Errors
/// As [`save_model`].
pub fn save_t5(model: &T5, directory: &Path) -> Result<()> {
    let model = Model { trunk: model.clone().into(), head: None };
    save_model(&model, &HeadDescription::Plain, directory)
}
