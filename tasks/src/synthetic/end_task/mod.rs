//! An end-task with few labelled examples, text that helps it and text that does not: TARTAN's setting, built in.
//!
//! A text is a bag of made-up words; its label is the topic that more of its words belong to than to any other, in
//! expectation. Most words of a topic are absent from the few training examples, but the helpful text (`domain`)
//! shows which words stand together, so that masked language modelling on it finds the topics. `noise` has the same
//! words, as often, in no company; `misleading` has them in the company of false topics. Every text is a function
//! of the config, its kind and its number.

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
/// The name of its only task.
const TASK: &str = "topic";
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

    fn description(&self) -> TaskSpec {
        let labels = (0..self.config.topics).map(|topic| format!("topic_{topic}")).collect();
        TaskSpec {
            name: TASK.into(),
            suite: SUITE.into(),
            family: Family::Classification,
            kind: TargetKind::Class { labels },
            metrics: vec![Metric::MacroF1, Metric::Accuracy],
            symmetric: false,
        }
    }

    /// Topics take turns, so that labels are balanced.
    fn example(&self, split: Split, index: usize) -> Example {
        let topic = index % self.config.topics;
        let mut rng = stream(self.config.seed, TASK, split, index);
        let text = Text::One(self.topics.text(&mut rng, Company::Topic(topic)));
        Example { id: ExampleId(index as u32), text, target: Some(Target::Class(topic)) }
    }

    fn examples(&self, split: Split, size: usize) -> Vec<Example> {
        (0..size).map(|index| self.example(split, index)).collect()
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
        vec![self.description()]
    }

    fn load(&self, task: &str) -> Result<Task> {
        let spec = self.spec(task)?;
        let EndTaskConfig { train_size, dev_size, test_size, .. } = self.config;
        let sizes = [(Split::Train, train_size), (Split::Dev, dev_size), (Split::Test, test_size)];
        let splits = sizes.map(|(split, size)| (split, self.examples(split, size)));
        Ok(Task { spec, splits: splits.into(), sources: Vec::new() })
    }
}

impl Corpora for EndTask {
    fn corpora(&self, task: &str) -> Result<Vec<String>> {
        self.spec(task)?;
        Ok(TEXTS.map(String::from).to_vec())
    }

    fn corpus(&self, task: &str, name: &str) -> Result<TextCorpus> {
        self.spec(task)?;
        let EndTaskConfig { train_size, domain_lines, noise_lines, .. } = self.config;
        let lines = match name {
            "task" => {
                let examples = self.examples(Split::Train, train_size).into_iter();
                let text = |example: Example| match example.text {
                    Text::One(text) => Some(text),
                    _ => None,
                };
                examples.filter_map(text).collect()
            }
            "domain" => self.lines(name, domain_lines, Company::Topic),
            "noise" => self.lines(name, noise_lines, |_| Company::None),
            "misleading" => self.lines(name, noise_lines, Company::Group),
            _ => return Err(Error::unknown("text", name, TEXTS)),
        };
        TextCorpus::new(name, lines, Vec::new())
    }
}
