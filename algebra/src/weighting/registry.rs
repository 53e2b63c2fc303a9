//! All weightings by name, with paper and options.
//!
//! [`by_name`] makes one from JSON options, each method's own configuration with its defaults; an unknown name is
//! answered with the nearest known one. Case, blanks and underscores in names do not matter.

use serde_json::Value;

use super::{
    Needs, Options, Properties, Result, Weighting, WeightingError, from_gramian, from_losses,
    options::read, own,
};
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

/// Every built-in weighting, those from losses alone first.
pub fn all() -> impl Iterator<Item = &'static Method> {
    from_losses::LISTED.iter().chain(from_gramian::LISTED)
}

/// Every weighting that can be made by name: the built-in ones, then those that were [registered](super::register).
pub fn known() -> Vec<Method> {
    all().copied().chain(own::registered()).collect()
}

/// Makes the weighting called `name`; `options` is an object or null for its defaults.
///
/// # Errors
/// When the name is unknown, or an option is unknown, of the wrong kind or out of range.
pub fn by_name(name: &str, options: &Value) -> Result<Box<dyn Weighting>> {
    let wanted = plain(name);
    let known = known();
    match known.iter().find(|method| method.name == wanted) {
        Some(method) => method.build(options),
        None => {
            let names: Vec<&str> = known.iter().map(|method| method.name).collect();
            let nearest =
                names.iter().min_by_key(|known| strsim::damerau_levenshtein(known, &wanted));
            Err(WeightingError::UnknownName {
                name: name.to_owned(),
                nearest: nearest.copied().unwrap_or_default().to_owned(),
                known: names.join(", "),
            })
        }
    }
}

/// A name without what does not matter in it.
pub(super) fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', ' '], "-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_method_is_found_under_the_name_it_gives_itself() {
        for method in all() {
            let built = by_name(method.name, &method.example_options(3)).unwrap();
            assert_eq!(built.name(), method.name);
        }
        assert_eq!(by_name("Nash_MTL", &Value::Null).unwrap().name(), "nash-mtl");
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        let Err(error) = by_name("pc-grad", &Value::Null) else { panic!("no such name") };
        assert!(error.to_string().contains("did you mean `pcgrad`"), "{error}");
    }

    #[test]
    fn an_unknown_option_or_one_out_of_range_is_refused() {
        for (name, given) in [
            ("cagrad", json!({ "d": 1.0 })),
            ("cagrad", json!({ "c": -1.0 })),
            ("mgda", json!({ "normalisation": "none at all" })),
            ("fixed", Value::Null),
            ("gls", json!({ "alpha": 1 })),
        ] {
            let Err(error) = by_name(name, &given) else { panic!("{name} took {given}") };
            assert!(matches!(error, WeightingError::Options { .. }), "{error}");
        }
    }
}
