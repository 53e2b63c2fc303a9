//! Gradients of tasks in the trunk, and their inner products by part of it.

use burn::{optim::GradientsParams, tensor::Tensor};
use taskgraft_algebra::weighting::Gramian;
use taskgraft_models::Trunk;

use super::block::{Block, Kind, Scope};
use crate::{
    Error, MicroBatch, MultiTask, Result,
    combine::{add_scaled, inner_products},
};

/// The gradient of a task's mean loss over batches in the trunk's parameters, and that loss. Dropout is off.
///
/// # Errors
/// If the device fails.
pub fn task_gradient(model: &MultiTask, batches: &[MicroBatch]) -> Result<(GradientsParams, f64)> {
    let mut sum = GradientsParams::new();
    let mut losses = Vec::with_capacity(batches.len());
    let share = 1.0 / batches.len().max(1) as f64;
    for batch in batches {
        let loss = Tensor::cat(model.losses(batch, None), 0).sum();
        losses.push(loss.clone().without_autodiff());
        let mut gradients = GradientsParams::from_grads(loss.backward(), &model.trunk);
        add_scaled(&model.trunk, &mut sum, &mut gradients, share);
    }
    Ok((sum, mean_loss(losses)?))
}

/// The mean of losses that are still on the device.
pub(super) fn mean_loss(losses: Vec<Tensor<1>>) -> Result<f64> {
    let data = Tensor::cat(losses, 0).mean().try_into_data();
    let data = data.map_err(|e| Error::Training(format!("reading losses: {e}")))?;
    Ok(data.iter::<f64>().sum())
}

/// Inner products of sets of gradients in the trunk.
#[derive(Debug, Clone)]
pub struct BlockProducts {
    sets: usize,
    /// By kind of parameter: the products, `[sets · sets]`.
    by_kind: Vec<(Kind, Vec<f64>)>,
}

impl BlockProducts {
    /// All inner products of the sets, reduced on the device and read once.
    ///
    /// # Errors
    /// If the device fails.
    pub fn of(trunk: &Trunk, sets: &[&GradientsParams]) -> Result<Self> {
        let count = sets.len();
        let pairs: Vec<(usize, usize)> =
            (0..count).flat_map(|i| (i..count).map(move |j| (i, j))).collect();
        let inner = inner_products(trunk, sets, &pairs);
        let values: Vec<f64> = match inner.products {
            Some(products) => {
                let data = products.try_into_data();
                let data = data.map_err(|e| Error::Training(format!("reading gradients: {e}")))?;
                data.iter::<f64>().collect()
            }
            None => vec![],
        };
        let mut by_kind: Vec<(Kind, Vec<f64>)> = Vec::new();
        for (path, products) in inner.parameters.iter().zip(values.chunks_exact(pairs.len().max(1)))
        {
            let kind = Kind::of(path);
            let at = by_kind.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
                by_kind.push((kind, vec![0.0; count * count]));
                by_kind.len() - 1
            });
            for (&(i, j), product) in pairs.iter().zip(products) {
                by_kind[at].1[i * count + j] += product;
                if i != j {
                    by_kind[at].1[j * count + i] += product;
                }
            }
        }
        Ok(Self { sets: count, by_kind })
    }

    /// Number of sets.
    pub fn sets(&self) -> usize {
        self.sets
    }

    /// The parts of the trunk that have gradients, from the input up.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = self.by_kind.iter().map(|(kind, _)| kind.block).collect();
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    }

    /// The inner products over a scope.
    ///
    /// # Errors
    /// If a gradient is not finite.
    pub fn gramian(&self, scope: Scope) -> Result<Gramian> {
        let mut sums = vec![0.0; self.sets * self.sets];
        for (_, products) in self.by_kind.iter().filter(|(kind, _)| scope.holds(*kind)) {
            sums.iter_mut().zip(products).for_each(|(sum, value)| *sum += value);
        }
        Gramian::from_row_major(self.sets, &sums)
            .map_err(|e| Error::Training(format!("gradients in the {scope}: {e}")))
    }
}
