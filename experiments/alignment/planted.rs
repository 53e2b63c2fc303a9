//! The built-in tasks with relations that are known: two groups that share a language within and none between.
//!
//! Paraphrase, similarity and entailment compare two clauses and ask for synonyms and categories; sentiment, tagging
//! and acceptability ask of one sentence what its words are. Each group has made-up words of its own, so that only the
//! function words are common to all. What measures relatedness must put pairs of one group above the others.

use taskgraft_tasks::{
    Result, Task, TaskSpec,
    suite::Suite,
    synthetic::{Synthetic, SyntheticConfig},
};

/// The tasks of the second language; the others speak the first.
const SECOND: [&str; 3] = ["sentiment", "tagging", "acceptability"];

/// The synthetic suite in two languages.
#[derive(Clone, Debug)]
pub struct Planted {
    first: Synthetic,
    second: Synthetic,
}

impl Planted {
    /// From the config of the first language; the second has the next seed.
    ///
    /// # Errors
    /// A config that makes no sense.
    pub fn new(config: SyntheticConfig) -> Result<Self> {
        let second = config.clone().with_seed(config.seed.wrapping_add(1));
        Ok(Self { first: Synthetic::new(config)?, second: Synthetic::new(second)? })
    }

    /// Whether two tasks speak one language.
    pub fn are_related(a: &str, b: &str) -> bool {
        SECOND.contains(&a) == SECOND.contains(&b)
    }
}

impl Suite for Planted {
    fn name(&self) -> &str {
        self.first.name()
    }

    fn specs(&self) -> Vec<TaskSpec> {
        let mut specs = self.first.specs();
        specs.sort_by_key(|spec| SECOND.contains(&spec.name.as_str()));
        specs
    }

    fn load(&self, task: &str) -> Result<Task> {
        if SECOND.contains(&task) { self.second.task(task) } else { self.first.task(task) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use taskgraft_tasks::{Split, Text, synthetic::lexicon::FUNCTION_WORDS};

    use super::*;

    fn words(task: &Task) -> BTreeSet<String> {
        let split = |text: &String| text.split(' ').map(str::to_string).collect::<Vec<_>>();
        let of = |text: &Text| match text {
            Text::One(text) => split(text),
            Text::Two(a, b) => [split(a), split(b)].concat(),
            Text::Words(words) => words.clone(),
        };
        let all = task.split(Split::Train).iter().flat_map(|e| of(&e.text));
        all.filter(|word| !FUNCTION_WORDS.contains(&word.as_str())).collect()
    }

    #[test]
    fn languages_share_words_within_and_next_to_none_between() {
        let suite = Planted::new(SyntheticConfig::default()).unwrap();
        let names: Vec<String> = suite.specs().into_iter().map(|s| s.name).collect();
        let tasks: Vec<BTreeSet<String>> =
            names.iter().map(|name| words(&suite.load(name).unwrap())).collect();
        for (i, a) in tasks.iter().enumerate() {
            for (j, b) in tasks.iter().enumerate().take(i) {
                let shared = a.intersection(b).count() as f64 / a.len().min(b.len()) as f64;
                let (one, other) = (&names[i], &names[j]);
                match Planted::are_related(one, other) {
                    true => assert!(shared > 0.5, "{one}, {other}: {shared}"),
                    false => assert!(shared < 0.1, "{one}, {other}: {shared}"),
                }
            }
        }
    }
}
