//! An end-task with few labelled examples, text that helps it and text that does not: TARTAN's setting, built in.
//!
//! A text is a bag of made-up words; its label is the topic that more of its words belong to than to any other, in
//! expectation. Most words of a topic are absent from the few training examples, but the helpful text (`domain`)
//! shows which words stand together, so that masked language modelling on it finds the topics. `noise` has the same
//! words, as often, in no company; `misleading` has them in the company of false topics. Two supervised tasks stand
//! beside it: `related` has plenty of texts with their topics under other names, `shuffled` has labels without a
//! reason. Every text is a function of the config, its kind and its number.

mod config;
mod topics;

use rand::Rng;

pub use config::EndTaskConfig;

use self::topics::{Company, Topics};
use super::stream::stream;
use crate::{
    Error, Example, ExampleId, Family, Result, Split, Target, TargetKind, Task, TaskSpec, Text,
    TextCorpus, corpus::Corpora, metrics::Metric, suite::Suite,
};

/// The suite's name.
const SUITE: &str = "end_task";
/// The end-task.
const TASK: &str = "topic";
/// A supervised task that helps it.
const RELATED: &str = "related";
/// A supervised task that is noise.
const SHUFFLED: &str = "shuffled";
/// Its texts: the task's own, more of the same kind, and two that don't help.
const TEXTS: [&str; 4] = ["task", "domain", "noise", "misleading"];

/// The built-in end-task under one config.
#[derive(Clone, Debug)]
pub struct EndTask {
    config: EndTaskConfig,
    topics: Topics,
}

impl EndTask {
    /// # Errors
    /// A config whose values are out of range.
    pub fn new(config: EndTaskConfig) -> Result<Self> {
        config.check()?;
        let topics = Topics::new(&config);
        Ok(EndTask { config, topics })
    }

    pub fn config(&self) -> &EndTaskConfig {
        &self.config
    }

    /// The words that belong to a topic, by its label.
    ///
    /// # Panics
    /// If `topic` is not below the number of topics.
    pub fn words_of(&self, topic: usize) -> &[String] {
        self.topics.of_topic(topic)
    }

    fn description(&self, name: &str) -> TaskSpec {
        let label = if name == TASK { "topic" } else { "class" };
        let labels = (0..self.config.topics).map(|topic| format!("{label}_{topic}")).collect();
        TaskSpec {
            name: name.into(),
            suite: SUITE.into(),
            family: Family::Classification,
            kind: TargetKind::Class { labels },
            metrics: vec![Metric::MacroF1, Metric::Accuracy],
            symmetric: false,
        }
    }

    /// Topics take turns, so that labels are balanced.
    fn example(&self, task: &str, split: Split, index: usize) -> Example {
        let topics = self.config.topics;
        let topic = index % topics;
        let mut rng = stream(self.config.seed, task, split, index);
        let text = Text::One(self.topics.text(&mut rng, Company::Topic(topic)));
        let label = match task {
            RELATED => (topic + 1) % topics,
            SHUFFLED => rng.random_range(0..topics),
            _ => topic,
        };
        Example { id: ExampleId(index as u32), text, target: Some(Target::Class(label)) }
    }

    fn examples(&self, task: &str, split: Split, size: usize) -> Vec<Example> {
        (0..size).map(|index| self.example(task, split, index)).collect()
    }

    fn lines(&self, name: &str, size: usize, company: fn(usize) -> Company) -> Vec<String> {
        let line = |index| {
            let mut rng = stream(self.config.seed, &format!("text {name}"), Split::Train, index);
            let company = company(rng.random_range(0..self.config.topics));
            self.topics.text(&mut rng, company)
        };
        (0..size).map(line).collect()
    }
}

impl Suite for EndTask {
    fn name(&self) -> &'static str {
        SUITE
    }

    fn specs(&self) -> Vec<TaskSpec> {
        [TASK, RELATED, SHUFFLED].map(|name| self.description(name)).to_vec()
    }

    fn load(&self, task: &str) -> Result<Task> {
        let spec = self.spec(task)?;
        let EndTaskConfig { dev_size, test_size, auxiliary_size, .. } = self.config;
        let train_size = if task == TASK { self.config.train_size } else { auxiliary_size };
        let sizes = [(Split::Train, train_size), (Split::Dev, dev_size), (Split::Test, test_size)];
        let splits = sizes.map(|(split, size)| (split, self.examples(task, split, size)));
        Ok(Task { spec, splits: splits.into(), sources: Vec::new() })
    }
}

impl Corpora for EndTask {
    fn corpora(&self, task: &str) -> Result<Vec<String>> {
        self.spec(task)?;
        Ok(if task == TASK { TEXTS.map(String::from).to_vec() } else { vec![] })
    }

    fn corpus(&self, task: &str, name: &str) -> Result<TextCorpus> {
        let texts = self.corpora(task)?;
        if !texts.iter().any(|text| text == name) {
            return Err(Error::unknown("text", name, texts));
        }
        let EndTaskConfig { train_size, domain_lines, noise_lines, .. } = self.config;
        let lines = match name {
            "task" => {
                let examples = self.examples(TASK, Split::Train, train_size).into_iter();
                let text = |example: Example| match example.text {
                    Text::One(text) => Some(text),
                    _ => None,
                };
                examples.filter_map(text).collect()
            }
            "domain" => self.lines(name, domain_lines, Company::Topic),
            "noise" => self.lines(name, noise_lines, |_| Company::None),
            _ => self.lines(name, noise_lines, Company::Group),
        };
        TextCorpus::new(name, lines, Vec::new())
    }
}
