//! Two networks compared layer by layer, and every layer with every other.
//!
//! A network's layers are prepared once (centred, Gram matrices, bases), so that comparing T networks
//! pairwise costs T preparations. Prepared layers stay in memory: for RBF CKA, and for linear CKA with
//! no more rows than features, n²/2 numbers each.

use serde::{Deserialize, Serialize};

use super::{Error, Index, Prepared, Representations};

/// The layers of one network, prepared for one index, from the input side up.
#[derive(Debug, Clone)]
pub struct Layers(Vec<Prepared>);

/// An index between every layer of one network and every layer of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerMatrix {
    /// `values[i][j]`: layer i of the first network and layer j of the second.
    pub values: Vec<Vec<f64>>,
}

impl Layers {
    /// Prepares all layers of a network.
    ///
    /// # Errors
    /// A layer for which the index has no value; the message names it, counted from 0.
    pub fn prepare(index: Index, layers: &[Representations]) -> Result<Self, Error> {
        let each = layers.iter().enumerate();
        let prepared =
            each.map(|(at, layer)| index.prepare(layer).map_err(|e| e.at(format!("layer {at}"))));
        Ok(Self(prepared.collect::<Result<_, _>>()?))
    }

    /// Number of layers.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no layers.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The index at each depth: layer i with layer i.
    ///
    /// # Errors
    /// Different numbers of layers, rows or (cosine) features, or different indices.
    pub fn curve(&self, other: &Self) -> Result<Vec<f64>, Error> {
        if self.len() != other.len() {
            return Err(Error::Depths { first: self.len(), second: other.len() });
        }
        let pairs = self.0.iter().zip(&other.0).enumerate();
        pairs.map(|(at, (a, b))| a.compare(b).map_err(|e| e.at(format!("layer {at}")))).collect()
    }

    /// The index of every layer with every layer of another network.
    ///
    /// # Errors
    /// Different numbers of rows or (cosine) features, or different indices.
    pub fn matrix(&self, other: &Self) -> Result<LayerMatrix, Error> {
        let entry = |i: usize, j: usize| {
            let place = || format!("layers {i} and {j}");
            self.0[i].compare(&other.0[j]).map_err(|e| e.at(place()))
        };
        let row = |i| (0..other.len()).map(|j| entry(i, j)).collect();
        Ok(LayerMatrix { values: (0..self.len()).map(row).collect::<Result<_, _>>()? })
    }
}
