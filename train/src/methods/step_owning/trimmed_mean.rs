//! The trimmed mean (Yin et al., ICML 2018, definition 2): at every coordinate of the trunk, the mean of the tasks'
//! gradients without the largest and the smallest.
//!
//! `trim` values are left out at either end, so that no single task moves the trunk far along any coordinate. Made
//! against broken workers, as Krum is. A head sees its task alone and is weighed by 1/T. Every task's gradients are
//! held until the end of the step.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StepOwning;
use crate::{
    MultiTask, Result,
    combine::{ByTask, Combine, Combined, Gathered, TaskGradients, Weighing, weighted_sum},
    methods::Passes,
};

/// Options of the trimmed mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrimmedMeanConfig {
    /// Gradients that are left out at either end of a coordinate; default 1. Needs more than twice as many tasks.
    pub trim: usize,
}

impl Default for TrimmedMeanConfig {
    fn default() -> Self {
        Self { trim: 1 }
    }
}

impl StepOwning for TrimmedMeanConfig {
    const NAME: &'static str = "trimmed-mean";
    const PAPER: &'static str = "Trimmed mean; Yin et al., ICML 2018";
    const PASSES: Passes = Passes { forward: 1, backward: 1, shared: false };

    fn check(&self, tasks: usize) -> Result<(), String> {
        let least = self.trim.saturating_mul(2).saturating_add(1);
        // One task alone is trained as without a method.
        if tasks == 1 || tasks >= least {
            return Ok(());
        }
        Err(format!(
            "`trim` is {}, which needs {least} tasks or more; there are {tasks}",
            self.trim
        ))
    }

    fn make(self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        let parts = training.parts();
        let trim = if parts.tasks() == 1 { 0 } else { self.trim };
        Ok(Box::new(ByTask::new(TrimmedMean { trim }, parts)))
    }
}

struct TrimmedMean {
    trim: usize,
}

impl TaskGradients for TrimmedMean {
    fn combine(
        &mut self,
        step: u64,
        gathered: &mut Gathered,
        model: &MultiTask,
    ) -> Result<Combined> {
        gathered.read(step, None)?;
        let item = gathered.take_item();
        let mut sets = gathered.take_sets();
        let mut gradients = GradientsParams::new();
        let of_heads = vec![1.0 / sets.len() as f64; sets.len()];
        weighted_sum(&model.heads, &mut gradients, &mut sets, &of_heads);
        let mut trim = Trim { trim: self.trim, sets: &mut sets, gradients: &mut gradients };
        model.trunk.visit(&mut trim);
        Ok(Combined { gradients, factor: 1.0, item })
    }
}

struct Trim<'a> {
    trim: usize,
    sets: &'a mut [GradientsParams],
    gradients: &'a mut GradientsParams,
}

impl ModuleVisitor for Trim<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let found: Vec<Option<Tensor<D>>> =
            self.sets.iter_mut().map(|set| set.remove::<D>(param.id)).collect();
        let Some(zeros) = found.iter().flatten().next().map(Tensor::zeros_like) else { return };
        // A task without a gradient in a parameter has the gradient 0 there.
        let all = found.into_iter().map(|one| one.unwrap_or_else(|| zeros.clone()));
        let shape = zeros.dims();
        let rows: Vec<Tensor<2>> = all.map(|one| one.reshape([1, -1])).collect();
        self.gradients.register(param.id, trimmed(rows, self.trim).reshape(shape));
    }
}

/// The mean over rows without the `trim` largest and smallest of each column.
///
/// # Shapes
/// T rows of `[1, n]`; the mean is `[1, n]`.
fn trimmed(rows: Vec<Tensor<2>>, trim: usize) -> Tensor<2> {
    let tasks = rows.len();
    let sorted = Tensor::cat(rows, 0).sort(0);
    let width = sorted.dims()[1];
    sorted.slice([trim..tasks - trim, 0..width]).mean_dim(0)
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn the_largest_and_smallest_of_each_coordinate_are_left_out() {
        let rows = [[3.0f32, -1.0, 0.5], [-100.0, 2.0, 0.5], [1.0, 4.0, -7.0], [5.0, 100.0, 8.0]];
        let device = Device::flex();
        let mean = |trim| -> Vec<f32> {
            let rows = rows.iter().map(|row| Tensor::<2>::from_floats([*row], &device)).collect();
            trimmed(rows, trim).into_data().iter::<f32>().collect()
        };
        assert_eq!(mean(1), [2.0, 3.0, 0.5]);
        assert_eq!(mean(0), [-22.75, 26.25, 0.5]);
    }

    #[test]
    fn more_trimming_than_tasks_is_refused() {
        let config = TrimmedMeanConfig { trim: 2 };
        assert!(config.check(5).is_ok());
        assert!(config.check(4).unwrap_err().contains("needs 5 tasks or more; there are 4"));
    }
}
