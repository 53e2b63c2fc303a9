//! A weighting of tasks as a user declares it: a name of the registry and options.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use taskgraft_algebra::weighting::{Ordering, Weighting, WeightingError, by_name};

use crate::{Error, Result};

/// One of [`taskgraft_algebra::weighting::all`], with options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskWeighting {
    pub name: String,
    /// An object, or null for the defaults.
    #[serde(default)]
    pub options: Value,
}

impl TaskWeighting {
    /// A weighting with its default options.
    pub fn named(name: &str) -> Self {
        Self { name: name.trim().to_lowercase().replace(['_', ' '], "-"), options: Value::Null }
    }

    /// The weighting for tasks of the given sizes. Where options are absent, draws get the run's seed, scalarisation the
    /// sizes, and fixed weights are equal.
    ///
    /// # Errors
    /// An unknown name (the nearest is named) or options that don't fit.
    pub fn build(&self, sizes: &[usize], seed: u64) -> Result<Box<dyn Weighting>> {
        let wrong = |e: WeightingError| Error::Usage(e.to_string());
        let mut options = match &self.options {
            Value::Null => json!({}),
            options => options.clone(),
        };
        let missing = |options: &Value, key: &str| options.get(key).is_none();
        if self.name == "scalarisation" && missing(&options, "sizes") {
            options["sizes"] = json!(sizes);
        }
        if self.name == "fixed" && missing(&options, "weights") {
            options["weights"] = json!(vec![1.0 / sizes.len() as f64; sizes.len()]);
        }
        let weighting = by_name(&self.name, &options).map_err(wrong)?;
        if weighting.properties().ordering == Ordering::Drawn && missing(&options, "seed") {
            options["seed"] = json!(seed);
            return by_name(&self.name, &options).map_err(wrong);
        }
        Ok(weighting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weighting_can_be_built_by_name_alone() {
        for method in taskgraft_algebra::weighting::all() {
            let built = TaskWeighting::named(method.name).build(&[100, 10, 1000], 3).unwrap();
            assert_eq!(built.name(), method.name);
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let error = TaskWeighting::named("pcgrat").build(&[1, 1], 0).err().unwrap();
        assert!(error.to_string().contains("pcgrad"), "{error}");
    }
}
