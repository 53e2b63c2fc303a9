//! Floats that come back from JSON bit for bit.
//!
//! Text forms of floats are parsed to within a unit in the last place, and cannot say infinity. State that must resume
//! exactly is therefore written as the floats' 64 bits: a weighting keeps what it remembers in [`Floats`], and its
//! `state` and `restore` are [`save`] and [`load`] of a serde type.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use super::{Result, WeightingError};

/// A list of floats that is serialised as their bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Floats(pub Vec<f64>);

impl Serialize for Floats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|x| x.to_bits()))
    }
}

impl<'de> Deserialize<'de> for Floats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bits = Vec::<u64>::deserialize(deserializer)?;
        Ok(Floats(bits.into_iter().map(f64::from_bits).collect()))
    }
}

/// The JSON form of a method's state.
///
/// # Panics
/// For a state that JSON cannot say: a map whose keys are not strings, or a `Serialize` that fails.
pub fn save<S: Serialize>(state: &S) -> Value {
    // States hold numbers, lists and options under string keys only, which JSON can always say.
    serde_json::to_value(state).expect("a state is made of numbers and lists")
}

/// The state of `method` from its JSON form.
///
/// # Errors
/// When `state` is not of this method's shape.
pub fn load<S: DeserializeOwned>(method: &'static str, state: &Value) -> Result<S> {
    S::deserialize(state)
        .map_err(|error| WeightingError::State { method, problem: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_come_back_from_text_bit_for_bit() {
        let floats = Floats(vec![0.1, -0.0, f64::MIN_POSITIVE / 3.0, f64::INFINITY, 1.0 / 3.0]);
        let text = save(&floats).to_string();
        let back: Floats = load("test", &serde_json::from_str(&text).unwrap()).unwrap();
        assert!(floats.0.iter().zip(&back.0).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
