//! The network that trainings start from: a pretrained one in a folder, or one that is made from scratch.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use serde::Deserialize;
use taskgraft_models::{
    Trunk,
    bert::{BertConfig, Encoder},
    hugging_face,
    t5::{T5, T5Config},
};

use super::{
    Settings,
    tokeniser::Tokeniser,
    trunk_settings::{TrunkKind, TrunkSettings},
};
use crate::{Error, Result, run_dir::DataSource};

/// What trainings start from.
pub struct Given {
    dir: Option<PathBuf>,
    kind: TrunkKind,
    /// Files of the pretrained network.
    pub files: Vec<DataSource>,
}

#[derive(Deserialize)]
struct ModelType {
    model_type: Option<String>,
}

impl Given {
    /// The network in `init`, whose `config.json` says what it is, or one as the settings have it.
    pub(super) fn new(init: Option<&Path>, settings: &Settings) -> Result<Self> {
        let Some(dir) = init else {
            return Ok(Self { dir: None, kind: settings.trunk.kind, files: vec![] });
        };
        let mut files = Vec::new();
        let kind = kind_of(dir)?;
        for path in checkpoint_files(dir)? {
            files.push(DataSource::of_file(&path)?);
        }
        Ok(Self { dir: Some(dir.into()), kind, files })
    }

    /// Which kind of trunk it is.
    pub fn kind(&self) -> TrunkKind {
        self.kind
    }

    /// The folder of the pretrained network.
    pub fn folder(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// What is made from scratch, where nothing is given.
    pub fn scratch<'s>(&self, settings: &'s Settings) -> Option<&'s TrunkSettings> {
        self.dir.is_none().then_some(&settings.trunk)
    }

    /// The longest text that any training has, in tokens.
    pub(super) fn longest(&self, settings: &Settings) -> usize {
        settings.sections.values().map(|config| config.max_length).max().unwrap_or(0)
    }

    /// Refuses lengths and tokenizers that the pretrained network has no room for.
    pub(super) fn check_fits(&self, tokeniser: &Tokeniser, settings: &Settings) -> Result<()> {
        let Some(dir) = self.folder() else { return Ok(()) };
        let (ids, room) = match self.kind {
            TrunkKind::T5 => {
                (tokeniser.vocab_size(), hugging_face::load_t5_config(dir)?.vocab_size)
            }
            TrunkKind::Encoder => {
                let config = hugging_face::load_config(dir)?;
                let longest = self.longest(settings);
                if longest > config.max_length() {
                    return Err(Error::Usage(format!(
                        "max_length {longest} is beyond the {} positions of the encoder in {}",
                        config.max_length(),
                        dir.display()
                    )));
                }
                (tokeniser.vocab_size(), config.vocab_size)
            }
        };
        if ids > room {
            return Err(Error::Usage(format!(
                "the tokenizer in {} has {ids} ids, and the network beside it has embeddings for {room} \
                 (`vocab_size` of config.json): they do not belong together; use the tokenizer that the network was \
                 trained with, or resize its embeddings",
                dir.display()
            )));
        }
        Ok(())
    }

    /// The trunk for a training with a seed; `dropout` is that of a T5.
    pub(super) fn trunk(
        &self,
        tokeniser: &Tokeniser,
        settings: &Settings,
        (seed, dropout): (u64, Option<f64>),
        device: &Device,
    ) -> Result<Trunk> {
        let own = &settings.trunk;
        let of_t5 = dropout.unwrap_or(own.dropout);
        Ok(match (self.kind, self.folder()) {
            (TrunkKind::Encoder, Some(dir)) => {
                hugging_face::load_encoder(dir, device)?.module.into()
            }
            (TrunkKind::Encoder, None) => {
                let mut config = BertConfig::new(tokeniser.vocab_size(), own.hidden, own.layers)
                    .with_dropout(own.dropout)
                    .with_max_length(self.longest(settings));
                config.pad_token_id = Some(tokeniser.pad_id() as usize);
                Encoder::new(&config, seed, device)?.into()
            }
            (TrunkKind::T5, Some(dir)) => {
                let with = |config: T5Config| config.with_dropout(of_t5);
                hugging_face::load_t5_with(dir, device, with)?.module.into()
            }
            (TrunkKind::T5, None) => {
                let config = T5Config::v1_1(
                    tokeniser.vocab_size(),
                    own.d_model,
                    own.d_ff,
                    own.layers,
                    own.heads,
                );
                let config = config.with_head_width(own.d_kv).with_dropout(of_t5);
                T5::new(&config, seed, device)?.into()
            }
        })
    }

    /// What the network is, in a few words.
    pub fn describe(&self, settings: &Settings) -> String {
        let own = &settings.trunk;
        match (self.folder(), self.kind) {
            (Some(dir), TrunkKind::Encoder) => format!("pretrained encoder {}", dir.display()),
            (Some(dir), TrunkKind::T5) => format!("pretrained T5 {}", dir.display()),
            (None, TrunkKind::Encoder) => {
                format!("encoder of {} layers of width {} from scratch", own.layers, own.hidden)
            }
            (None, TrunkKind::T5) => format!(
                "T5 1.1 of {} + {} layers of width {} from scratch",
                own.layers, own.layers, own.d_model
            ),
        }
    }
}

/// The kind that a folder's `config.json` names.
fn kind_of(dir: &Path) -> Result<TrunkKind> {
    let path = dir.join("config.json");
    let text = std::fs::read(&path).map_err(Error::io(&path))?;
    let problem = |problem: String| Error::File { path: path.clone(), problem };
    let read: ModelType =
        serde_json::from_slice(&text).map_err(|e| problem(format!("is no configuration: {e}")))?;
    match read.model_type.as_deref() {
        Some("t5" | "mt5") => Ok(TrunkKind::T5),
        // A configuration without a type is an encoder's of old.
        Some("bert" | "roberta" | "xlm-roberta" | "camembert") | None => Ok(TrunkKind::Encoder),
        Some(other) => Err(problem(format!(
            "its `model_type` is `{other}`; the trunks that can be read are bert, roberta and t5"
        ))),
    }
}

/// The files a checkpoint is made of, shards included, in the order of their names.
fn checkpoint_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        let is_weights = path.extension().is_some_and(|e| e == "safetensors");
        if is_weights || path.file_name().is_some_and(|n| n == "config.json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
