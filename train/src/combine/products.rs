//! The Gramian of the tasks' gradients, reduced on the device.

use burn::{optim::GradientsParams, tensor::Tensor};
use taskgraft_algebra::weighting::{Gramian, GramianNeed, Needs};

use super::inner_products;
use crate::{Error, MultiTask, Result};

/// The pairs of tasks whose inner products a weighting reads.
pub(super) struct Pairs {
    tasks: usize,
    pairs: Vec<(usize, usize)>,
}

impl Pairs {
    /// Those that `needs` asks for.
    pub fn of(needs: &Needs, tasks: usize) -> Self {
        let all = 0..tasks;
        let pairs = match (needs.gramian, needs.tracking) {
            (GramianNeed::None, None) => vec![],
            (GramianNeed::Norms | GramianNeed::None, _) => all.map(|i| (i, i)).collect(),
            (GramianNeed::Full, _) => all.flat_map(|i| (i..tasks).map(move |j| (i, j))).collect(),
        };
        Self { tasks, pairs }
    }

    pub fn pairs(&self) -> &[(usize, usize)] {
        &self.pairs
    }

    /// Inner products in the trunk, pair by pair within each parameter; still on the device.
    pub fn in_trunk(&self, model: &MultiTask, sets: &[GradientsParams]) -> Option<Tensor<1>> {
        if self.pairs.is_empty() {
            return None;
        }
        let sets: Vec<&GradientsParams> = sets.iter().collect();
        inner_products(&model.trunk, &sets, &self.pairs).products
    }

    /// Sums over what products were read by groups of all pairs.
    pub fn sums(&self, products: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.pairs.len()];
        for group in products.chunks_exact(self.pairs.len().max(1)) {
            sums.iter_mut().zip(group).for_each(|(sum, value)| *sum += value);
        }
        sums
    }

    /// Norms of the tasks' gradients; 0 where they were not asked for.
    pub fn norms(&self, sums: &[f64]) -> Vec<f64> {
        let square = |task| self.pairs.iter().position(|&pair| pair == (task, task));
        (0..self.tasks).map(|task| square(task).map_or(0.0, |at| sums[at].sqrt())).collect()
    }

    /// The Gramian; what was not asked for is zero.
    ///
    /// # Errors
    /// Products that are not finite.
    pub fn gramian(&self, sums: &[f64]) -> Result<Gramian> {
        let mut rows = vec![vec![0.0; self.tasks]; self.tasks];
        for (&(i, j), &sum) in self.pairs.iter().zip(sums) {
            (rows[i][j], rows[j][i]) = (sum, sum);
        }
        Gramian::from_rows(&rows).map_err(|e| Error::Training(e.to_string()))
    }
}
