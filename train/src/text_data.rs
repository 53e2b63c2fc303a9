//! Text-to-text tasks ready for training: supervised ones, and denoising of a corpus.

use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};
use taskgraft_tasks::{
    Error, Example, ExampleId, Family, Split, Target, TargetKind, Task, TaskSpec,
    cache::{CacheKey, FeatureCache},
    mixture::TextToTextSource,
    objectives::{Documents, Lengths, Objective, PassageSource},
    text::{Encoded, T5Tokenizer, TextPair},
};

use super::{
    TaskData,
    data::{fingerprint, warn},
};
use crate::Result;

/// How an answer is got from the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// What it writes, each token the likeliest.
    #[default]
    Written,
    /// What it writes, by a search with so many beams.
    Searched(usize),
    /// The likeliest of the task's labels, where it has labels (rank classification).
    Ranked,
}

/// The training examples of a text-to-text task, and how what is written is read.
#[derive(Clone)]
pub struct TextData {
    pub source: Arc<dyn TextToTextSource>,
    pub tokenizer: Arc<T5Tokenizer>,
    /// Tokens of every label's text, EOS included, where answers are got by ranking; else empty.
    pub labels: Vec<Vec<usize>>,
    /// The most tokens that are written.
    pub limit: usize,
    /// Beams of the search for what is written; 1 takes the likeliest token each time.
    pub beam: usize,
    /// Where answers stand for labels.
    pub classes: Option<Classes>,
}

/// The labels that a task's answers stand for.
#[derive(Clone)]
pub struct Classes {
    /// Ids of the training examples, in their order.
    pub ids: Vec<ExampleId>,
    /// The label of each training example.
    pub gold: Vec<usize>,
    /// Tokens of every label's text, EOS included.
    pub targets: Vec<Vec<u32>>,
}

impl fmt::Debug for TextData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.source.count();
        write!(f, "{count} texts, {} ranked labels, limit {}", self.labels.len(), self.limit)
    }
}

impl TextData {
    /// Tokens of each training example, both sides together.
    pub(super) fn lengths(&self) -> Vec<u32> {
        let length = |example| {
            let Lengths { inputs, targets } = self.source.lengths(example);
            (inputs + targets) as u32
        };
        (0..self.source.count()).map(length).collect()
    }
}

impl TaskData {
    /// Tokenises a text-to-text task, each side cut to `limit`.
    ///
    /// # Errors
    /// A task of another kind, without training examples, or with an example without answer; a text that can't be
    /// encoded.
    pub fn text_to_text(
        task: &Task,
        tokenizer: &Arc<T5Tokenizer>,
        limit: Lengths,
        reading: Reading,
    ) -> Result<Self> {
        Self::text_to_text_kept(task, tokenizer, limit, reading, None)
    }

    /// The same with the training examples' tokens kept in a cache, where a later process finds them.
    ///
    /// # Errors
    /// As for [`text_to_text`](Self::text_to_text), and a cache that can't be read or written.
    pub fn text_to_text_kept(
        task: &Task,
        tokenizer: &Arc<T5Tokenizer>,
        limit: Lengths,
        reading: Reading,
        cache: Option<&FeatureCache>,
    ) -> Result<Self> {
        let name = &task.spec.name;
        let invalid = |problem: String| Error::Invalid(format!("task `{name}` {problem}"));
        let TargetKind::Text { stands_for } = &task.spec.kind else {
            return Err(invalid("is not text-to-text; take its form in words".into()).into());
        };
        let (train, dev) = (task.split(Split::Train), task.split(Split::Dev));
        if train.is_empty() {
            return Err(
                invalid("has no training examples; add some, or leave it out".into()).into()
            );
        }
        warn(task, task.check()?);
        let texts = pairs(train).map_err(invalid)?;
        let source: Arc<dyn TextToTextSource> = match cache {
            Some(cache) => {
                let key = CacheKey::new("training pairs").texts(&texts);
                Arc::new(cache.pairs(key, name, tokenizer, limit, || Ok(texts))?)
            }
            None => Arc::new(tokenizer.encode_pairs(&texts, limit)?),
        };
        let lengths = (0..source.count()).map(|example| source.lengths(example).targets);
        let longest = lengths.max().unwrap_or(1);
        let classes = match stands_for.as_deref() {
            Some(TargetKind::Class { labels }) => {
                Some(Classes::of(train, labels, tokenizer, limit)?)
            }
            _ => None,
        };
        let ranked = classes.as_ref().filter(|_| reading == Reading::Ranked);
        let text = TextData {
            source,
            tokenizer: tokenizer.clone(),
            labels: ranked.map_or_else(Vec::new, Classes::to_be_ranked),
            limit: longest,
            beam: if let Reading::Searched(beams) = reading { beams } else { 1 },
            classes,
        };
        Ok(Self {
            spec: task.spec.clone(),
            train: vec![],
            fingerprint: format!("{}, {limit:?}", fingerprint(train)),
            dev_fingerprint: match reading {
                Reading::Written => fingerprint(dev),
                other => format!("{}, {other:?}", fingerprint(dev)),
            },
            dev: Self::encode_inputs(dev, tokenizer, limit)?,
            teacher: None,
            masking: None,
            text: Some(Arc::new(text)),
        })
    }

