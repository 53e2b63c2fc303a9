//! A suite of tasks made from a grammar of made-up words and a seed, with no download.
//!
//! Six tasks draw on one [`lexicon`] of meanings: synonyms, categories of nouns, polarity of adjectives. Paraphrase
//! and similarity have plenty of examples, tagging and acceptability enough to show nearly all of it; entailment and
//! sentiment are low-resource and ask for the same knowledge, so that training them together pays, to the degree that
//! [`SyntheticConfig::relatedness`] sets. Every example is a function of the config, its task, split and index. The
//! suite is a controlled setting for comparing methods, not a model of any natural language. [`SyntheticText`] is the
//! same as text-to-text tasks of more families. [`EndTask`] is a suite beside it: one task with few examples, and
//! unlabelled texts that help it or don't.

pub mod lexicon;

mod acceptability;
mod config;
mod end_task;
mod entailment;
mod grammar;
mod noise;
mod paraphrase;
mod sentiment;
mod similarity;
mod stream;
mod tagging;
mod texts;

use rand::Rng;

pub use config::SyntheticConfig;
pub use end_task::{EndTask, EndTaskConfig};
pub use texts::SyntheticText;

use self::{grammar::Draw, lexicon::Lexicon, stream::stream};
use crate::{
    Error, Example, ExampleId, Family, Result, Split, Target, TargetKind, Task, TaskSpec, Text,
    metrics::Metric, suite::Suite, words::InWords,
};

/// The suite's name.
pub const SUITE: &str = "synthetic";

/// What makes an example from a generator and the example's index.
type Generate = fn(&mut Draw, usize) -> (Text, Target);

/// How many training examples a task has; the config says what that is in numbers.
enum Supply {
    Rich,
    Moderate,
    Scarce,
}

/// How a task is made.
struct Recipe {
    name: &'static str,
    family: Family,
    supply: Supply,
    symmetric: bool,
    kind: fn() -> TargetKind,
    metrics: &'static [Metric],
    generate: Generate,
}

const TASKS: [Recipe; 6] = [
    Recipe {
        name: "acceptability",
        family: Family::Acceptability,
        supply: Supply::Moderate,
        symmetric: false,
        kind: || classes(&["unacceptable", "acceptable"]),
        metrics: &[Metric::Matthews, Metric::Accuracy],
        generate: acceptability::generate,
    },
    Recipe {
        name: "sentiment",
        family: Family::Sentiment,
        supply: Supply::Scarce,
        symmetric: false,
        kind: || classes(&["negative", "positive"]),
        metrics: &[Metric::Accuracy],
        generate: sentiment::generate,
    },
    Recipe {
        name: "entailment",
        family: Family::Entailment,
        supply: Supply::Scarce,
        symmetric: false,
        kind: || classes(&["entailment", "not_entailment"]),
        metrics: &[Metric::Accuracy],
        generate: entailment::generate,
    },
    Recipe {
        name: "paraphrase",
        family: Family::Paraphrase,
        supply: Supply::Rich,
        symmetric: true,
        kind: || classes(&["different", "paraphrase"]),
        metrics: &[Metric::Accuracy, Metric::F1],
        generate: paraphrase::generate,
    },
    Recipe {
        name: "similarity",
        family: Family::Similarity,
        supply: Supply::Rich,
        symmetric: true,
        kind: || TargetKind::Score { min: 0.0, max: 5.0 },
        metrics: &[Metric::Pearson, Metric::Spearman],
        generate: similarity::generate,
    },
    Recipe {
        name: "tagging",
        family: Family::Tagging,
        supply: Supply::Moderate,
        symmetric: false,
        kind: || TargetKind::Tags { labels: tagging::LABELS.map(String::from).to_vec() },
        metrics: &[Metric::SpanF1, Metric::TagAccuracy],
        generate: tagging::generate,
    },
];

fn classes(labels: &[&str]) -> TargetKind {
    TargetKind::Class { labels: labels.iter().map(|label| label.to_string()).collect() }
}

/// The synthetic suite under one config.
#[derive(Clone, Debug)]
pub struct Synthetic {
    config: SyntheticConfig,
}

impl Suite for Synthetic {
    fn name(&self) -> &'static str {
        SUITE
    }

    fn specs(&self) -> Vec<TaskSpec> {
        TASKS.iter().map(Recipe::spec).collect()
    }

    fn load(&self, task: &str) -> Result<Task> {
        self.task(task)
    }

    /// Tagging is put in words as a sentence, as the tasks beside it are.
    fn words(&self, task: &str) -> Option<InWords> {
        (task == "tagging").then(|| InWords::new(task, &["sentence"]))
    }
}

impl Synthetic {
    /// # Errors
    /// A config whose values are out of range, or that names an unknown task.
    pub fn new(config: SyntheticConfig) -> Result<Self> {
        config.check()?;
        Ok(Synthetic { config })
    }

    pub fn config(&self) -> &SyntheticConfig {
        &self.config
    }

    /// Makes a task with its splits `Train` and `Dev`.
    ///
    /// # Errors
    /// An unknown name; the message has the nearest known one.
    pub fn task(&self, name: &str) -> Result<Task> {
        let recipe = TASKS.iter().find(|task| task.name == name);
        let recipe = recipe
            .ok_or_else(|| Error::unknown("task", name, TASKS.iter().map(|task| task.name)))?;
        Ok(self.made(recipe))
    }

    fn made(&self, recipe: &Recipe) -> Task {
        let name = recipe.name;
        let lexicon = Lexicon::new(&self.config, name);
        let usual = match recipe.supply {
            Supply::Rich => self.config.rich,
            Supply::Moderate => self.config.moderate,
            Supply::Scarce => self.config.scarce,
        };
        let train = self.config.train_sizes.get(name).copied().unwrap_or(usual);
        let splits =
            [(Split::Train, train), (Split::Dev, self.config.dev_size)].map(|(split, size)| {
                let examples = (0..size).map(|index| self.example(recipe, &lexicon, split, index));
                (split, examples.collect())
            });
        Task { spec: recipe.spec(), splits: splits.into(), sources: Vec::new() }
    }

    fn example(&self, recipe: &Recipe, lexicon: &Lexicon, split: Split, index: usize) -> Example {
        let rng = stream(self.config.seed, recipe.name, split, index);
        let mut draw = Draw { rng, lexicon, complexity: self.config.complexity };
        // A text belongs to one split only; a draw for the other split is drawn again.
        let (text, mut target) = loop {
            let (text, target) = (recipe.generate)(&mut draw, index);
            if stream::split_of(&text) == split {
                break (text, target);
            }
        };
        if split == Split::Train {
            let mut rng =
                stream(self.config.seed, &format!("noise of {}", recipe.name), split, index);
            if rng.random_bool(self.config.label_noise) {
                target = noise::wrong(&mut rng, &(recipe.kind)(), target);
            }
        }
        Example { id: ExampleId(index as u32), text, target: Some(target) }
    }
}

impl Recipe {
    fn spec(&self) -> TaskSpec {
        TaskSpec {
            name: self.name.into(),
            suite: SUITE.into(),
            family: self.family,
            kind: (self.kind)(),
            metrics: self.metrics.to_vec(),
            symmetric: self.symmetric,
        }
    }
}
