//! Weightings of a user's own, by value or by name.
//!
//! A type that implements [`Weighting`], `Serialize` and `DeserializeOwned` is its own options: what serde writes of a
//! value (its options, with what it remembers skipped) is what an equal one is made from. [`declare`] takes a value and
//! gives the name and options that a study writes down, so that a weighting passed in by value is from then on data
//! like a built-in one: in digests, tables, checkpoints and in other processes of the same program. [`register`]
//! makes a name known before any value is at hand, for command lines.

use std::sync::{PoisonError, RwLock};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Method, Result, Weighting, WeightingError, entry::plain, exact::save, listed::all,
    options::read,
};

/// What a weighting must be to be known by name: its value is its options.
///
/// Implemented by every type that fits. Fields that are remembered of past steps are marked `#[serde(skip)]`, and
/// `#[serde(default)]` lets options be left out.
pub trait OwnWeighting: Weighting + Serialize + DeserializeOwned + 'static {}

impl<W: Weighting + Serialize + DeserializeOwned + 'static> OwnWeighting for W {}

static REGISTERED: RwLock<Vec<Method>> = RwLock::new(Vec::new());

/// What was registered so far.
pub(super) fn registered() -> Vec<Method> {
    // A list that another thread left in the middle of a push is a list still.
    REGISTERED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes weightings of type `W` known under the name that `example` gives itself, for the whole program. `paper` is
/// what tables call it, and where it is from. Registering a type again changes nothing.
///
/// # Errors
/// When another weighting has the name, or the name is not in lower case with hyphens.
pub fn register<W: OwnWeighting>(example: &W, paper: &'static str) -> Result<()> {
    let name = example.name();
    if name.is_empty() || plain(name) != name {
        let problem = format!("the name must be in lower case with hyphens, as `{}`", plain(name));
        return Err(WeightingError::Options { method: name, problem });
    }
    let method = Method::own(name, paper, build::<W>, std::any::type_name::<W>());
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let builtin = all().find(|known| known.name == name);
    match builtin.or_else(|| registered.iter().find(|known| known.name == name)) {
        Some(known) if known.own_type == method.own_type => Ok(()),
        Some(known) => {
            Err(WeightingError::NameTaken { name: name.to_owned(), known: known.paper.to_owned() })
        }
        None => {
            registered.push(method);
            Ok(())
        }
    }
}

/// Takes a weighting as a value: registers its type, and gives its name and its options, from which
/// [`by_name`](super::by_name) makes an equal one.
///
/// # Errors
/// As [`register`].
pub fn declare<W: OwnWeighting>(weighting: &W) -> Result<(&'static str, Value)> {
    register(weighting, weighting.name())?;
    Ok((weighting.name(), save(weighting)))
}

fn build<W: OwnWeighting>(given: &Value) -> Result<Box<dyn Weighting>> {
    Ok(Box::new(read::<W>(std::any::type_name::<W>(), given)?))
}
