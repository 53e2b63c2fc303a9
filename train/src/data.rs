//! A task ready for training: tokenised, its targets on the scale the network learns, and what teaches it.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use taskgraft_tasks::{
    Error, Example, ExampleId, Family, Split, Target, TargetKind, Task, TaskSpec, Text, TextCorpus,
    check::share,
    mixture::{TaskLengths, hash},
    objectives::{DrawKey, MaskConfig, MaskVocabulary, Masked, MaskedLm},
    text::{Encoded, TextEncoder},
};

use super::TextData;
use crate::{
    Result,
    methods::{Anneal, mixed_class_target, mixed_score_target, predictions::Predictions},
};

/// Stored teacher outputs and how they are weighed against gold.
#[derive(Clone, Debug)]
pub struct TeacherSignal {
    pub predictions: Predictions,
    pub anneal: Anneal,
}

/// A task's examples as the network sees them.
#[derive(Clone, Debug)]
pub struct TaskData {
    pub spec: TaskSpec,
    pub train: Vec<Encoded>,
    pub dev: Vec<Encoded>,
    /// Digest of the training examples: ids, texts and targets.
    pub fingerprint: String,
    /// The same of the dev examples.
    pub dev_fingerprint: String,
    pub teacher: Option<TeacherSignal>,
    /// Hides tokens, where the task is to predict them.
    pub masking: Option<Arc<MaskedLm>>,
    /// Where what is predicted is written: the training examples, in place of `train`, and how texts are read.
    pub text: Option<Arc<TextData>>,
}

impl TaskData {
    /// Tokenises a task's training and dev examples; pairs of a task that is called symmetric are trained on in both
    /// orders.
    ///
    /// # Errors
    /// A task without training or dev examples or whose examples are not of its kind ([`Task::check`], whose remarks
    /// are shown), a text that can't be encoded, or a text-to-text task, which no head on an encoder can learn.
    pub fn encode(task: &Task, encoder: &TextEncoder) -> Result<Self> {
        if let TargetKind::Text { .. } = task.spec.kind {
            let name = &task.spec.name;
            let problem = format!(
                "task `{name}` is text-to-text, which needs an encoder-decoder (a T5) as trunk"
            );
            return Err(Error::Invalid(problem).into());
        }
        warn(task, task.check()?);
        let mut examples = task.split(Split::Train).to_vec();
        examples.extend(task.swapped_pairs()?);
        let dev = task.split(Split::Dev);
        for (split, examples) in [(Split::Train, &examples[..]), (Split::Dev, dev)] {
            if examples.is_empty() {
                let name = &task.spec.name;
                let problem =
                    format!("task `{name}` has no {split} examples; add some, or leave it out");
                return Err(Error::Invalid(problem).into());
            }
        }
        let [fingerprint, dev_fingerprint] = [&examples[..], dev].map(fingerprint);
        let [train, dev] = [&examples[..], dev].map(|examples| encoder.encode_all(examples));
        let (train, dev) = (train?, dev?);
        warn(task, truncated([("train", &train), ("dev", &dev)], encoder.max_length()));
        Ok(Self {
            spec: task.spec.clone(),
            fingerprint,
            dev_fingerprint,
            train,
            dev,
            teacher: None,
            masking: None,
            text: None,
        })
    }

    /// Masked language modelling on a corpus, as a task called `name`: it has no dev examples and no scores.
    ///
    /// # Errors
    /// A masking that makes no sense, a corpus that can't be encoded, or in which nothing can be hidden.
    pub fn masked(
        name: &str,
        corpus: &TextCorpus,
        config: &MaskConfig,
        encoder: &TextEncoder,
    ) -> Result<Self> {
        let examples: Vec<Example> = corpus
            .lines
            .iter()
            .enumerate()
            .map(|(line, text)| Example {
                id: ExampleId(line as u32),
                text: Text::One(text.clone()),
                target: None,
            })
            .collect();
        let masking = MaskedLm::new(config.clone(), MaskVocabulary::of(encoder))?;
        let mut train = encoder.encode_all(&examples)?;
        train
            .retain(|text| !masking.mask(&text.tokens, DrawKey::new(0, 0, 0)).positions.is_empty());
        if train.is_empty() {
            let problem = format!(
                "corpus `{name}` has no text in which a token can be hidden; give longer texts"
            );
            return Err(Error::Invalid(problem).into());
        }
        Ok(Self {
            spec: TaskSpec {
                name: name.into(),
                suite: corpus.name.clone(),
                family: Family::LanguageModelling,
                kind: TargetKind::Tokens { vocabulary: encoder.vocab_size() },
                metrics: vec![],
                symmetric: false,
            },
            train,
            dev: vec![],
            fingerprint: format!("{}, {config:?}", corpus.fingerprint()),
            dev_fingerprint: String::new(),
            teacher: None,
            masking: Some(Arc::new(masking)),
            text: None,
        })
    }

    /// An example with tokens hidden, anew at every step; `None` where the task hides none.
    pub(super) fn hide(&self, example: usize, seed: u64, step: u64) -> Option<Masked> {
        let masking = self.masking.as_ref()?;
        let key = self.draw_key(u64::from(self.train[example].id.0), seed, step);
        Some(masking.mask(&self.train[example].tokens, key))
    }

    /// What the random choices of a draw depend on.
    pub(super) fn draw_key(&self, example: u64, seed: u64, step: u64) -> DrawKey {
        DrawKey::new(hash(&[seed, name_key(&self.spec.name)]), step, example)
    }

