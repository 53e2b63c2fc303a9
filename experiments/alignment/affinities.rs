//! Affinities between tasks by everything that was measured, on one form.

use serde::{Deserialize, Serialize};
use taskgraft_algebra::{grouping::Affinity, similarity::corrected_cosine};

use super::similarity::Similarity;
use taskgraft::{
    Error, Result,
    observe::{Observation, Scope, after_start, mean_lookahead},
};

/// What an affinity was measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// TAG's lookahead.
    Lookahead,
    /// Cosines of gradients.
    Gradients,
    /// Similarity of representations.
    Representations,
    /// Gains of pairs that were trained: the higher-order approximation.
    PairGains,
}

/// A matrix over tasks; higher is closer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    pub name: String,
    pub source: Source,
    /// Whether tasks are grouped by it too: one measure of each source.
    pub is_main: bool,
    /// `[receiver][source]`; the diagonal is a task with itself on other batches or another seed, where it was
    /// measured.
    pub values: Vec<Vec<Option<f64>>>,
}

impl Measure {
    /// As an affinity for grouping.
    ///
    /// # Errors
    /// A pair without a value.
    pub fn affinity(&self, names: &[String]) -> Result<Affinity> {
        let tasks = names.len();
        let missing = |i: usize, j: usize| {
            let (receiver, source) = (&names[i], &names[j]);
            Error::Usage(format!(
                "{}: there is no value of `{source}` for `{receiver}`; measure every pair of tasks",
                self.name
            ))
        };
        let entry = |i: usize, j: usize| match self.values[i][j] {
            Some(value) => Ok(value),
            None if i == j => Ok(0.0),
            None => Err(missing(i, j)),
        };
        let rows = (0..tasks).map(|i| (0..tasks).map(|j| entry(i, j)).collect());
        let rows = rows.collect::<Result<Vec<Vec<f64>>>>()?;
        Affinity::new(names.to_vec(), rows).map_err(|e| Error::Usage(e.to_string()))
    }

    /// The mean of both directions of every pair (i, j), j < i, in that order; `None` where a pair has no value.
    pub fn of_pairs(&self) -> Option<Vec<f64>> {
        of_pairs(self.values.len(), |i, j| self.values[i][j])
    }
}

/// The mean of both directions of every pair (i, j), j < i.
pub fn of_pairs(tasks: usize, value: impl Fn(usize, usize) -> Option<f64>) -> Option<Vec<f64>> {
    let pairs = (0..tasks).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs.map(|(i, j)| Some((value(i, j)? + value(j, i)?) / 2.0)).collect()
}

/// Lookahead and cosines, over seeds and the observed steps after the first.
///
/// # Errors
/// Observations of different tasks.
pub fn of_gradients(observations: &[Observation]) -> Result<Vec<Measure>> {
    let observations = &after_start(observations)[..];
    let Some(tasks) = observations.first().map(|o| o.losses.len()) else { return Ok(vec![]) };
    let matrix = |entry: &dyn Fn(usize, usize) -> Option<f64>| -> Vec<Vec<Option<f64>>> {
        (0..tasks).map(|i| (0..tasks).map(|j| entry(i, j)).collect()).collect()
    };
    let lookahead = mean_lookahead(observations)?;
    let mut measures = vec![Measure {
        name: "TAG lookahead".into(),
        source: Source::Lookahead,
        is_main: true,
        values: matrix(&|i, j| lookahead.mean(i, j)),
    }];
    for scope in [Scope::Whole, Scope::Matrices] {
        let cosine = |i: usize, j: usize| mean_cosine(observations, scope, i, j);
        measures.push(Measure {
            name: format!("gradient cosine, {scope}"),
            source: Source::Gradients,
            is_main: scope == Scope::Whole,
            values: matrix(&cosine),
        });
    }
    let corrected = |i: usize, j: usize| {
        let cosine = |i, j| mean_cosine(observations, Scope::Whole, i, j);
        if i == j {
            Some(1.0)
        } else {
            corrected_cosine(cosine(i, j)?, cosine(i, i)?, cosine(j, j)?)
        }
    };
    measures.push(Measure {
        name: "corrected gradient cosine".into(),
        source: Source::Gradients,
        is_main: false,
        values: matrix(&corrected),
    });
    Ok(measures)
}

/// The mean over observations of a cosine (of a ceiling where i = j).
pub fn mean_cosine(observations: &[&Observation], scope: Scope, i: usize, j: usize) -> Option<f64> {
    let of = |o: &&Observation| o.gradients.scope(scope)?.cosines[i][j];
    let all: Vec<f64> = observations.iter().filter_map(of).collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

/// Similarities of representations, over layers and seeds; the first is the main one.
pub fn of_representations(similarities: &[Similarity], tasks: usize) -> Vec<Measure> {
    let measure = |(place, similarity): (usize, &Similarity)| Measure {
        name: format!("{}, {}", index_words(&similarity.index), similarity.pooling),
        source: Source::Representations,
        is_main: place == 0,
        values: similarity.matrix(tasks),
    };
    similarities.iter().enumerate().map(measure).collect()
}

/// An index's name as it is written in text.
pub fn index_words(index: &str) -> String {
    let word = |word: &str| match word {
        "cka" | "rbf" | "cca" | "svcca" | "pwcca" => word.to_uppercase(),
        other => other.to_string(),
    };
    index.split('_').map(word).collect::<Vec<_>>().join(" ")
}

/// The measured gains of pairs.
pub fn of_pair_gains(transfer: &[Vec<f64>]) -> Measure {
    let rows = transfer.iter().enumerate();
    let value = |i: usize, j: usize, gain: f64| (i != j).then_some(gain);
    let row = |(i, row): (usize, &Vec<f64>)| {
        row.iter().enumerate().map(|(j, gain)| value(i, j, *gain)).collect()
    };
    Measure {
        name: "measured pair gains".into(),
        source: Source::PairGains,
        is_main: true,
        values: rows.map(row).collect(),
    }
}
