//! The knobs of the synthetic suite.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TASKS, texts::WRITTEN};
use crate::{Error, Result};

/// What the suite is made from. The same config gives the same bytes on every machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyntheticConfig {
    /// Seed of the data, apart from the study's.
    pub seed: u64,
    /// Training examples of the tasks that have plenty: paraphrase, similarity and questions.
    pub rich: usize,
    /// Training examples of the tasks that have enough: acceptability, tagging, parsing, categories, summary
    /// and telling.
    pub moderate: usize,
    /// Training examples of the low-resource tasks: entailment, sentiment and choice.
    pub scarce: usize,
    /// Training examples of single tasks, where they differ from `rich`, `moderate` and `scarce`.
    pub train_sizes: BTreeMap<String, usize>,
    /// Development examples of every task.
    pub dev_size: usize,
    /// The share of training examples with a wrong target. Development data are always clean.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub label_noise: f64,
    /// The share of content words that mean the same in every task. At 1 all tasks speak one language; at 0 each
    /// has given the words meanings of its own, and only function words and word order are shared.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub relatedness: f64,
    /// How often an optional part of a sentence (adjective, place, negation, second clause) is there.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub complexity: f64,
    /// Noun meanings in each of the four categories; verbs (twice as many) and adjectives of either polarity (as
    /// many) grow with it.
    #[schemars(range(min = 2, max = 20))]
    pub concepts: usize,
    /// Words for each meaning of a noun or verb; adjectives have four times as many.
    #[schemars(range(min = 1, max = 8))]
    pub synonyms: usize,
}

impl Default for SyntheticConfig {
    fn default() -> Self {
        SyntheticConfig {
            seed: 0,
            rich: 3000,
            moderate: 1000,
            scarce: 200,
            train_sizes: BTreeMap::new(),
            dev_size: 500,
            label_noise: 0.0,
            relatedness: 1.0,
            complexity: 0.25,
            concepts: 2,
            synonyms: 3,
        }
    }
}

impl SyntheticConfig {
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub fn with_rich(mut self, examples: usize) -> Self {
        self.rich = examples;
        self
    }

    pub fn with_moderate(mut self, examples: usize) -> Self {
        self.moderate = examples;
        self
    }

    pub fn with_scarce(mut self, examples: usize) -> Self {
        self.scarce = examples;
        self
    }

    /// Sets the training size of one task; an unknown name is refused by [`Synthetic::new`](super::Synthetic::new).
    pub fn with_train_size(mut self, task: impl Into<String>, examples: usize) -> Self {
        self.train_sizes.insert(task.into(), examples);
        self
    }

    pub fn with_dev_size(mut self, examples: usize) -> Self {
        self.dev_size = examples;
        self
    }

    pub fn with_label_noise(mut self, share: f64) -> Self {
        self.label_noise = share;
        self
    }

    pub fn with_relatedness(mut self, share: f64) -> Self {
        self.relatedness = share;
        self
    }

    pub fn with_complexity(mut self, probability: f64) -> Self {
        self.complexity = probability;
        self
    }

    pub fn with_concepts(mut self, per_category: usize) -> Self {
        self.concepts = per_category;
        self
    }

    pub fn with_synonyms(mut self, per_meaning: usize) -> Self {
        self.synonyms = per_meaning;
        self
    }

    /// # Errors
    /// A share outside [0, 1], a vocabulary too small to tell tasks apart or too large to name, an unknown task.
    pub(super) fn check(&self) -> Result<()> {
        let shares = [
            ("label_noise", self.label_noise),
            ("relatedness", self.relatedness),
            ("complexity", self.complexity),
        ];
        let counts = [("concepts", self.concepts, 2, 20), ("synonyms", self.synonyms, 1, 8)];
        for (name, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return Err(Error::Invalid(format!(
                    "synthetic suite: {name} is {share}; it must be from 0 to 1"
                )));
            }
        }
        for (name, count, least, most) in counts {
            if !(least..=most).contains(&count) {
                let range = format!("it must be from {least} to {most}");
                return Err(Error::Invalid(format!("synthetic suite: {name} is {count}; {range}")));
            }
        }
        let known = || TASKS.iter().chain(&WRITTEN).map(|task| task.name);
        let unknown = self.train_sizes.keys().find(|name| known().all(|known| known != *name));
        unknown.map_or(Ok(()), |name| Err(Error::unknown("task", name, known())))
    }
}
