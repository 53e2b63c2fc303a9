//! T5 checkpoints: reading with or without an output matrix, and writing such that transformers of
//! any version ties and scales the output as the network does.

use std::path::Path;

use burn::tensor::Device;

use super::export::save;
use super::import::{Leftover, Loaded, fill};
use super::t5_names::{OUTPUT, SHARED, T5Names};
use super::{Checkpoint, read_config};
use crate::t5::{T5, T5Config};
use crate::{Error, Result};

const CLASS_SUFFIX: &str = "ForConditionalGeneration";
/// The class' name in files of the first release.
const OLD_CLASS: &str = "T5WithLMHeadModel";

/// Reads and checks the `config.json` of a T5 in `directory`.
///
/// # Errors
/// Where it is unreadable, lacks a field, or describes something other than a T5.
pub fn load_t5_config(directory: &Path) -> Result<T5Config> {
    read_config(directory, T5Config::check)
}

/// Reads the T5 in `directory`. It gets an output of its own where the file has one that differs
/// from the embeddings and the configuration allows it.
///
/// Ignored, and said so: second copies of the embeddings, which must equal the first, and the
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
    let mut config = change(load_t5_config(directory)?);
    let problem = |problem| Error::Config { path: directory.join("config.json"), problem };
    let named = config.architectures.as_ref().and_then(|names| names.first());
    let is_known = |name: &str| name.ends_with(CLASS_SUFFIX) || name == OLD_CLASS;
    if let Some(name) = named.filter(|name| !is_known(name)) {
        return Err(problem(format!("unsupported architecture `{name}`")));
    }
    let checkpoint = Checkpoint::open(directory)?;
    if config.tie_word_embeddings && config.may_be_untied() {
        let output = checkpoint.floats(OUTPUT);
        if output.is_some() && output != checkpoint.floats(SHARED) {
            config = config.untied();
        }
    }
    checkpoint.check_holds(config.parameters())?;
    let names = T5Names::new(&config);
    fill(T5::zeros(&config, device), &checkpoint, &names, |name| {
        match T5Names::first_of_copy(name) {
            Some(first) => Leftover::Copy(first.into()),
            None if T5Names::is_unused(name) => Leftover::Ignore,
            None => Leftover::Refuse,
        }
    })
}

/// Writes `config.json` and `model.safetensors` into `directory`, which is made if need be.
/// Each file appears whole or not at all. Weights are F32; tied ones are written once.
///
/// # Errors
/// Where the directory is not writable, or a device does not hand over its values.
pub fn save_t5(model: &T5, directory: &Path) -> Result<()> {
    let mut config = model.config().clone();
    let names = T5Names::new(&config);
    config.architectures = Some(vec![config.class_name()]);
    config.other.insert("is_encoder_decoder".into(), true.into());
    save(model, &names, &config, directory)
}

impl T5Config {
    /// Hugging Face's name of the class.
    pub(crate) fn class_name(&self) -> String {
        let family = match self.model_type {
            crate::t5::T5Family::T5 => "T5",
            crate::t5::T5Family::Mt5 => "MT5",
        };
        format!("{family}{CLASS_SUFFIX}")
    }
}
