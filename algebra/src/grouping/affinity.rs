//! How much each task helps each other one, whatever it was measured by.
//!
//! Entry [receiver][source] is what training with the source's examples does for the receiver; higher
//! is better. The diagonal is kept for reports and never used for grouping.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Error;

/// A matrix of affinities with the names of its tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Affinity {
    names: Vec<String>,
    values: Vec<Vec<f64>>,
}

/// The measured gain of one task in a pair: its score when trained with the partner minus its
/// single-task score, or the negative of such a difference of losses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairGain {
    /// The task whose score it is.
    pub receiver: String,
    /// The task it was trained with.
    pub partner: String,
    /// The gain; positive is better.
    pub gain: f64,
}

#[derive(Serialize, Deserialize)]
struct Unchecked {
    names: Vec<String>,
    values: Vec<Vec<f64>>,
}

impl Affinity {
    /// Affinities by receiver, then source.
    ///
    /// # Shapes
    /// `values`: `[tasks, tasks]`, `values[receiver][source]`.
    ///
    /// # Errors
    /// No tasks, names that repeat, a matrix of another size, or a value that is not finite.
    pub fn new<N: Into<String>>(
        names: impl IntoIterator<Item = N>,
        values: Vec<Vec<f64>>,
    ) -> Result<Self, Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let tasks = names.len();
        if tasks == 0 {
            return Err(Error::NoTasks);
        }
        if let Some((_, name)) = names.iter().enumerate().find(|(at, n)| names[..*at].contains(n)) {
            return Err(Error::DuplicateTask { name: name.clone() });
        }
        if values.len() != tasks {
            let found = values.len();
            return Err(Error::Size { what: "the affinity matrix".into(), tasks, found });
        }
        for (receiver, row) in names.iter().zip(&values) {
            if row.len() != tasks {
                let (what, found) = (format!("the row of `{receiver}`"), row.len());
                return Err(Error::Size { what, tasks, found });
            }
            if let Some(at) = row.iter().position(|value| !value.is_finite()) {
                let (receiver, source_task) = (receiver.clone(), names[at].clone());
                return Err(Error::NotFinite { receiver, source_task, value: row[at] });
            }
        }
        Ok(Self { names, values })
    }

    /// A similarity without direction: gradient cosines, or CKA averaged over layers.
    ///
    /// # Shapes
    /// `values`: `[tasks, tasks]`.
    ///
    /// # Errors
    /// The matrix is not symmetric (to 1e-6 of the larger value), and as for [`Affinity::new`].
    pub fn symmetric<N: Into<String>>(
        names: impl IntoIterator<Item = N>,
        values: Vec<Vec<f64>>,
    ) -> Result<Self, Error> {
        let affinity = Self::new(names, values)?;
        for (i, first) in affinity.names.iter().enumerate() {
            for (j, second) in affinity.names.iter().enumerate().take(i) {
                let (forth, back) = (affinity.values[i][j], affinity.values[j][i]);
                if (forth - back).abs() > 1e-6 * forth.abs().max(back.abs()) {
                    let (first, second) = (first.clone(), second.clone());
                    return Err(Error::Asymmetric { first, second, forth, back });
                }
            }
        }
        Ok(affinity)
    }

    /// The measured gains of all ordered pairs; the diagonal is 0.
    ///
    /// # Errors
    /// A pair that is missing, given twice, of a task with itself or of an unknown task, and as for
    /// [`Affinity::new`].
    pub fn from_pair_gains<N: Into<String>>(
        names: impl IntoIterator<Item = N>,
        gains: &[PairGain],
    ) -> Result<Self, Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let mut given = HashMap::new();
        for PairGain { receiver, partner, gain } in gains {
            for name in [receiver, partner] {
                if !names.contains(name) {
                    let known = names.join(", ");
                    return Err(Error::UnknownTask { name: name.clone(), known });
                }
            }
            let pair = (receiver.as_str(), partner.as_str());
            if receiver == partner || given.insert(pair, *gain).is_some() {
                let (receiver, source_task) = (receiver.clone(), partner.clone());
                return Err(Error::RepeatedPair { receiver, source_task });
            }
        }
        let entry = |receiver: &String, source: &String| {
            if receiver == source {
                return Ok(0.0);
            }
            given.get(&(receiver.as_str(), source.as_str())).copied().ok_or_else(|| {
                Error::MissingPair { receiver: receiver.clone(), source_task: source.clone() }
            })
        };
        let row = |receiver| names.iter().map(|source| entry(receiver, source)).collect();
        let values = names.iter().map(row).collect::<Result<_, _>>()?;
        Self::new(names, values)
    }

    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.names.len()
    }

    /// The tasks' names, in the order of rows and columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What the source does for the receiver.
    ///
    /// # Panics
    /// If an index is not below the number of tasks.
    pub fn get(&self, receiver: usize, source: usize) -> f64 {
        self.values[receiver][source]
    }

    /// All values, `[receiver][source]`.
    pub fn values(&self) -> &[Vec<f64>] {
        &self.values
    }
}

