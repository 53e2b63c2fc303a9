//! What the runs of a text-to-text study share: tokenised tasks and texts, and the network they start from.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::tensor::Device;
use taskgraft_models::{
    hugging_face,
    t5::{T5, T5Config},
};
use taskgraft_tasks::{
    Example, Split, Task, TextCorpus,
    mixture::permute,
    objectives::{SpanCorruption, random_spans_lengths},
    text::T5Tokenizer,
};

use super::{TextSettings, TextSuite};
use crate::{
    Error, Result,
    run_dir::DataSource,
    study::workbench::checkpoint_files,
    train::{Reading, TaskData},
};

/// Tasks, texts and tokenizer, ready for training.
pub struct TextBench {
    /// Tasks of the mixture, in an order of which subsets are the beginnings.
    pub mixture: Vec<TaskData>,
    pub held_out: Vec<TaskData>,
    pub denoising: TaskData,
    pub tokenizer: Arc<T5Tokenizer>,
    pub sources: Vec<DataSource>,
    pub init_files: Vec<DataSource>,
    init: Option<PathBuf>,
    scratch: T5Config,
    device: Device,
}

impl TextBench {
    /// Reads and tokenises tasks for the mixture and for fine-tuning, and the corpus.
    ///
    /// # Errors
    /// Data, tokenizer or checkpoint that are missing or malformed.
    pub fn new(
        suite: &TextSuite,
        (mixture, held_out): (&[String], &[String]),
        init: Option<&Path>,
        settings: &TextSettings,
        device: &Device,
    ) -> Result<Self> {
        let load = |names: &[String]| -> Result<Vec<Task>> {
            let one = |name: &String| {
                let mut task = suite.load(name)?;
                if let Some(dev) = task.splits.get_mut(&Split::Dev) {
                    *dev = spread(dev, settings.max_dev);
                }
                Ok(task)
            };
            names.iter().map(one).collect()
        };
        let (mixture, held_out) = (load(mixture)?, load(held_out)?);
        if let Some(task) = held_out.iter().find(|task| task.split(Split::Dev).is_empty()) {
            let name = &task.spec.name;
            let what = "has no dev examples, so that it can't be scored; hold out another";
            return Err(Error::Usage(format!("task `{name}` {what}")));
        }
        let corpora = suite.corpora(&mixture)?;
        let tokenizer = Arc::new(match init {
            Some(dir) => T5Tokenizer::from_dir(dir)?,
            None => train_tokenizer(&mixture, &corpora, settings)?,
        });
        let mut init_files = Vec::new();
        for path in init.map(checkpoint_files).transpose()?.into_iter().flatten() {
            init_files.push(DataSource::of_file(&path)?);
        }
        let files = mixture.iter().chain(&held_out).flat_map(|task| &task.sources);
        let files = files.chain(corpora.iter().flat_map(|corpus| &corpus.sources));
        let sources = files.map(|s| DataSource {
            path: s.path.clone(),
            bytes: s.bytes,
            sha256: s.sha256.clone(),
        });
        let reading = if settings.rank_labels { Reading::Ranked } else { Reading::Written };
        let encode = |tasks: &[Task]| -> Result<Vec<TaskData>> {
            let one = |task| TaskData::text_to_text(task, &tokenizer, settings.row, reading);
            tasks.iter().map(one).collect()
        };
        let trunk = &settings.trunk;
        let scratch = T5Config::v1_1(
            tokenizer.vocab_size(),
            trunk.d_model,
            trunk.d_ff,
            trunk.layers,
            trunk.heads,
        );
        Ok(Self {
            denoising: denoising(&corpora, &tokenizer, settings)?,
            mixture: encode(&mixture)?,
            held_out: encode(&held_out)?,
            sources: sources.collect(),
            tokenizer,
            init_files,
            init: init.map(Path::to_path_buf),
            scratch: scratch.with_head_width(trunk.d_kv),
            device: device.clone(),
        })
    }