    /// Examples as a text-to-text network reads them in evaluation.
    ///
    /// # Errors
    /// An example without answer, or a text that can't be encoded.
    pub fn encode_inputs(
        examples: &[Example],
        tokenizer: &T5Tokenizer,
        limit: Lengths,
    ) -> Result<Vec<Encoded>> {
        let encoded = tokenizer.encode_pairs(&pairs(examples).map_err(Error::Invalid)?, limit)?;
        let encoded = examples.iter().zip(encoded).map(|(example, pair)| Encoded {
            id: example.id,
            segments: vec![0; pair.inputs.len()],
            truncated: pair.inputs.len() == limit.inputs,
            tokens: pair.inputs,
            word_starts: vec![],
            target: example.target.clone(),
        });
        Ok(encoded.collect())
    }

    /// Denoising of documents as a task called `name`, corrupted anew at every draw: it has no dev examples and no
    /// scores. Pieces of documents below `shortest` tokens are left out.
    ///
    /// # Errors
    /// Rows that are too short for the objective, or documents that all are.
    pub fn denoising(
        name: &str,
        documents: Arc<dyn Documents>,
        objective: Arc<dyn Objective>,
        (row, shortest): (Lengths, usize),
        tokenizer: &Arc<T5Tokenizer>,
    ) -> Result<Self> {
        let mut digest = Sha256::new();
        for document in 0..documents.count() {
            let length = documents.length(document);
            digest.update((length as u64).to_le_bytes());
            let tokens = documents.tokens(document, 0..length);
            tokens.iter().for_each(|token| digest.update(token.to_le_bytes()));
        }
        let fingerprint = format!("{:x}, {row:?}, {shortest}", digest.finalize());
        let source = PassageSource::new(documents, objective, row, shortest)?;
        let text = TextData {
            source: Arc::new(source),
            tokenizer: tokenizer.clone(),
            labels: vec![],
            limit: row.targets,
            beam: 1,
            classes: None,
        };
        Ok(Self {
            spec: TaskSpec {
                name: name.into(),
                suite: name.into(),
                family: Family::LanguageModelling,
                kind: TargetKind::Text { stands_for: None },
                metrics: vec![],
                symmetric: false,
            },
            train: vec![],
            dev: vec![],
            fingerprint,
            dev_fingerprint: String::new(),
            teacher: None,
            masking: None,
            text: Some(Arc::new(text)),
        })
    }
}

impl Classes {
    fn of(
        train: &[Example],
        labels: &[String],
        tokenizer: &T5Tokenizer,
        limit: Lengths,
    ) -> Result<Self> {
        let pair = |label: &String| TextPair { input: String::new(), target: label.clone() };
        let pairs: Vec<TextPair> = labels.iter().map(pair).collect();
        let encoded = tokenizer.encode_pairs(&pairs, limit)?.into_iter();
        let gold = |example: &Example| {
            let text = example.answer().map(|answer| answer.text.as_str());
            labels.iter().position(|label| Some(label.as_str()) == text).unwrap_or_default()
        };
        Ok(Self {
            ids: train.iter().map(|example| example.id).collect(),
            gold: train.iter().map(gold).collect(),
            targets: encoded.map(|label| label.targets).collect(),
        })
    }

    /// The labels as ranking takes them.
    pub fn to_be_ranked(&self) -> Vec<Vec<usize>> {
        let one = |label: &Vec<u32>| label.iter().map(|&token| token as usize).collect();
        self.targets.iter().map(one).collect()
    }
}

/// Inputs and answers.
fn pairs(examples: &[Example]) -> Result<Vec<TextPair>, String> {
    let pair = |example: &Example| {
        let ExampleId(id) = example.id;
        match (example.input(), &example.target) {
            (Some(input), Some(Target::Text(answer))) => {
                Ok(TextPair { input: input.into(), target: answer.text.clone() })
            }
            (Some(input), None) => Ok(TextPair { input: input.into(), target: String::new() }),
            _ => Err(format!("has example {id}, which is not a text with an answer")),
        }
    };
    examples.iter().map(pair).collect()
}
