//! A weighting of tasks as a user declares it: a name and options.
//!
//! The names are those of [`taskgraft_algebra::weighting::all`] and of the methods that need more than a Gramian
//! ([`STEP_OWNING`]). Written out it is `cagrad c=0.5`; names in the literature are understood too.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use taskgraft_algebra::{
    described::Described,
    weighting::{self, Gramian, Ordering, StepInputs, Weighting, WeightingError, by_name},
};

use super::{
    Passes,
    step_owning::{Entry, STEP_OWNING},
};
use crate::{
    Error, MultiTask, Result, TaskData,
    combine::{Combine, SharedTrunk, Weighing, Weighted},
};

/// Where the gradients of tasks are compared and combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GradientsAt {
    /// In the trunk's parameters: a forward and a backward pass for each task.
    #[default]
    Parameters,
    /// In the trunk's output, for tasks on the same texts: one forward and one backward pass of the trunk in all.
    Representation,
}

/// A weighting by name, with options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskWeighting {
    pub name: String,
    /// An object, or null for the defaults.
    #[serde(default)]
    pub options: Value,
    #[serde(default)]
    pub at: GradientsAt,
}

impl TaskWeighting {
    /// A weighting with its default options.
    pub fn named(name: &str) -> Self {
        Self { name: canonical(name), options: Value::Null, at: GradientsAt::default() }
    }

    /// Sets one of its options.
    #[must_use]
    pub fn with(mut self, option: &str, value: impl Into<Value>) -> Self {
        let mut options = self.options.as_object().cloned().unwrap_or_default();
        options.insert(option.into(), value.into());
        self.options = Value::Object(options);
        self
    }

    /// Sets where gradients are compared.
    #[must_use]
    pub fn at(mut self, at: GradientsAt) -> Self {
        self.at = at;
        self
    }

    /// Whether it is linear scalarisation, which others must beat.
    pub fn is_baseline(&self) -> bool {
        matches!(self.name.as_str(), "equal" | "fixed" | "scalarisation")
    }

    /// All names.
    pub fn names() -> Vec<&'static str> {
        known().map(|(name, _)| name).collect()
    }

    /// What the literature calls it; its own name where it is unknown.
    pub fn title(&self) -> &str {
        known().find(|(name, _)| *name == self.name).map_or(&self.name, |(_, title)| title)
    }

    /// Refuses what makes no sense for tasks of these sizes.
    ///
    /// # Errors
    /// An unknown name (all are listed), or options that don't fit.
    pub fn check(&self, sizes: &[usize], seed: u64) -> Result<()> {
        match self.step_owning() {
            Some(entry) => entry.check(&self.given(), Some(sizes.len())),
            None => tried(self.weighting(sizes, seed)?, sizes.len()),
        }
    }

    /// Refuses options that make no sense for any tasks.
    fn check_alone(&self) -> Result<()> {
        match self.step_owning() {
            Some(entry) => entry.check(&self.given(), None),
            None => self.weighting(&[1], 0).map(drop),
        }
    }

    /// Forward and backward passes of a step; Auto-λ's with every task primary.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn passes(&self) -> Result<Passes> {
        let shared = self.at == GradientsAt::Representation;
        if let Some(entry) = self.step_owning() {
            return Ok(Passes { shared, ..entry.passes });
        }
        let forward = 1 + usize::from(self.weighting(&[1], 0)?.needs().losses_after);
        Ok(Passes { forward, backward: 1, shared })
    }

    /// What makes the steps of a training. Where options are absent, draws get the run's seed, scalarisation the sizes,
    /// and fixed weights are equal.
    ///
    /// # Errors
    /// A name or options that make no sense for these tasks, or a method that can't be used where it is asked to.
    pub fn combine(&self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        let shared = self.at == GradientsAt::Representation;
        if let Some(entry) = self.step_owning() {
            if shared {
                return Err(Error::Usage(format!(
                    "weighting `{}` works on the trunk's parameters; leave out `at=representation`",
                    self.name
                )));
            }
            return entry.make(&self.given(), training);
        }
        let sizes: Vec<usize> = training.tasks.iter().map(TaskData::size).collect();
        let rule = self.weighting(&sizes, training.seed)?;
        let (parts, steps) = (training.parts(), training.steps);
        Ok(match shared {
            true => Box::new(SharedTrunk::new(rule, parts, steps)?),
            false => Box::new(Weighted::new(rule, parts, steps)),
        })
    }

    /// The options of the built-in weighting of this name.
    ///
    /// # Errors
    /// An unknown name; the nearest is named.
    pub fn options_of(name: &str) -> Result<Vec<Described>> {
        let wanted = Self::named(name);
        if let Some(entry) = wanted.step_owning() {
            return Ok(entry.options());
        }
        let known = weighting::known().into_iter().find(|known| known.name == wanted.name);
        known.map(|known| known.options()).ok_or_else(|| wanted.unknown())
    }

    /// The method that owns the step, where the name is that of one.
    fn step_owning(&self) -> Option<&'static Entry> {
        STEP_OWNING.iter().find(|entry| entry.name == self.name)
    }

    /// The options as an object.
    fn given(&self) -> Value {
        if self.options.is_null() { json!({}) } else { self.options.clone() }
    }

    /// The function of losses and Gramian, for tasks of the given sizes.
    fn weighting(&self, sizes: &[usize], seed: u64) -> Result<Box<dyn Weighting>> {
        if !Self::names().contains(&self.name.as_str()) {
            return Err(self.unknown());
        }
        let mut given = self.given();
        match self.name.as_str() {
            "scalarisation" => default(&mut given, "sizes", json!(sizes)),
            "fixed" => {
                default(&mut given, "weights", json!(vec![1.0 / sizes.len() as f64; sizes.len()]));
            }
            _ => {}
        }
        let made = |given: &Value| by_name(&self.name, given).map_err(wrong);
        let weighting = made(&given)?;
        if weighting.properties().ordering == Ordering::Drawn && given.get("seed").is_none() {
            default(&mut given, "seed", json!(seed));
            return made(&given);
        }
        Ok(weighting)
    }

    fn unknown(&self) -> Error {
        taskgraft_tasks::Error::unknown("weighting", &self.name, Self::names()).into()
    }

    /// Reads `NAME key=value …` from words; `at=representation` sets where gradients are compared.
    ///
    /// # Errors
    /// An unknown name, an option that is unknown or doesn't fit.
    pub fn from_words(words: &[&str]) -> Result<Self> {
        let (settings, name): (Vec<&str>, Vec<&str>) =
            words.iter().copied().partition(|word| word.contains('='));
        let mut weighting = Self::named(&name.join("-"));
        let mut options = Map::new();
        for (key, value) in settings.iter().filter_map(|word| word.split_once('=')) {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            if key == "at" {
                weighting.at = serde_json::from_value(value.clone()).map_err(|_| {
                    let found = format!("`at` of weighting `{}` is {value}", weighting.name);
                    Error::Usage(format!("{found}; it may be parameters or representation"))
                })?;
            } else {
                options.insert(key.into(), value);
            }
        }
        if !options.is_empty() {
            weighting.options = Value::Object(options);
        }
        weighting.check_alone()?;
        Ok(weighting)
    }
}

