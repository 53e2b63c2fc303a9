//! What all runs of a study share: tokenised tasks, the tokenizer and the trunk they start from.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use taskgraft_models::{
    bert::{BertConfig, Encoder},
    hugging_face,
};
use taskgraft_tasks::{
    Split, Task, Text, glue::Glue, suite::Suite, synthetic::Synthetic, text::TextEncoder,
};

use super::Settings;
use crate::{Error, Result, run_dir::DataSource, train::TaskData};

/// Tasks and trunk, ready for training.
pub struct Workbench {
    pub tasks: Vec<TaskData>,
    pub encoder: TextEncoder,
    /// Files the tasks were read from.
    pub sources: Vec<DataSource>,
    /// Files of the pretrained encoder.
    pub init_files: Vec<DataSource>,
    init: Option<PathBuf>,
    scratch: BertConfig,
    device: Device,
}

/// The suite in `data`, or the synthetic one.
///
/// # Errors
/// Settings of the synthetic suite that make no sense.
pub fn suite(data: Option<&Path>, settings: &Settings) -> Result<Box<dyn Suite>> {
    Ok(match data {
        Some(dir) => Box::new(Glue::new(dir)),
        None => Box::new(Synthetic::new(settings.synthetic.clone())?),
    })
}

impl Workbench {
    /// Reads and tokenises `names` and loads or describes the trunk.
    ///
    /// # Errors
    /// Data, tokenizer or checkpoint that are missing or malformed.
    pub fn new(
        suite: &dyn Suite,
        names: &[&str],
        init: Option<&Path>,
        settings: &Settings,
        device: &Device,
    ) -> Result<Self> {
        let mut tasks = suite.load_all(names)?;
        for task in &mut tasks {
            // What is not called symmetric is trained on as it stands.
            task.spec.symmetric &= settings.both_orders;
        }
        let max_length = settings.single.max_length.max(settings.multi.max_length);
        let encoder = match init {
            Some(dir) => TextEncoder::from_dir(dir, max_length)?,
            None => TextEncoder::train(
                tasks.iter().flat_map(training_texts),
                settings.trunk.vocabulary,
                max_length,
            )?,
        };
        let sources = tasks.iter().flat_map(|t| &t.sources).map(|s| DataSource {
            path: s.path.clone(),
            bytes: s.bytes,
            sha256: s.sha256.clone(),
        });
        let sources = sources.collect();
        let mut init_files = Vec::new();
        if let Some(dir) = init {
            check_fits(dir, max_length)?;
            for path in checkpoint_files(dir)? {
                init_files.push(DataSource::of_file(&path)?);
            }
        }
        let tasks = tasks.iter().map(|t| TaskData::encode(t, &encoder)).collect::<Result<_>>()?;
        let trunk = &settings.trunk;
        let mut scratch = BertConfig::new(encoder.vocab_size(), trunk.hidden, trunk.layers)
            .with_dropout(trunk.dropout)
            .with_max_length(max_length);
        scratch.pad_token_id = Some(encoder.pad_id() as usize);
        let init = init.map(Path::to_path_buf);
        Ok(Self { tasks, encoder, sources, init_files, init, scratch, device: device.clone() })
    }

    /// The trunk a run starts from: the pretrained one, or one drawn from the seed.
    ///
    /// # Errors
    /// If the checkpoint can't be read.
    pub fn trunk(&self, seed: u64) -> Result<Encoder> {
        Ok(match &self.init {
            Some(dir) => hugging_face::load_encoder(dir, &self.device)?.module,
            None => Encoder::new(&self.scratch, seed, &self.device)?,
        })
    }
}

pub(super) fn check_fits(dir: &Path, max_length: usize) -> Result<()> {
    let config = hugging_face::load_config(dir)?;
    if max_length > config.max_length() {
        return Err(Error::Usage(format!(
            "max_length {max_length} is beyond the {} positions of the encoder in {}",
            config.max_length(),
            dir.display()
        )));
    }
    Ok(())
}

/// The files a checkpoint is made of, shards included, in the order of their names.
pub(super) fn checkpoint_files(dir: &Path) -> Result<Vec<PathBuf>> {
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

pub(super) fn training_texts(task: &Task) -> impl Iterator<Item = &str> {
    task.split(Split::Train).iter().flat_map(|example| -> Vec<&str> {
        match &example.text {
            Text::One(text) => vec![text],
            Text::Two(a, b) => vec![a, b],
            Text::Words(words) => words.iter().map(String::as_str).collect(),
        }
    })
}
