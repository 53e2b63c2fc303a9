//! The knobs of the built-in end-task and its texts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What the end-task is made from. The same config gives the same bytes on every machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EndTaskConfig {
    /// Seed of the data, apart from the study's.
    pub seed: u64,
    /// Topics, which are the labels.
    #[schemars(range(min = 2))]
    pub topics: usize,
    /// Words that belong to each topic.
    #[schemars(range(min = 1))]
    pub topic_words: usize,
    /// Words that belong to none.
    #[schemars(range(min = 1))]
    pub common_words: usize,
    /// Words of the shortest text.
    #[schemars(range(min = 1))]
    pub shortest: usize,
    /// Words of the longest text.
    #[schemars(range(min = 1))]
    pub longest: usize,
    /// Probability that a word is of the text's own topic.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub topicality: f64,
    /// Probability that a word is of a topic drawn anew for it; all else are common words.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub distraction: f64,
    /// Labelled training examples.
    pub train_size: usize,
    /// Labelled dev examples.
    pub dev_size: usize,
    /// Labelled test examples.
    pub test_size: usize,
    /// Training examples of the supervised tasks beside the end-task.
    pub auxiliary_size: usize,
    /// Lines of the helpful text, which is of the end-task's own kind.
    pub domain_lines: usize,
    /// Lines of each of the texts that don't help.
    pub noise_lines: usize,
}

impl Default for EndTaskConfig {
    fn default() -> Self {
        EndTaskConfig {
            seed: 0,
            topics: 4,
            topic_words: 40,
            common_words: 40,
            shortest: 8,
            longest: 14,
            topicality: 0.4,
            distraction: 0.2,
            train_size: 32,
            dev_size: 200,
            test_size: 500,
            auxiliary_size: 500,
            domain_lines: 2000,
            noise_lines: 2000,
        }
    }
}

impl EndTaskConfig {
    /// # Errors
    /// Fewer than two topics, more words than there are names for, empty texts or splits, or probabilities below 0 or
    /// above 1 together.
    pub(super) fn check(&self) -> Result<()> {
        let invalid =
            |problem: String| Err(Error::Invalid(format!("built-in end-task: {problem}")));
        const MOST: usize = 20_000;
        let words = self.topics.saturating_mul(self.topic_words).saturating_add(self.common_words);
        if self.topics < 2 || self.topic_words == 0 || self.common_words == 0 || words > MOST {
            return invalid(format!(
                "{} topics of {} words each and {} common words; give at least 2 topics, a word of each kind and at \
                 most {MOST} words in all",
                self.topics, self.topic_words, self.common_words
            ));
        }
        if self.shortest == 0 || self.longest < self.shortest {
            return invalid(format!(
                "texts of {} to {} words; the shortest must have at least 1, and the longest as many or more",
                self.shortest, self.longest
            ));
        }
        let (topicality, distraction) = (self.topicality, self.distraction);
        if !(topicality >= 0.0 && distraction >= 0.0 && topicality + distraction <= 1.0) {
            return invalid(format!(
                "topicality {topicality} and distraction {distraction}; each must be 0 or more, and both together at \
                 most 1"
            ));
        }
        let sizes = [
            self.train_size,
            self.dev_size,
            self.auxiliary_size,
            self.domain_lines,
            self.noise_lines,
        ];
        if sizes.contains(&0) {
            return invalid(format!(
                "sizes {sizes:?} (train, dev, auxiliary, domain, noise); each must be at least 1"
            ));
        }
        Ok(())
    }
}
