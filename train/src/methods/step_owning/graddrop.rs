//! GradDrop (Chen et al., NeurIPS 2020) in the trunk's parameters: at every coordinate, gradients of one sign are kept.
//!
//! Two sets of gradients are held whatever the number of tasks: Σ gᵢ and the sum P of the positive gᵢ, from which the
//! sizes are Σ |gᵢ| = 2P − Σ gᵢ. One number u in [0, 1) is drawn for each coordinate; positive gradients are kept where
//! u Σ |gᵢ| < P. Draws are a function of (seed, step, parameter, coordinate), made on the host. The published method
//! works on activations, where it multiplies by the input's sign; here gradients are those of parameters, as in LibMTL.
//! A head sees one task alone and is weighed by 1/T.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
    train::TrainOutput,
};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taskgraft_models::Trunk;
use taskgraft_tasks::mixture::hash;

use super::StepOwning;
use crate::{
    MicroBatch, MultiTask, Result, StepItem,
    combine::{Combine, Combined, Gathered, TaskParts, Weighing, add_scaled},
    methods::Passes,
};

/// Options of GradDrop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GradDropConfig {
    /// Part of what is dropped that is let through, the same for all tasks; default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub leak: f64,
    /// Seed of the draws; default the run's.
    pub seed: Option<u64>,
}

impl StepOwning for GradDropConfig {
    const NAME: &'static str = "graddrop";
    const PAPER: &'static str = "GradDrop; Chen et al., NeurIPS 2020";
    const PASSES: Passes = Passes { forward: 1, backward: 1, shared: false };

    fn make(self, training: &Weighing) -> Result<Box<dyn Combine<MultiTask>>> {
        let seed = self.seed.unwrap_or(training.seed);
        Ok(Box::new(GradDrop::new(self.leak, seed, training.parts())))
    }
}

/// Drops gradients by sign.
struct GradDrop {
    leak: f64,
    seed: u64,
    gathered: Gathered,
    sum: GradientsParams,
    positive: GradientsParams,
}

impl GradDrop {
    fn new(leak: f64, seed: u64, parts: TaskParts) -> Self {
        Self {
            leak,
            seed,
            gathered: Gathered::new(parts),
            sum: GradientsParams::new(),
            positive: GradientsParams::new(),
        }
    }
}

impl Combine<MultiTask> for GradDrop {
    fn parts(&self) -> usize {
        self.gathered.parts.count()
    }

    fn add(
        &mut self,
        part: usize,
        _batch: &MicroBatch,
        output: TrainOutput<StepItem>,
        model: &MultiTask,
    ) -> Result<()> {
        if self.gathered.add(part, output, model).is_some() {
            let of_head = 1.0 / self.gathered.parts.tasks() as f64;
            for mut set in self.gathered.take_sets() {
                add_positive(&model.trunk, &mut self.positive, &set);
                add_scaled(&model.trunk, &mut self.sum, &mut set, 1.0);
                add_scaled(&model.heads, &mut self.sum, &mut set, of_head);
            }
        }
        Ok(())
    }

    fn finish(&mut self, step: u64, model: &MultiTask) -> Result<Combined> {
        let item = self.gathered.take_item();
        let mut gradients = std::mem::take(&mut self.sum);
        let mut keep = Keep {
            key: hash(&[self.seed, step]),
            leak: self.leak,
            parameter: 0,
            sum: &mut gradients,
            positive: std::mem::take(&mut self.positive),
        };
        model.trunk.visit(&mut keep);
        Ok(Combined { gradients, factor: 1.0, item })
    }

    fn abandon(&mut self) {
        self.gathered.forget();
        self.sum = GradientsParams::new();
        self.positive = GradientsParams::new();
    }
}

/// Adds what is above zero.
fn add_positive(trunk: &Trunk, to: &mut GradientsParams, from: &GradientsParams) {
    struct Add<'a> {
        to: &'a mut GradientsParams,
        from: &'a GradientsParams,
    }
    impl ModuleVisitor for Add<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let Some(gradient) = self.from.get::<D>(param.id) else { return };
            let positive = gradient.clamp_min(0.0);
            let sum = match self.to.remove::<D>(param.id) {
                Some(sum) => sum + positive,
                None => positive,
            };
            self.to.register(param.id, sum);
        }
    }
    trunk.visit(&mut Add { to, from });
}

/// Replaces sums by what is kept of them.
struct Keep<'a> {
    key: u64,
    leak: f64,
    parameter: u64,
    sum: &'a mut GradientsParams,
    positive: GradientsParams,
}

impl ModuleVisitor for Keep<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.parameter += 1;
        let (Some(sum), Some(positive)) =
            (self.sum.remove::<D>(param.id), self.positive.remove::<D>(param.id))
        else {
            return;
        };
        let shape = sum.shape();
        let draws = draws(hash(&[self.key, self.parameter]), shape.num_elements());
        let draws = Tensor::from_data(TensorData::new(draws, shape), &sum.device());
        self.sum.register(param.id, kept(sum, positive, draws, self.leak));
    }
}