    /// The network pre-training starts from: the given one, or one drawn from the seed.
    ///
    /// # Errors
    /// If the checkpoint can't be read.
    pub fn t5(&self, seed: u64, dropout: f64) -> Result<T5> {
        Ok(match &self.init {
            Some(dir) => {
                hugging_face::load_t5_with(dir, &self.device, |c| c.with_dropout(dropout))?.module
            }
            None => T5::new(&self.scratch.clone().with_dropout(dropout), seed, &self.device)?,
        })
    }

    /// Tasks of the mixture, at most so many; the same ones for the same number.
    pub fn tasks(&self, count: Option<usize>) -> Vec<TaskData> {
        const KEY: u64 = 0x6d69_7875;
        let all = self.mixture.len();
        match count {
            Some(count) if count < all => {
                (0..count).map(|i| self.mixture[permute(KEY, all, i)].clone()).collect()
            }
            _ => self.mixture.clone(),
        }
    }

    pub(super) fn describe(&self) -> String {
        let sizes = |tasks: &[TaskData]| {
            let size = |t: &TaskData| format!("{} {}/{}", t.spec.name, t.size(), t.dev.len());
            tasks.iter().map(size).collect::<Vec<_>>().join(", ")
        };
        format!(
            "mixture of {} tasks (training/dev examples): {}\nheld out: {}\n{} passages to denoise, vocabulary of {}",
            self.mixture.len(),
            sizes(&self.mixture),
            sizes(&self.held_out),
            self.denoising.size(),
            self.tokenizer.vocab_size()
        )
    }
}

/// At most so many of the examples, every so manieth.
fn spread(examples: &[Example], most: usize) -> Vec<Example> {
    let every = examples.len().div_ceil(most.max(1)).max(1);
    examples.iter().step_by(every).cloned().collect()
}

/// A tokenizer trained on the mixture's texts, with their targets, and the corpus; every so manieth where there are too
/// many.
fn train_tokenizer(
    mixture: &[Task],
    corpora: &[TextCorpus],
    settings: &TextSettings,
) -> Result<T5Tokenizer> {
    let of_task = |task: &Task| -> Vec<String> {
        let examples = task.split(Split::Train).iter();
        let texts = examples.flat_map(|example| {
            let answer = example.answer().map(|answer| answer.text.clone());
            [example.input().map(String::from), answer].into_iter().flatten()
        });
        texts.collect()
    };
    let mut texts: Vec<String> = mixture.iter().flat_map(of_task).collect();
    texts.extend(corpora.iter().flat_map(|corpus| corpus.lines.iter().cloned()));
    let every = texts.len().div_ceil(settings.trunk.tokenizer_texts.max(1)).max(1);
    let chosen = texts.iter().step_by(every).map(String::as_str);
    let trunk = &settings.trunk;
    Ok(T5Tokenizer::train(chosen, trunk.vocabulary, trunk.sentinels)?)
}

fn denoising(
    corpora: &[TextCorpus],
    tokenizer: &Arc<T5Tokenizer>,
    settings: &TextSettings,
) -> Result<TaskData> {
    let TextSettings { density, mean_span, row, .. } = *settings;
    let lines: Vec<&str> =
        corpora.iter().flat_map(|corpus| corpus.lines.iter().map(String::as_str)).collect();
    let documents = tokenizer.encode_texts(&lines)?;
    if random_spans_lengths(row.inputs, density, mean_span).is_none() {
        let what = format!("texts of {} tokens have no room for denoising", row.inputs);
        return Err(Error::Usage(what));
    }
    let objective = SpanCorruption { density, mean_span, tokens: tokenizer.tokens() };
    let shortest = (1.5 * mean_span).ceil() as usize + 1;
    TaskData::denoising("denoising", documents, Arc::new(objective), (row, shortest), tokenizer)
}
