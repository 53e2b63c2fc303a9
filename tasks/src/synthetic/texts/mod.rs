//! The synthetic suite as text-to-text tasks, in the families of ExMix.
//!
//! The suite's six tasks are put in words, and six more are made from the same grammar and words whose answers are
//! written: parsing, questions with and without a passage, a summary, a sentence from data, a choice. All draw on one
//! lexicon of meanings, so that training families together can pay. Inputs are in T5's manner. Label noise touches
//! the six that are put in words alone.

mod categories;
mod choice;
mod parsing;
mod questions;
mod summary;
mod telling;

use super::{Recipe, Supply, Synthetic, SyntheticConfig, TASKS};
use crate::{
    Answer, Error, Family, Result, Target, TargetKind, Task, TaskSpec, Text, metrics::Metric,
    suite::Suite, words::InWords,
};

const NAME: &str = "synthetic_text";

/// Keys of the texts of the tasks that are put in words, in the order of [`TASKS`].
const KEYS: [&[&str]; 6] = [
    &["sentence"],
    &["sentence"],
    &["premise", "hypothesis"],
    &["sentence1", "sentence2"],
    &["sentence1", "sentence2"],
    &["sentence"],
];

/// Tasks whose answers are written from the start.
pub(super) const WRITTEN: [Recipe; 6] = [
    written("parsing", Family::SemanticParsing, Supply::Moderate, parsing::generate),
    written("categories", Family::ClosedBook, Supply::Moderate, categories::generate),
    written("questions", Family::ReadingComprehension, Supply::Rich, questions::generate),
    written("summary", Family::Summarization, Supply::Moderate, summary::generate),
    written("telling", Family::Generation, Supply::Moderate, telling::generate),
    Recipe {
        kind: || TargetKind::Text { stands_for: Some(Box::new(super::classes(&choice::LABELS))) },
        metrics: &[Metric::Accuracy],
        ..written("choice", Family::Commonsense, Supply::Scarce, choice::generate)
    },
];

const fn written(
    name: &'static str,
    family: Family,
    supply: Supply,
    generate: super::Generate,
) -> Recipe {
    Recipe {
        name,
        family,
        supply,
        symmetric: false,
        kind: || TargetKind::Text { stands_for: None },
        metrics: &[Metric::ExactMatch],
        generate,
    }
}

/// The synthetic suite, text-to-text, under one config.
#[derive(Clone, Debug)]
pub struct SyntheticText {
    suite: Synthetic,
}

impl SyntheticText {
    /// # Errors
    /// A config whose values are out of range, or that names an unknown task.
    pub fn new(config: SyntheticConfig) -> Result<Self> {
        Ok(SyntheticText { suite: Synthetic::new(config)? })
    }
}

impl Suite for SyntheticText {
    fn name(&self) -> &'static str {
        NAME
    }

    fn specs(&self) -> Vec<TaskSpec> {
        let in_words = TASKS.iter().map(Recipe::spec).map(|spec| match &spec.kind {
            TargetKind::Tags { .. } => TaskSpec {
                kind: TargetKind::Text { stands_for: None },
                metrics: vec![Metric::ExactMatch],
                ..spec
            },
            kind => TaskSpec {
                kind: TargetKind::Text { stands_for: Some(Box::new(kind.clone())) },
                ..spec
            },
        });
        let all = in_words.chain(WRITTEN.iter().map(Recipe::spec));
        all.map(|spec| TaskSpec { suite: NAME.into(), symmetric: false, ..spec }).collect()
    }

    fn load(&self, task: &str) -> Result<Task> {
        let spec = self.spec(task)?;
        let made = match WRITTEN.iter().find(|recipe| recipe.name == task) {
            Some(recipe) => self.suite.made(recipe),
            None => {
                let keys = TASKS.iter().zip(KEYS).find(|(recipe, _)| recipe.name == task);
                let (_, keys) = keys.ok_or_else(|| Error::unknown("task", task, [&spec.name]))?;
                InWords::new(task, keys).put(&self.suite.task(task)?)?
            }
        };
        Ok(Task { spec, ..made })
    }
}

/// An input in T5's manner and what is to be written.
fn asked(task: &str, parts: &[(&str, &str)], answer: impl Into<String>) -> (Text, Target) {
    let input = crate::words::input(task, parts.iter().copied());
    (Text::One(input), Target::Text(Answer::new(answer)))
}
