//! A weighting of tasks as a user declares it: a name and options.
//!
//! The names are those of [`taskgraft_algebra::weighting::all`] and of the methods that need more than a Gramian
//! ([`beyond_gramian::ALL`](taskgraft_algebra::weighting::beyond_gramian::ALL)). Written out it is
//! `cagrad c=0.5`; names in the literature are understood too.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use taskgraft_algebra::weighting::{
    self, Ordering, Weighting, WeightingError, beyond_gramian, by_name,
};

use super::{
    Passes,
    rule::{AutoLambdaRule, Rule, options},
};
use crate::{Error, Result};

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

    /// The rule for tasks of the given sizes. Where options are absent, draws get the run's seed, scalarisation the
    /// sizes, and fixed weights are equal.
    ///
    /// # Errors
    /// An unknown name (all are listed) or options that don't fit.
    pub fn build(&self, sizes: &[usize], seed: u64) -> Result<Rule> {
        if !Self::names().contains(&self.name.as_str()) {
            return Err(self.unknown());
        }
        let wrong = |e: WeightingError| Error::Usage(e.to_string());
        let mut given = match &self.options {
            Value::Null => json!({}),
            options => options.clone(),
        };
        match self.name.as_str() {
            "graddrop" => {
                default(&mut given, "seed", json!(seed));
                let config: beyond_gramian::GradDropConfig = options("graddrop", given)?;
                Ok(Rule::GradDrop(config.checked().map_err(wrong)?))
            }
            "excess-mtl" => {
                let config: beyond_gramian::ExcessMtlConfig = options("excess-mtl", given)?;
                let shift = config.h_shift;
                Ok(Rule::ExcessMtl { rule: config.init().map_err(wrong)?, shift })
            }
            "auto-lambda" => AutoLambdaRule::new(given, sizes.len()).map(Rule::AutoLambda),
            _ => self.weighting(given, sizes, seed).map(Rule::Weighting).map_err(wrong),
        }
    }

    /// Forward and backward passes of a step; Auto-λ's with every task primary.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn passes(&self) -> Result<Passes> {
        let shared = self.at == GradientsAt::Representation;
        let (forward, backward) = match self.build(&[1], 0)? {
            Rule::Weighting(rule) => (1 + usize::from(rule.needs().losses_after), 1),
            Rule::GradDrop(_) | Rule::ExcessMtl { .. } => (1, 1),
            Rule::AutoLambda(_) => (2, 2),
        };
        Ok(Passes { forward, backward, shared })
    }

    fn weighting(
        &self,
        mut given: Value,
        sizes: &[usize],
        seed: u64,
    ) -> Result<Box<dyn Weighting>, WeightingError> {
        match self.name.as_str() {
            "scalarisation" => default(&mut given, "sizes", json!(sizes)),
            "fixed" => {
                default(&mut given, "weights", json!(vec![1.0 / sizes.len() as f64; sizes.len()]));
            }
            _ => {}
        }
        let weighting = by_name(&self.name, &given)?;
        if weighting.properties().ordering == Ordering::Drawn && given.get("seed").is_none() {
            default(&mut given, "seed", json!(seed));
            return by_name(&self.name, &given);
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
        weighting.build(&[1], 0)?;
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

/// Names, and titles in the literature.
fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    let title = |paper: &'static str| paper.split(';').next().unwrap_or(paper);
    let weightings = weighting::known().into_iter().map(move |of| (of.name, title(of.paper)));
    weightings.chain(beyond_gramian::ALL.iter().map(move |l| (l.name, title(l.paper))))
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
            weighting.build(&[100, 10, 1000], 3).unwrap();
        }
        assert_eq!(TaskWeighting::names().len(), 36);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_and_all_names() {
        let error = TaskWeighting::named("pcgrat").build(&[1, 1], 0).err().unwrap().to_string();
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