impl TryFrom<Unchecked> for Affinity {
    type Error = Error;

    fn try_from(unchecked: Unchecked) -> Result<Self, Error> {
        Self::new(unchecked.names, unchecked.values)
    }
}

impl From<Affinity> for Unchecked {
    fn from(affinity: Affinity) -> Self {
        Self { names: affinity.names, values: affinity.values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(receiver: &str, partner: &str, gain: f64) -> PairGain {
        PairGain { receiver: receiver.into(), partner: partner.into(), gain }
    }

    #[test]
    fn pair_gains_fill_receiver_by_source() {
        let gains = [gain("a", "b", 0.5), gain("b", "a", -0.25)];
        let affinity = Affinity::from_pair_gains(["a", "b"], &gains).unwrap();
        assert_eq!(affinity.values(), [[0.0, 0.5], [-0.25, 0.0]]);
        let missing = Affinity::from_pair_gains(["a", "b"], &gains[..1]).unwrap_err();
        assert!(missing.to_string().contains("of `a` for `b`"), "{missing}");
        let twice = [gains[0].clone(), gains[0].clone()];
        let twice = Affinity::from_pair_gains(["a", "b"], &twice).unwrap_err();
        assert!(matches!(twice, Error::RepeatedPair { .. }));
        let unknown = Affinity::from_pair_gains(["a", "b"], &[gain("a", "z", 1.0)]).unwrap_err();
        assert!(unknown.to_string().contains("unknown task `z`; known: a, b"), "{unknown}");
    }

    #[test]
    fn malformed_matrices_are_typed_errors() {
        let of = |names: &[&str], values: &[&[f64]]| {
            let values = values.iter().map(|row| row.to_vec()).collect();
            Affinity::new(names.iter().copied(), values).map_err(|e| e.to_string())
        };
        assert!(of(&[], &[]).unwrap_err().contains("at least one task"));
        assert!(of(&["a", "a"], &[&[0.0, 0.0], &[0.0, 0.0]]).unwrap_err().contains("`a` occurs"));
        assert!(of(&["a", "b"], &[&[0.0, 0.0]]).unwrap_err().contains("matrix has 1 entries"));
        assert!(of(&["a", "b"], &[&[0.0, 0.0], &[0.0]]).unwrap_err().contains("row of `b`"));
        let nan = of(&["a", "b"], &[&[0.0, 0.0], &[f64::NAN, 0.0]]).unwrap_err();
        assert!(nan.contains("of `a` for `b` is NaN"), "{nan}");
    }

    #[test]
    fn a_directed_matrix_is_no_similarity() {
        let directed = vec![vec![1.0, 0.3], vec![0.2, 1.0]];
        let error = Affinity::symmetric(["a", "b"], directed.clone()).unwrap_err();
        assert!(matches!(error, Error::Asymmetric { .. }));
        let affinity = Affinity::new(["a", "b"], directed).unwrap();
        let text = serde_json::to_string(&affinity).unwrap();
        assert_eq!(serde_json::from_str::<Affinity>(&text).unwrap(), affinity);
        let damaged = text.replace("\"b\"", "\"a\"");
        assert!(serde_json::from_str::<Affinity>(&damaged).is_err());
    }
}