/// What is kept of gradients, from their sum, the sum of the positive ones, and draws from [0, 1).
///
/// # Shapes
/// all the same
fn kept<const D: usize>(
    sum: Tensor<D>,
    positive: Tensor<D>,
    draws: Tensor<D>,
    leak: f64,
) -> Tensor<D> {
    let sizes = positive.clone() * 2.0 - sum.clone();
    let keeps_positive = (draws * sizes).lower(positive.clone());
    let kept = (sum.clone() - positive.clone()).mask_where(keeps_positive, positive);
    if leak > 0.0 { sum * leak + kept * (1.0 - leak) } else { kept }
}

/// Numbers in [0, 1), multiples of 2⁻²⁴: SplitMix64 of key and place.
fn draws(key: u64, count: usize) -> Vec<f32> {
    let draw = |place: usize| {
        let mut x = key.wrapping_add((place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 40) as f32 / (1u32 << 24) as f32
    };
    (0..count).into_par_iter().with_min_len(1 << 12).map(draw).collect()
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// The probability that positive gradients are kept, from Σ g and Σ |g| at one coordinate; ½ where all are zero.
    fn positive_purity(sum: f64, sum_of_sizes: f64) -> f64 {
        if sum_of_sizes > 0.0 { (0.5 * (1.0 + sum / sum_of_sizes)).clamp(0.0, 1.0) } else { 0.5 }
    }

    /// Whether a gradient is kept at a coordinate of the given purity, for a draw from [0, 1) that all tasks share.
    fn keeps(gradient: f64, purity: f64, draw: f64) -> bool {
        if draw < purity { gradient > 0.0 } else { gradient < 0.0 }
    }

    /// What of a gradient goes into the sum: all of it where kept, else the task's `leak` in [0, 1].
    fn share_kept(gradient: f64, purity: f64, draw: f64, leak: f64) -> f64 {
        if keeps(gradient, purity, draw) { 1.0 } else { leak }
    }

    #[test]
    fn gradients_of_one_sign_are_always_kept() {
        for draw in [0.0, 0.3, 0.999] {
            assert!(keeps(2.0, positive_purity(3.0, 3.0), draw));
            assert!(keeps(-2.0, positive_purity(-3.0, 3.0), draw));
        }
    }

    #[test]
    fn the_expected_sum_has_the_sign_of_the_mean_gradient() {
        let gradients = [3.0, -1.0];
        let purity = positive_purity(2.0, 4.0);
        assert_eq!(purity, 0.75);
        let draws = 1000;
        let total: f64 = (0..draws)
            .flat_map(|d| {
                gradients.map(|g| g * share_kept(g, purity, f64::from(d) / f64::from(draws), 0.0))
            })
            .sum();
        assert!((total / f64::from(draws) - (0.75 * 3.0 - 0.25)).abs() < 1e-12);
    }

    #[test]
    fn zero_gradients_have_no_preferred_sign_and_a_leak_lets_through() {
        assert_eq!(positive_purity(0.0, 0.0), 0.5);
        assert_eq!(share_kept(-1.0, 1.0, 0.5, 0.25), 0.25);
    }

    #[test]
    fn every_coordinate_follows_the_published_rule() {
        let tasks = [[3.0f32, -1.0, 0.0, -2.0, 1.0], [-1.0, -1.0, 0.0, 1.5, 1.0]];
        let device = Device::flex();
        let tensor = |values: Vec<f32>| Tensor::<1>::from_floats(values.as_slice(), &device);
        let sum: Vec<f32> = (0..5).map(|k| tasks.iter().map(|g| g[k]).sum()).collect();
        let positive: Vec<f32> =
            (0..5).map(|k| tasks.iter().map(|g| g[k].max(0.0)).sum()).collect();
        for (key, leak) in [(1, 0.0), (2, 0.0), (3, 0.25), (4, 1.0)] {
            let draws = draws(key, 5);
            let found =
                kept(tensor(sum.clone()), tensor(positive.clone()), tensor(draws.clone()), leak);
            for (k, found) in found.into_data().iter::<f64>().enumerate() {
                let column: Vec<f64> = tasks.iter().map(|g| f64::from(g[k])).collect();
                let sizes = column.iter().map(|g| g.abs()).sum();
                let purity = positive_purity(column.iter().sum(), sizes);
                let share = |g: f64| share_kept(g, purity, f64::from(draws[k]), leak);
                let expected: f64 = column.iter().map(|&g| g * share(g)).sum();
                assert!((found - expected).abs() < 1e-6, "{k}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn draws_are_uniform_and_depend_on_key_and_place_alone() {
        let (a, b) = (draws(5, 10_000), draws(6, 10_000));
        assert_eq!(a[..100], draws(5, 100));
        assert_ne!(a, b);
        let mean = a.iter().sum::<f32>() / 1e4;
        let below = a.iter().filter(|&&u| u < 0.25).count() as f32 / 1e4;
        assert!((mean - 0.5).abs() < 0.01 && (below - 0.25).abs() < 0.015, "{mean} {below}");
        assert!(a.iter().all(|u| (0.0..1.0).contains(u)));
    }
}
