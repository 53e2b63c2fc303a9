//! What the runs of one end-task share: its tokenised examples and texts, and the trunk they start from.

use std::{collections::BTreeMap, path::Path};

use burn::tensor::Device;
use taskgraft_models::{
    bert::{BertConfig, Encoder},
    hugging_face,
};
use taskgraft_tasks::{
    Split,
    corpus::Corpora,
    mixture::permute,
    suite::Suite,
    synthetic::EndTask,
    tartan::Tartan,
    text::{Encoded, TextEncoder},
};

use super::{EndTaskSettings, auxiliary::Auxiliary};
use crate::{
    Result,
    run_dir::DataSource,
    study::workbench::{check_fits, checkpoint_files, training_texts},
    train::TaskData,
};

/// End-tasks with texts of their own.
pub trait EndTasks: Suite + Corpora {}

impl<S: Suite + Corpora> EndTasks for S {}

/// The suite in `data`, or the built-in one.
///
/// # Errors
/// Settings of the built-in end-task that make no sense.
pub fn end_tasks(data: Option<&Path>, settings: &EndTaskSettings) -> Result<Box<dyn EndTasks>> {
    Ok(match data {
        Some(dir) => Box::new(Tartan::new(dir)),
        None => Box::new(EndTask::new(settings.synthetic.clone())?),
    })
}

/// An end-task, ready for training.
pub struct EndTaskBench {
    /// Its dev examples are those that weights are selected by.
    pub task: TaskData,
    /// Dev examples that task weights are learned from.
    pub meta_dev: Vec<Encoded>,
    pub test: Vec<Encoded>,
    /// What it can be trained with, by name.
    pub auxiliaries: BTreeMap<String, TaskData>,
    pub encoder: TextEncoder,
    pub sources: Vec<DataSource>,
    pub init_files: Vec<DataSource>,
    init: Option<std::path::PathBuf>,
    scratch: BertConfig,
    device: Device,
}

impl EndTaskBench {
    /// Reads and tokenises an end-task with the auxiliary tasks that are asked for.
    ///
    /// # Errors
    /// Data, tokenizer or checkpoint that are missing or malformed.
    pub fn new(
        suite: &dyn EndTasks,
        name: &str,
        auxiliaries: &[String],
        init: Option<&Path>,
        settings: &EndTaskSettings,
        device: &Device,
    ) -> Result<Self> {
        let task = suite.load(name)?;
        let read: Vec<Auxiliary> =
            auxiliaries.iter().map(|a| Auxiliary::read(suite, name, a)).collect::<Result<_>>()?;
        let max_length = settings.train.max_length;
        let encoder = match init {
            Some(dir) => TextEncoder::from_dir(dir, max_length)?,
            None => {
                let lines = read.iter().flat_map(Auxiliary::lines);
                let texts = training_texts(&task).chain(lines);
                TextEncoder::train(texts, settings.trunk.vocabulary, max_length)?
            }
        };
        let source = |s: &taskgraft_tasks::SourceFile| DataSource {
            path: s.path.clone(),
            bytes: s.bytes,
            sha256: s.sha256.clone(),
        };
        let files = task.sources.iter().chain(read.iter().flat_map(Auxiliary::sources));
        let sources = files.map(source).collect();
        let mut init_files = Vec::new();
        if let Some(dir) = init {
            check_fits(dir, max_length)?;
            for path in checkpoint_files(dir)? {
                init_files.push(DataSource::of_file(&path)?);
            }
        }
        let test = encoder.encode_all(task.split(Split::Test))?;
        let mut task = TaskData::encode(&task, &encoder)?;
        let meta_dev = match settings.shared_dev {
            true => task.dev.clone(),
            false => split_off_half(&mut task.dev),
        };
        let auxiliaries = auxiliaries
            .iter()
            .zip(&read)
            .map(|(name, read)| Ok((name.clone(), read.data(name, &settings.masking, &encoder)?)))
            .collect::<Result<_>>()?;
        let trunk = &settings.trunk;
        let mut scratch = BertConfig::new(encoder.vocab_size(), trunk.hidden, trunk.layers)
            .with_dropout(trunk.dropout)
            .with_max_length(max_length);
        scratch.pad_token_id = Some(encoder.pad_id() as usize);
        Ok(Self {
            task,
            meta_dev,
            test,
            auxiliaries,
            encoder,
            sources,
            init_files,
            init: init.map(Path::to_path_buf),
            scratch,
            device: device.clone(),
        })
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

/// Takes half of the examples out, the same ones always.
fn split_off_half(examples: &mut Vec<Encoded>) -> Vec<Encoded> {
    const KEY: u64 = 0x6d65_7461;
    let count = examples.len();
    let mut is_taken = vec![false; count];
    (0..count / 2).for_each(|i| is_taken[permute(KEY, count, i)] = true);
    let mut taken = is_taken.into_iter();
    let mut half = Vec::with_capacity(count / 2);
    examples.retain(|example| {
        let take = taken.next().unwrap_or(false);
        if take {
            half.push(example.clone());
        }
        !take
    });
    half
}
