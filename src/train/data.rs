//! A task ready for training: tokenised, its targets on the scale the network learns, and what teaches it.

use sha2::{Digest, Sha256};
use taskgraft_tasks::{
    Error, Example, ExampleId, Split, Target, TargetKind, Task, TaskSpec, Text,
    mixture::{TaskLengths, hash},
    text::{Encoded, TextEncoder},
};

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
}

impl TaskData {
    /// Tokenises a task's training and dev examples; pairs of a symmetric task are trained on in both orders.
    ///
    /// # Errors
    /// A task without training or dev examples or with an example without target, or a text that can't be encoded.
    pub fn encode(task: &Task, encoder: &TextEncoder) -> Result<Self> {
        let mut examples = task.split(Split::Train).to_vec();
        examples.extend(task.swapped_pairs()?);
        let dev = task.split(Split::Dev);
        for (split, examples) in [(Split::Train, &examples[..]), (Split::Dev, dev)] {
            if examples.is_empty() {
                let name = &task.spec.name;
                return Err(Error::Invalid(format!("task `{name}` has no {split} examples")).into());
            }
        }
        Ok(Self {
            spec: task.spec.clone(),
            fingerprint: fingerprint(&examples),
            dev_fingerprint: fingerprint(dev),
            train: encoder.encode_all(&examples)?,
            dev: encoder.encode_all(dev)?,
            teacher: None,
        })
    }

    /// Ids of the training examples, in their order.
    pub fn train_ids(&self) -> Vec<ExampleId> {
        self.train.iter().map(|e| e.id).collect()
    }

    /// What a mixture needs to know.
    pub fn lengths(&self) -> TaskLengths {
        TaskLengths {
            key: name_key(&self.spec.name),
            lengths: self.train.iter().map(|e| e.tokens.len() as u32).collect(),
        }
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
            // Readers give every labelled example a target of its task's kind.
            (kind, target) => unreachable!("a {kind:?} task with target {target:?}"),
        }
    }
}

/// A task's name as a number, for what must depend on the name alone.
pub(super) fn name_key(name: &str) -> u64 {
    hash(&name.bytes().map(u64::from).collect::<Vec<_>>())
}

fn fingerprint(examples: &[Example]) -> String {
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
