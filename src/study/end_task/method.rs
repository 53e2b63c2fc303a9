//! The methods of an end-task study: which texts the trunk sees, when, and under which weights.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::methods::{TaskWeighting, TaskWeights};

/// How the unlabelled texts of an end-task are used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EndTaskMethod {
    /// Not at all: the end-task alone.
    EndTaskOnly,
    /// Continued pre-training on one text after the other, then the end-task (Gururangan et al., 2020).
    PreTrain { texts: Vec<String> },
    /// Together with the end-task, as masked language modelling (TARTAN).
    Together { texts: Vec<String>, weights: TaskWeights },
    /// Together with the end-task, tasks weighed by a method by name.
    Weighted { texts: Vec<String>, weighting: TaskWeighting },
}

impl EndTaskMethod {
    /// Continued pre-training on texts, in this order.
    pub fn pre_train(texts: &[&str]) -> Self {
        Self::PreTrain { texts: owned(texts) }
    }

    /// MT-TARTAN: end-task and texts under equal weights.
    pub fn mt(texts: &[&str]) -> Self {
        Self::Together { texts: owned(texts), weights: TaskWeights::Equal }
    }

    /// META-TARTAN: the weights are learned from the end-task's dev gradient.
    pub fn meta(texts: &[&str]) -> Self {
        Self::Together { texts: owned(texts), weights: TaskWeights::learned() }
    }

    /// The texts it reads.
    pub fn texts(&self) -> &[String] {
        match self {
            Self::EndTaskOnly => &[],
            Self::PreTrain { texts }
            | Self::Together { texts, .. }
            | Self::Weighted { texts, .. } => texts,
        }
    }

    /// A name for folders: lower case, ASCII.
    pub fn slug(&self) -> String {
        let name = self.to_string().to_lowercase();
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let name: String = name.chars().map(plain).collect();
        name.trim_matches('-').replace("--", "-")
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

impl fmt::Display for EndTaskMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |texts: &[String]| texts.join(" + ");
        match self {
            Self::EndTaskOnly => f.write_str("End-task only"),
            Self::PreTrain { texts } => write!(f, "Pre-train {}", texts.join(", then ")),
            Self::Weighted { texts, weighting } => write!(f, "{weighting} ({})", joined(texts)),
            Self::Together { texts, weights } => match weights {
                TaskWeights::Equal => write!(f, "MT-TARTAN ({})", joined(texts)),
                TaskWeights::Learned(_) => write!(f, "META-TARTAN ({})", joined(texts)),
                TaskWeights::Random => write!(f, "Random weights ({})", joined(texts)),
                TaskWeights::Fixed { weights } => {
                    let weights: Vec<String> = weights.iter().map(ToString::to_string).collect();
                    write!(f, "Weights {} ({})", weights.join(":"), joined(texts))
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