    /// What is written at a draw where a teacher is listened to: a label drawn from λ·gold + (1 − λ)·teacher. Its
    /// loss is in the mean that of the soft target, over whole answers. `None` where what is written is the gold
    /// answer.
    pub(super) fn taught_target(
        &self,
        example: usize,
        key: DrawKey,
        progress: (u64, u64),
    ) -> Option<&Vec<u32>> {
        const PURPOSE: u64 = 0x7465_6163;
        let teacher = self.teacher.as_ref()?;
        let classes = self.text.as_ref()?.classes.as_ref()?;
        let logits = teacher.predictions.get(classes.ids[example])?;
        let gold_weight = teacher.anneal.gold_weight(progress.0, progress.1);
        let mut shares = vec![0.0; classes.targets.len()];
        mixed_class_target(classes.gold[example], Some(logits), gold_weight, &mut shares);
        let mut left = key.aside(PURPOSE) as f32;
        let reached = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        // Rounding can leave a little over.
        Some(&classes.targets[reached.unwrap_or(classes.gold[example])])
    }

    /// Number of training examples.
    pub fn size(&self) -> usize {
        self.text.as_ref().map_or(self.train.len(), |text| text.source.count())
    }

    /// Ids of the training examples, in their order.
    pub fn train_ids(&self) -> Vec<ExampleId> {
        match self.text.as_ref().and_then(|text| text.classes.as_ref()) {
            Some(classes) => classes.ids.clone(),
            None => self.train.iter().map(|e| e.id).collect(),
        }
    }

    /// Whether the training texts are another task's, in the same order, and none hides tokens.
    pub fn has_texts_of(&self, other: &Self) -> bool {
        let same = |(a, b): (&Encoded, &Encoded)| a.tokens == b.tokens && a.segments == b.segments;
        self.masking.is_none()
            && self.train.len() == other.train.len()
            && self.train.iter().zip(&other.train).all(same)
    }

    /// What a mixture needs to know.
    pub fn lengths(&self) -> TaskLengths {
        let lengths = match &self.text {
            Some(text) => text.lengths(),
            None => self.train.iter().map(|e| e.tokens.len() as u32).collect(),
        };
        TaskLengths { key: name_key(&self.spec.name), lengths }
    }

    /// Appends the training target rows of an example at `progress` = (step, total) to `out`: one row of
    /// [`TargetKind::outputs`] numbers, or one for every word of a tagging task.
    pub fn push_target(&self, example: &Encoded, progress: (u64, u64), out: &mut Vec<f32>) {
        let width = self.spec.kind.outputs();
        let teacher = self.teacher.as_ref();
        let logits = teacher.and_then(|t| t.predictions.get(example.id));
        let gold_weight = teacher.map_or(1.0, |t| t.anneal.gold_weight(progress.0, progress.1));
        match (&self.spec.kind, &example.target) {
            (TargetKind::Class { .. }, Some(Target::Class(gold))) => {
                let at = out.len();
                out.resize(at + width, 0.0);
                mixed_class_target(*gold, logits, gold_weight, &mut out[at..]);
            }
            (TargetKind::Score { min, max }, Some(Target::Score(gold))) => {
                // Networks learn in single precision.
                let [gold, min, max] = [*gold, *min, *max].map(|x| x as f32);
                let gold = (gold - min) / (max - min);
                out.push(mixed_score_target(gold, logits.map(|l| l[0]), gold_weight));
            }
            (TargetKind::Tags { .. }, Some(Target::Tags(tags))) => {
                for &tag in tags.iter().take(example.word_starts.len()) {
                    let at = out.len();
                    out.resize(at + width, 0.0);
                    mixed_class_target(tag, None, 1.0, &mut out[at..]);
                }
            }
            // Every example was checked when its task was taken.
            (kind, target) => unreachable!("a {kind:?} task with target {target:?}"),
        }
    }
}

/// Shows what is odd about a task.
pub(super) fn warn(task: &Task, remarks: Vec<String>) {
    let name = &task.spec.name;
    remarks.into_iter().for_each(|remark| eprintln!("warning: task `{name}`: {remark}"));
}

/// How many texts were cut, if any.
fn truncated(splits: [(&str, &Vec<Encoded>); 2], limit: usize) -> Vec<String> {
    let of_split = |(split, texts): (&str, &Vec<Encoded>)| {
        let cut = texts.iter().filter(|text| text.truncated).count();
        let what = format!("{split} texts are longer than {limit} tokens and cut (`max_length`)");
        (cut > 0).then(|| format!("{} {what}", share(cut, texts.len())))
    };
    splits.into_iter().filter_map(of_split).collect()
}

/// A task's name as a number, for what must depend on the name alone.
pub(super) fn name_key(name: &str) -> u64 {
    hash(&name.bytes().map(u64::from).collect::<Vec<_>>())
}

pub(super) fn fingerprint(examples: &[Example]) -> String {
    let mut digest = Sha256::new();
    let mut field = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    for example in examples {
        field(&example.id.0.to_le_bytes());
        match &example.text {
            Text::One(text) => field(text.as_bytes()),
            Text::Two(a, b) => {
                field(a.as_bytes());
                field(b.as_bytes());
            }
            Text::Words(words) => words.iter().for_each(|w| field(w.as_bytes())),
        }
        field(format!("{:?}", example.target).as_bytes());
    }
    format!("{:x}", digest.finalize())
}
