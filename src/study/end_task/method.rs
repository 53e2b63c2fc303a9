//! The methods of an end-task study: which auxiliary tasks the trunk sees, when, and under which weights.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::methods::{TaskWeighting, TaskWeights};

/// How the auxiliary tasks of an end-task are used: masked language modelling on its texts, or other tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EndTaskMethod {
    /// Not at all: the end-task alone.
    EndTaskOnly,
    /// Continued pre-training on one after the other, then the end-task (Gururangan et al., 2020).
    PreTrain { auxiliaries: Vec<String> },
    /// Together with the end-task (TARTAN).
    Together { auxiliaries: Vec<String>, weights: TaskWeights },
    /// Together with the end-task, tasks weighed by a method by name.
    Weighted { auxiliaries: Vec<String>, weighting: TaskWeighting },
}

impl EndTaskMethod {
    /// Continued pre-training, in this order.
    pub fn pre_train<S: ToString>(auxiliaries: &[S]) -> Self {
        Self::PreTrain { auxiliaries: owned(auxiliaries) }
    }

    /// MT-TARTAN: all tasks under equal weights.
    pub fn mt<S: ToString>(auxiliaries: &[S]) -> Self {
        Self::together(auxiliaries, TaskWeights::Equal)
    }

    /// META-TARTAN: the weights are learned from the end-task's dev gradient.
    pub fn meta<S: ToString>(auxiliaries: &[S]) -> Self {
        Self::together(auxiliaries, TaskWeights::learned())
    }

    /// All tasks at once, under such weights.
    pub fn together<S: ToString>(auxiliaries: &[S], weights: TaskWeights) -> Self {
        Self::Together { auxiliaries: owned(auxiliaries), weights }
    }

    /// The names of its auxiliary tasks.
    pub fn auxiliaries(&self) -> &[String] {
        match self {
            Self::EndTaskOnly => &[],
            Self::PreTrain { auxiliaries }
            | Self::Together { auxiliaries, .. }
            | Self::Weighted { auxiliaries, .. } => auxiliaries,
        }
    }

    /// The same method on whole texts.
    pub fn whole(&self) -> Self {
        let mut whole = self.clone();
        if let Self::PreTrain { auxiliaries }
        | Self::Together { auxiliaries, .. }
        | Self::Weighted { auxiliaries, .. } = &mut whole
        {
            for name in auxiliaries {
                name.truncate(name.find('@').unwrap_or(name.len()));
            }
        }
        whole
    }

    /// A name for folders: lower case, ASCII.
    pub fn slug(&self) -> String {
        let name = self.to_string().to_lowercase();
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let name: String = name.chars().map(plain).collect();
        let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
        words.join("-")
    }
}

fn owned<S: ToString>(names: &[S]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

impl fmt::Display for EndTaskMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |auxiliaries: &[String]| auxiliaries.join(" + ");
        match self {
            Self::EndTaskOnly => f.write_str("End-task only"),
            Self::PreTrain { auxiliaries } => {
                write!(f, "Pre-train {}", auxiliaries.join(", then "))
            }
            Self::Weighted { auxiliaries, weighting } => {
                write!(f, "{weighting} ({})", joined(auxiliaries))
            }
            Self::Together { auxiliaries, weights } => match weights {
                TaskWeights::Equal => write!(f, "MT-TARTAN ({})", joined(auxiliaries)),
                TaskWeights::Learned(_) => write!(f, "META-TARTAN ({})", joined(auxiliaries)),
                TaskWeights::Random => write!(f, "Random weights ({})", joined(auxiliaries)),
                TaskWeights::Fixed { weights } => {
                    let weights: Vec<String> = weights.iter().map(ToString::to_string).collect();
                    write!(f, "Weights {} ({})", weights.join(":"), joined(auxiliaries))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_method_and_texts() {
        let meta = EndTaskMethod::meta(&["task", "domain"]);
        assert_eq!(meta.to_string(), "META-TARTAN (task + domain)");
        assert_eq!(meta.slug(), "meta-tartan-task-domain");
        let both = EndTaskMethod::pre_train(&["domain.1x", "task"]);
        assert_eq!(both.to_string(), "Pre-train domain.1x, then task");
        assert_eq!(both.slug(), "pre-train-domain.1x-then-task");
        assert_eq!(EndTaskMethod::EndTaskOnly.slug(), "end-task-only");
    }
}
