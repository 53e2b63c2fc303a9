//! From a checkpoint to modules: a trunk of one family or of any, with its head or without.
//!
//! What a file may hold beside them is said by its family; the scale of a score is taken out of its head.

use std::path::Path;

use burn::tensor::Device;

use super::fill::{Loaded, fill};
use super::names::ModelNames;
use super::scale::{self, Scale};
use super::{
    Architecture, Checkpoint, HeadDescription, Model, TrunkConfig, load_config, load_trunk_config,
};
use crate::bert::Encoder;
use crate::{Error, Result, Trunk};

/// Reads the trunk of the checkpoint in `directory`, with a pooler where the file has one.
///
/// Ignored, and said so: heads (`cls.*`, `classifier.*`, `lm_head.*`, `qa_outputs.*`) and the
/// `position_ids` buffer of older files.
///
/// # Errors
/// Where a file is unreadable, the configuration is of something else, or any other tensor is
/// missing, left over, or of another shape.
pub fn load_encoder(directory: &Path, device: &Device) -> Result<Loaded<Encoder>> {
    let config = TrunkConfig::Bert(load_config(directory)?);
    let Loaded { module, ignored } = load(directory, config, false, device)?;
    match module.trunk {
        Trunk::Encoder(module) => Ok(Loaded { module, ignored }),
        Trunk::T5(_) => {
            Err(Error::Invalid("`load_encoder` made a T5 of an encoder's configuration".into()))
        }
    }
}

/// Reads the trunk of the checkpoint in `directory`, of the family that its `model_type` names; a
/// head is ignored, and said so.
///
/// # Errors
/// As [`load_encoder`] and [`load_t5`](super::load_t5); other values of `model_type` than
/// [`MODEL_TYPES`](crate::MODEL_TYPES).
pub fn load_trunk(directory: &Path, device: &Device) -> Result<Loaded<Trunk>> {
    load_trunk_with(directory, device, |config| config)
}

/// As [`load_trunk`], with a change of what is not in the weights, such as the dropout.
///
/// # Errors
/// As [`load_trunk`].
pub fn load_trunk_with(
    directory: &Path,
    device: &Device,
    change: impl FnOnce(TrunkConfig) -> TrunkConfig,
) -> Result<Loaded<Trunk>> {
    let config = change(load_trunk_config(directory)?);
    let Loaded { module, ignored } = load(directory, config, false, device)?;
    Ok(Loaded { module: module.trunk, ignored })
}

/// Reads trunk and head of the checkpoint in `directory`, by the family and the architecture that its
/// configuration names or its tensors tell. Scores are given as 0 to 1 where the configuration has
/// their scale: see [`HeadDescription`].
///
/// Ignored, and said so: the `position_ids` buffer of older files, the next-sentence head
/// (`cls.seq_relationship.*`), and second copies of tied tensors, which must equal the first.
///
/// # Errors
/// As [`load_trunk`].
pub fn load_model(directory: &Path, device: &Device) -> Result<Loaded<Model>> {
    load(directory, load_trunk_config(directory)?, true, device)
}

/// Reads a network of a configuration that was read from `directory`, with its head or without.
pub(super) fn load(
    directory: &Path,
    config: TrunkConfig,
    with_head: bool,
    device: &Device,
) -> Result<Loaded<Model>> {
    let of_config = |problem| Error::Config { path: directory.join("config.json"), problem };
    let checkpoint = Checkpoint::open(directory)?;
    let named = || {
        Architecture::of(&config, &checkpoint).map_err(|name| {
            let known = Architecture::ALL.map(|known| known.class_name(&config)).join(", ");
            of_config(format!("unsupported architecture `{name}`; supported: {known}"))
        })
    };
    let architecture = match (with_head, &config) {
        (true, _) | (false, TrunkConfig::T5(_)) => named()?,
        // A trunk of the BERT family is read from under any head.
        (false, TrunkConfig::Bert(_)) => Architecture::Trunk,
    };
    let architecture = if with_head { architecture } else { Architecture::Trunk };
    let names = ModelNames::of_file(&config, &checkpoint);
    let config = names.untied(config, &checkpoint);
    checkpoint.check_holds(config.matrix_parameters())?;
    let description = HeadDescription::read(config.other()).map_err(of_config)?;
    let model = Model::zeros(&config, architecture, names.has_pooler(&checkpoint), device);
    let mut loaded = fill(model, &checkpoint, &names, |name| names.leftover(architecture, name))?;
    if let (Some(scale), Some(head)) = (Scale::of(&description), loaded.module.head.clone()) {
        loaded.module.head = Some(scale::unfold(scale, head, &names, directory));
    }
    Ok(loaded)
}
