//! A built-in method that owns the step, known by name.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use taskgraft_algebra::described::{self, Described};

use crate::{
    Error, MultiTask, Result,
    combine::{Combine, Weighing},
    methods::Passes,
};

/// The options of a built-in method that owns the step: a type with serde's defaults, whose fields state their ranges.
pub trait StepOwning: Default + Serialize + DeserializeOwned + JsonSchema {
    /// The name by which it is made: lower case, with hyphens.
    const NAME: &'static str;
    /// The name in the literature, and where it was published.
    const PAPER: &'static str;
    /// Forward and backward passes of a step.
    const PASSES: Passes;

    /// What does not fit the number of tasks, in words.
    ///
    /// # Errors
    /// Exactly then.
    fn check(&self, _tasks: usize) -> Result<(), String> {
        Ok(())
    }

    /// The method at the start of a training, from options that were checked.
    ///
    /// # Errors
    /// If it can't be made.
    fn make(self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>>;
}

/// How a method is made for a training, from options.
type Make = fn(&Value, &Weighing) -> Result<Box<dyn Combine<MultiTask>>>;

/// A built-in method that owns the step.
#[derive(Clone, Copy)]
pub struct Entry {
    pub name: &'static str,
    pub paper: &'static str,
    pub passes: Passes,
    check: fn(&Value, Option<usize>) -> Result<()>,
    make: Make,
    options: fn() -> Vec<Described>,
}

impl Entry {
    pub(super) const fn of<M: StepOwning>() -> Self {
        Self {
            name: M::NAME,
            paper: M::PAPER,
            passes: M::PASSES,
            check: |given, tasks| read::<M>(given, tasks).map(drop),
            make: |given, training| read::<M>(given, Some(training.tasks.len()))?.make(training),
            options: described::describe::<M>,
        }
    }

    /// Refuses options that are unknown, out of range, or do not fit so many tasks, where these are known.
    ///
    /// # Errors
    /// Exactly then.
    pub fn check(&self, options: &Value, tasks: Option<usize>) -> Result<()> {
        (self.check)(options, tasks)
    }

    /// The method at the start of a training.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn make(
        &self,
        options: &Value,
        training: &Weighing,
    ) -> Result<Box<dyn Combine<MultiTask>>> {
        (self.make)(options, training)
    }

    /// Its options.
    pub fn options(&self) -> Vec<Described> {
        (self.options)()
    }
}

fn read<M: StepOwning>(given: &Value, tasks: Option<usize>) -> Result<M> {
    let wrong =
        |problem: String| Error::Usage(format!("options of weighting `{}`: {problem}", M::NAME));
    let options: M = serde_json::from_value(given.clone()).map_err(|e| wrong(e.to_string()))?;
    described::check(&options).map_err(wrong)?;
    tasks.map_or(Ok(()), |tasks| options.check(tasks)).map_err(wrong)?;
    Ok(options)
}
