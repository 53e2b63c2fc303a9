//! The network that trainings start from: a pretrained one in a folder, or one that is made from scratch.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use taskgraft_models::{
    TokenizerFacts, Trunk, TrunkConfig,
    bert::{BertConfig, Encoder},
    check_tokenizer, hugging_face,
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
    /// The pretrained network's folder and configuration.
    given: Option<(PathBuf, TrunkConfig)>,
    kind: TrunkKind,
    /// Files of the pretrained network.
    pub files: Vec<DataSource>,
}

impl Given {
    /// The network in `init`, whose `config.json` says what it is, or one as the settings have it.
    pub(super) fn new(init: Option<&Path>, settings: &Settings) -> Result<Self> {
        let Some(dir) = init else {
            return Ok(Self { given: None, kind: settings.trunk.kind, files: vec![] });
        };
        let mut files = Vec::new();
        let config = hugging_face::load_trunk_config(dir)?;
        let kind = match config {
            TrunkConfig::T5(_) => TrunkKind::T5,
            TrunkConfig::Bert(_) => TrunkKind::Encoder,
        };
        for path in checkpoint_files(dir)? {
            files.push(DataSource::of_file(&path)?);
        }
        Ok(Self { given: Some((dir.into(), config)), kind, files })
    }

    /// Which kind of trunk it is.
    pub fn kind(&self) -> TrunkKind {
        self.kind
    }

    /// The folder of the pretrained network.
    pub fn folder(&self) -> Option<&Path> {
        self.given.as_ref().map(|(dir, _)| dir.as_path())
    }

    /// What is made from scratch, where nothing is given.
    pub fn scratch<'s>(&self, settings: &'s Settings) -> Option<&'s TrunkSettings> {
        self.given.is_none().then_some(&settings.trunk)
    }

    /// The longest text that any training has, in tokens.
    pub(super) fn longest(&self, settings: &Settings) -> usize {
        settings.sections.values().map(|config| config.max_length).max().unwrap_or(0)
    }

    /// Refuses texts that the pretrained network has no positions for.
    pub(super) fn check_lengths(&self, settings: &Settings) -> Result<()> {
        let Some((dir, TrunkConfig::Bert(config))) = &self.given else { return Ok(()) };
        let longest = self.longest(settings);
        if longest > config.max_length() {
            return Err(Error::Usage(format!(
                "`max_length` is {longest}, but the encoder in {} has {} positions; give at most as many",
                dir.display(),
                config.max_length()
            )));
        }
        Ok(())
    }

    /// Reads the pretrained network once, so that files that are missing, of other shapes or not finite are known now.
    pub(super) fn check_network(&self, settings: &Settings, device: &Device) -> Result<()> {
        match self.folder() {
            Some(dir) => self.pretrained(dir, settings.trunk.dropout, device).map(drop),
            None => Ok(()),
        }
    }

    fn pretrained(&self, dir: &Path, dropout: f64, device: &Device) -> Result<Trunk> {
        Ok(match self.kind {
            TrunkKind::Encoder => hugging_face::load_encoder(dir, device)?.module.into(),
            TrunkKind::T5 => {
                let with = |config: T5Config| config.with_dropout(dropout);
                hugging_face::load_t5_with(dir, device, with)?.module.into()
            }
        })
    }

    /// Refuses a tokenizer that does not belong to the pretrained network.
    pub(super) fn check_tokeniser(&self, tokeniser: &Tokeniser) -> Result<()> {
        let Some((dir, config)) = &self.given else { return Ok(()) };
        let facts = tokeniser.facts();
        let facts = TokenizerFacts {
            largest: facts.largest,
            pad: facts.pad,
            eos: facts.eos,
            special: facts.special,
            segments: facts.segments,
        };
        Ok(check_tokenizer(config, &facts, dir)?)
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
            (_, Some(dir)) => self.pretrained(dir, of_t5, device)?,
            (TrunkKind::Encoder, None) => {
                let mut config = BertConfig::new(tokeniser.vocab_size(), own.hidden, own.layers)
                    .with_dropout(own.dropout)
                    .with_max_length(self.longest(settings));
                config.pad_token_id = Some(tokeniser.pad_id() as usize);
                Encoder::new(&config, seed, device)?.into()
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
