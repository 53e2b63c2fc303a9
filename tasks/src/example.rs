//! One example: its identity, its text and what is to be predicted from it.

use serde::{Deserialize, Serialize};

/// Identity of an example within its task and split.
///
/// Row number in the published file, counted from 0 after the header. A pair that is added a second time with its
/// texts swapped has the id of the original plus the number of rows (BAM's scheme), so that stored teacher
/// predictions stay aligned however the data is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExampleId(pub u32);

/// The input of an example, before tokenisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Text {
    /// One sentence or passage.
    One(String),
    /// A pair, such as premise and hypothesis.
    Two(String, String),
    /// Words that are already split, as tagging tasks need them: one tag a word.
    Words(Vec<String>),
}

/// What is to be predicted, or what was predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Target {
    /// Index into the task's labels.
    Class(usize),
    /// A number on the task's own scale (STS-B: 0 to 5).
    Score(f64),
    /// One index into the task's labels for each word.
    Tags(Vec<usize>),
    /// A text that is to be written.
    Text(Answer),
}

/// A written answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What a model learns to write, or what it wrote.
    pub text: String,
    /// Everything that counts as right, the text among it. Empty where the text is a candidate that is wrong (WSC).
    pub accepted: Vec<String>,
    /// Examples of one group are scored together: the answers to one question of MultiRC.
    pub group: Option<u32>,
}

impl Answer {
    /// The only right answer.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Answer { accepted: vec![text.clone()], text, group: None }
    }

    /// Several right answers, of which the first is learned; `None` if there is none.
    pub fn any_of(accepted: Vec<String>) -> Option<Self> {
        let text = accepted.first()?.clone();
        Some(Answer { text, accepted, group: None })
    }
}

/// One example of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub id: ExampleId,
    pub text: Text,
    /// `None` in test splits that are published without labels.
    pub target: Option<Target>,
}

impl Example {
    /// What an encoder-decoder reads; `None` for an example that is not text-to-text.
    pub fn input(&self) -> Option<&str> {
        match &self.text {
            Text::One(text) => Some(text),
            _ => None,
        }
    }

    /// What is to be written; `None` without a target, or for one that is not text.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.target {
            Some(Target::Text(answer)) => Some(answer),
            _ => None,
        }
    }
}
