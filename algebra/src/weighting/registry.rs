//! All weightings by name, with paper and options.
//!
//! [`by_name`] makes one from JSON options, each method's own configuration with its defaults; an unknown name is
//! answered with the nearest known one. Case, blanks and underscores in names do not matter.

use serde_json::Value;

use super::{Method, Result, Weighting, WeightingError, entry::plain, listed::all, own};

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
