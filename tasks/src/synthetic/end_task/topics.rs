//! Texts as bags of words with a topic, and texts whose words keep no company, or false company.
//!
//! All kinds of text have the same distribution of single words and lengths; they differ in which words stand
//! together, which is all that masked language modelling can learn from them.

use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    super::{lexicon::made_up_words, stream::stream},
    EndTaskConfig,
};
use crate::Split;

/// Which words stand together in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Company {
    /// Words of one topic.
    Topic(usize),
    /// Every word has a topic drawn for itself.
    None,
    /// Words of one group; groups are as large as topics and cut across them.
    Group(usize),
}

/// The words of the end-task.
#[derive(Clone, Debug)]
pub(super) struct Topics {
    config: EndTaskConfig,
    /// The words of all topics, one topic after the other, then the common ones.
    words: Vec<String>,
    /// The words of all topics as numbers, one false group after the other.
    regrouped: Vec<usize>,
}

impl Topics {
    pub fn new(config: &EndTaskConfig) -> Self {
        let of_topics = config.topics * config.topic_words;
        let mut regrouped: Vec<usize> = (0..of_topics).collect();
        regrouped.shuffle(&mut stream(config.seed, "false groups", Split::Train, 0));
        let words = made_up_words(of_topics + config.common_words, config.seed);
        Topics { config: config.clone(), words, regrouped }
    }

    /// The words of a topic.
    pub fn of_topic(&self, topic: usize) -> &[String] {
        let words = self.config.topic_words;
        &self.words[topic * words..(topic + 1) * words]
    }

    pub fn text(&self, rng: &mut ChaCha8Rng, company: Company) -> String {
        let length = rng.random_range(self.config.shortest..=self.config.longest);
        let words: Vec<&str> = (0..length).map(|_| self.word(rng, company)).collect();
        words.join(" ")
    }

    fn word(&self, rng: &mut ChaCha8Rng, company: Company) -> &str {
        let EndTaskConfig { topics, topic_words, topicality, distraction, .. } = self.config;
        let (kind, within): (f64, usize) = (rng.random(), rng.random_range(0..topic_words));
        let any = rng.random_range(0..topics);
        let at = if kind < topicality {
            match company {
                Company::Topic(topic) => topic * topic_words + within,
                Company::None => any * topic_words + within,
                Company::Group(group) => self.regrouped[group * topic_words + within],
            }
        } else if kind < topicality + distraction {
            any * topic_words + within
        } else {
            let common = topics * topic_words;
            rng.random_range(common..self.words.len())
        };
        &self.words[at]
    }
}