/// `NAME key=value …`, parted by blanks or commas.
impl std::str::FromStr for TaskWeighting {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::from_words(&words(text))
    }
}

/// The words of a text, parted by blanks and commas outside brackets.
pub fn words(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = text.split(move |c: char| {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        depth == 0 && (c == ',' || c.is_whitespace())
    });
    parts.filter(|word| !word.is_empty()).collect()
}

impl fmt::Display for TaskWeighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())?;
        for (key, value) in self.options.as_object().into_iter().flatten() {
            match value {
                Value::String(text) => write!(f, " {key}={text}")?,
                value => write!(f, " {key}={value}")?,
            }
        }
        match self.at {
            GradientsAt::Parameters => Ok(()),
            GradientsAt::Representation => f.write_str(" at=representation"),
        }
    }
}

/// Asks a weighting for the weights of a step with so many tasks, whose losses and gradients are alike.
fn tried(mut weighting: Box<dyn Weighting>, tasks: usize) -> Result<()> {
    let losses = vec![1.0; tasks];
    let alike = |i: usize| (0..tasks).map(|j| if i == j { 1.0 } else { 0.5 }).collect();
    let rows: Vec<Vec<f64>> = (0..tasks).map(alike).collect();
    let gramian = Gramian::from_rows(&rows).map_err(wrong)?;
    let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
    weighting.weights(&inputs).map(drop).map_err(wrong)
}

fn wrong(error: WeightingError) -> Error {
    Error::Usage(error.to_string())
}

/// Names, and titles in the literature.
fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    let title = |paper: &'static str| paper.split(';').next().unwrap_or(paper);
    let weightings = weighting::known().into_iter().map(move |of| (of.name, title(of.paper)));
    weightings.chain(STEP_OWNING.iter().map(move |entry| (entry.name, title(entry.paper))))
}

fn canonical(name: &str) -> String {
    let plain = |name: &str| name.trim().to_lowercase().replace(['_', ' '], "-");
    let wanted = plain(name);
    let titled = known().find(|(_, title)| plain(title) == wanted);
    titled.map_or(wanted, |(name, _)| name.to_string())
}

fn default(options: &mut Value, key: &str, value: Value) {
    if let Some(options) = options.as_object_mut() {
        options.entry(key).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weighting_can_be_built_by_name_or_title_alone() {
        for (name, title) in known() {
            let weighting = TaskWeighting::named(title);
            assert_eq!(weighting.name, name);
            assert_eq!(weighting.title(), title);
            weighting.check(&[100, 10, 1000], 3).unwrap();
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_and_all_names() {
        let error = TaskWeighting::named("pcgrat").check(&[1, 1], 0).unwrap_err().to_string();
        for known in ["did you mean `pcgrad`", "excess-mtl", "famo"] {
            assert!(error.contains(known), "{error}");
        }
    }

    #[test]
    fn options_are_read_as_they_are_written() {
        for words in [&["CAGrad", "c=0.5"][..], &["mgda", "normalisation=loss"], &["gls"]] {
            let read = TaskWeighting::from_words(words).unwrap();
            let written = read.to_string();
            let again: Vec<&str> = written.split(' ').collect();
            let titled = TaskWeighting::from_words(&again);
            assert_eq!(titled.unwrap(), read, "{written}");
        }
        let wrong = TaskWeighting::from_words(&["graddrop", "leak=2"]).unwrap_err().to_string();
        assert!(wrong.contains("graddrop") && wrong.contains("leak"), "{wrong}");
        let wrong = TaskWeighting::from_words(&["mgda", "at=home"]).unwrap_err().to_string();
        assert!(wrong.contains("representation"), "{wrong}");
    }
}
