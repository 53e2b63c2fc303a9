//! What a family's files may hold beside the parameters of a network, and how they say what they hold.

use super::names::ModelNames;
use super::t5_names::{OUTPUT, SHARED};
use super::{Architecture, Checkpoint, Naming, T5ModelNames, T5Names, TrunkConfig};

/// What to do with a tensor that no parameter uses.
pub(super) enum Leftover {
    Ignore,
    /// A second copy of the tensor of this name, which it must equal.
    Copy(String),
    Refuse,
}

impl ModelNames {
    /// What to do with a tensor that a network of this architecture has no place for.
    pub(super) fn leftover(&self, architecture: Architecture, name: &str) -> Leftover {
        match self {
            Self::Bert(naming) => of_encoder(naming, architecture, name),
            Self::T5(names) => of_t5(names, architecture, name),
        }
    }

    /// Whether the checkpoint has a pooler, which is a part of encoders alone.
    pub(super) fn has_pooler(&self, checkpoint: &Checkpoint) -> bool {
        match self {
            Self::Bert(naming) => {
                checkpoint.shape(&format!("{}pooler.dense.weight", naming.prefix())).is_some()
            }
            Self::T5(_) => false,
        }
    }

    /// The configuration with an output of its own, where the file has one that differs from the
    /// embeddings and the configuration allows it.
    pub(super) fn untied(&self, config: TrunkConfig, checkpoint: &Checkpoint) -> TrunkConfig {
        match (self, config) {
            (Self::T5(names), TrunkConfig::T5(config))
                if config.tie_word_embeddings && config.may_be_untied() =>
            {
                let output = checkpoint.floats(&names.full(OUTPUT));
                let differs = output.is_some() && output != checkpoint.floats(&names.full(SHARED));
                TrunkConfig::T5(if differs { config.untied() } else { config })
            }
            (_, config) => config,
        }
    }
}

fn of_encoder(naming: &Naming, architecture: Architecture, name: &str) -> Leftover {
    let heads: &[&str] = match architecture {
        Architecture::Trunk => &["cls.", "classifier.", "lm_head.", "qa_outputs."],
        Architecture::MaskedLanguageModel => &["cls.seq_relationship."],
        _ => &[],
    };
    let is_buffer = name.ends_with("embeddings.position_ids");
    if is_buffer || heads.iter().any(|head| name.starts_with(head)) {
        return Leftover::Ignore;
    }
    let is_masked = architecture == Architecture::MaskedLanguageModel;
    let mut tied = naming.tied().into_iter();
    match tied.find(|(second, _)| is_masked && *second == name) {
        Some((_, first)) => Leftover::Copy(first),
        None => Leftover::Refuse,
    }
}

fn of_t5(names: &T5ModelNames, architecture: Architecture, name: &str) -> Leftover {
    let bare = names.bare(name);
    match T5Names::first_of_copy(bare) {
        Some(first) => Leftover::Copy(names.full(first)),
        None if T5Names::is_unused(bare) => Leftover::Ignore,
        None if architecture == Architecture::Trunk && T5ModelNames::is_of_head(name) => {
            Leftover::Ignore
        }
        None => Leftover::Refuse,
    }
}
