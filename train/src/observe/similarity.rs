//! The similarity of networks, layer by layer.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use taskgraft_algebra::similarity::{Index, Layers};

use super::representations::{HiddenStates, Pooling, undefined};
use crate::Result;

/// An index between two networks at every depth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimilarityCurve {
    /// Places of the networks in the list that was compared.
    pub pair: (usize, usize),
    /// From the pooling's first layer up.
    pub values: Vec<f64>,
}

impl SimilarityCurve {
    /// The mean over the layers.
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len().max(1) as f64
    }
}

/// Compares pairs of networks that saw the same texts. Each network's layers are prepared once; an index that is not
/// symmetric is averaged over both directions.
///
/// # Errors
/// Networks of different depth, different texts, or an index without a value.
pub fn compare_networks(
    index: Index,
    pooling: Pooling,
    networks: &[&HiddenStates],
    pairs: &[(usize, usize)],
) -> Result<Vec<SimilarityCurve>> {
    let prepare = |states: &&HiddenStates| Layers::prepare(index, states.layers(pooling));
    let prepared: Vec<Layers> =
        networks.par_iter().map(prepare).collect::<Result<_, _>>().map_err(undefined)?;
    let compare = |&(a, b): &(usize, usize)| {
        let mut values = prepared[a].curve(&prepared[b])?;
        if index == Index::Pwcca {
            let back = prepared[b].curve(&prepared[a])?;
            values.iter_mut().zip(back).for_each(|(there, back)| *there = (*there + back) / 2.0);
        }
        Ok(SimilarityCurve { pair: (a, b), values })
    };
    pairs.par_iter().map(compare).collect::<Result<_, _>>().map_err(undefined)
}
