//! How the tasks' gradients lie to each other in the trunk, with the noise of batches measured beside it.
//!
//! Every task has two gradients, of disjoint halves of its drawn examples. The cosine of two tasks is the mean of the
//! four cosines between their halves; the cosine of a task's own halves is its ceiling, what a task equal to it would
//! reach. The corrected cosine divides by the geometric mean of two ceilings. These are cosines of gradients, not of
//! AdamW's steps.

use burn::optim::GradientsParams;
use serde::{Deserialize, Serialize};
use taskgraft_algebra::{similarity::corrected_cosine, weighting::Gramian};
use taskgraft_models::Trunk;

use super::{block::Scope, products::BlockProducts};
use crate::{Error, Result};

/// The alignment of tasks' gradients in the trunk and in its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradientAlignment {
    /// The whole trunk, its layers' matrices, then block by block.
    pub scopes: Vec<ScopeAlignment>,
}

/// The alignment of tasks' gradients over some of the trunk's parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScopeAlignment {
    pub scope: Scope,
    /// `[tasks, tasks]`: mean cosine between halves; the ceilings on the diagonal. `None` where a task has no gradient,
    /// as taggers in the pooler.
    pub cosines: Vec<Vec<Option<f64>>>,
    /// Of each task's gradient over both halves.
    pub norms: Vec<f64>,
    /// Pairs of tasks whose gradients over both halves have a negative inner product.
    pub conflicts: usize,
    /// Largest over smallest eigenvalue of the tasks' Gramian; `None` where it is singular.
    pub condition: Option<f64>,
}

impl GradientAlignment {
    /// From the gradients of every task's halves, of which both are equally large.
    ///
    /// # Errors
    /// If the device fails, gradients are not finite, or the halves are not of as many tasks.
    pub fn of<'a>(
        trunk: &Trunk,
        first: impl IntoIterator<Item = &'a GradientsParams>,
        second: impl IntoIterator<Item = &'a GradientsParams>,
    ) -> Result<Self> {
        let first: Vec<&GradientsParams> = first.into_iter().collect();
        let second: Vec<&GradientsParams> = second.into_iter().collect();
        if first.len() != second.len() {
            let what = format!("gradients of {} and {} tasks", first.len(), second.len());
            return Err(Error::Usage(format!("{what}: alignment needs both halves of each")));
        }
        let sets = [first, second].concat();
        let products = BlockProducts::of(trunk, &sets)?;
        let blocks = products.blocks().into_iter().map(Scope::Block);
        let scopes = [Scope::Whole, Scope::Matrices].into_iter().chain(blocks);
        let scopes = scopes.map(|scope| ScopeAlignment::of(scope, &products.gramian(scope)?));
        Ok(Self { scopes: scopes.collect::<Result<_>>()? })
    }

    /// The alignment over a scope, if it has gradients.
    pub fn scope(&self, scope: Scope) -> Option<&ScopeAlignment> {
        self.scopes.iter().find(|s| s.scope == scope)
    }
}

impl ScopeAlignment {
    /// `halves`: the Gramian of all first halves, then all second ones.
    fn of(scope: Scope, halves: &Gramian) -> Result<Self> {
        let tasks = halves.tasks() / 2;
        let cosine = |a: usize, b: usize| {
            let has_both = halves.inner(a, a) > 0.0 && halves.inner(b, b) > 0.0;
            has_both.then(|| halves.cosine(a, b))
        };
        let between = |i: usize, j: usize| -> Option<f64> {
            if i == j {
                return cosine(i, i + tasks);
            }
            let all = [(i, j), (i, j + tasks), (i + tasks, j), (i + tasks, j + tasks)];
            let sum: Option<f64> = all.into_iter().map(|(a, b)| cosine(a, b)).sum();
            sum.map(|sum| sum / 4.0)
        };
        let of_means = |i: usize, j: usize| {
            let sum = halves.inner(i, j)
                + halves.inner(i, j + tasks)
                + halves.inner(i + tasks, j)
                + halves.inner(i + tasks, j + tasks);
            // Rounding must not leave a squared norm below zero.
            if i == j { sum.max(0.0) / 4.0 } else { sum / 4.0 }
        };
        let rows = |of: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            (0..tasks).map(|i| (0..tasks).map(|j| of(i, j)).collect()).collect()
        };
        let gramian = Gramian::from_rows(&rows(&of_means))
            .map_err(|e| Error::Training(format!("gradients in the {scope}: {e}")))?;
        let condition = gramian.condition_number();
        Ok(Self {
            scope,
            cosines: (0..tasks).map(|i| (0..tasks).map(|j| between(i, j)).collect()).collect(),
            norms: gramian.norms(),
            conflicts: gramian.conflicts(),
            condition: condition.is_finite().then_some(condition),
        })
    }

    /// The cosine of a task's two halves.
    pub fn ceiling(&self, task: usize) -> Option<f64> {
        self.cosines[task][task]
    }

    /// The cosine of two tasks over the geometric mean of their ceilings; `None` where a ceiling is not positive.
    pub fn corrected(&self, i: usize, j: usize) -> Option<f64> {
        corrected_cosine(self.cosines[i][j]?, self.ceiling(i)?, self.ceiling(j)?)
    }
}
