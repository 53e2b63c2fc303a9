//! A weighting that is known by name: how it is made, and what it says of itself.

use serde_json::Value;

use super::{Needs, Options, Properties, Result, Weighting, options::read};
use crate::described::{Described, describe};

/// How a weighting is made from options.
pub(super) type Build = fn(&Value) -> Result<Box<dyn Weighting>>;

/// A registered weighting.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// The name by which it is made.
    pub name: &'static str,
    /// The name in the literature, and where it was published.
    pub paper: &'static str,
    build: Build,
    /// The type of a weighting of a user's own; empty for built-in ones.
    pub(super) own_type: &'static str,
    /// Options for a number of tasks, where there are no defaults for all.
    example: fn(usize) -> Value,
    options: fn() -> Vec<Described>,
}

impl Method {
    /// A built-in one.
    pub(super) const fn of<C: Options>() -> Self {
        Self {
            name: C::NAME,
            paper: C::PAPER,
            build: |given| Ok(Box::new(read::<C>(C::NAME, given)?.init()?)),
            own_type: "",
            example: C::example,
            options: describe::<C>,
        }
    }

    /// A user's own.
    pub(super) fn own(
        name: &'static str,
        paper: &'static str,
        build: Build,
        own_type: &'static str,
    ) -> Self {
        Self { name, paper, build, own_type, example: |_| Value::Null, options: Vec::new }
    }

    /// Makes it; `options` is an object or null.
    ///
    /// # Errors
    /// When an option is unknown, of the wrong kind or out of range.
    pub fn build(&self, options: &Value) -> Result<Box<dyn Weighting>> {
        (self.build)(options)
    }

    /// Options with which it runs on `tasks` tasks: none, except for methods that have to be given something per task.
    pub fn example_options(&self, tasks: usize) -> Value {
        (self.example)(tasks)
    }

    /// Its options; those of a user's own weighting are not known here.
    pub fn options(&self) -> Vec<Described> {
        (self.options)()
    }

    /// What it needs with its default options.
    ///
    /// # Errors
    /// None for registered methods.
    pub fn needs(&self) -> Result<Needs> {
        Ok(self.build(&self.example_options(2))?.needs())
    }

    /// What it claims with its default options.
    ///
    /// # Errors
    /// None for registered methods.
    pub fn properties(&self) -> Result<Properties> {
        Ok(self.build(&self.example_options(2))?.properties())
    }
}

/// A name without what does not matter in it.
pub(super) fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', ' '], "-")
}
