//! Optimiser and learning rates by parameter group.
//!
//! AdamW with no decay on biases and norms, or Adafactor as T5 uses it; and BAM's layer-wise learning rates: lr ·
//! decay^distance, where the heads are at distance 0, the pooler at 1, the top layer at 2 and the embeddings below the
//! bottom layer.

use std::collections::{BTreeMap, HashMap};

use burn::{
    lr_scheduler::module_lr_scheduler::ModuleLrScheduler,
    module::{Module, ModuleVisitor, Param, ParamGroup, ParamId},
    optim::ModuleOptimizer,
    tensor::Tensor,
};
use taskgraft_models::{
    kernels::{Adafactor, AdamW},
    parameters::{ModulePath, depth_of, fused_matrices, is_norm_or_bias},
};

use super::{OptimiserKind, TrainConfig, WarmupLinear};

/// The optimiser of a config for this module.
pub fn optimiser<M: Module>(config: &TrainConfig, module: &M) -> ModuleOptimizer {
    match config.optimiser {
        OptimiserKind::AdamW => adamw(config, module),
        OptimiserKind::Adafactor => adafactor(module),
    }
}

/// Adafactor, which is told of matrices that hold several: fused attention's three, and a gate beside its values.
fn adafactor<M: Module>(module: &M) -> ModuleOptimizer {
    let mut fused: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (path, matrices) in fused_matrices(module) {
        fused.entry(matrices).or_default().push(path);
    }
    let optimiser = ModuleOptimizer::from(Adafactor::default());
    fused.into_iter().fold(optimiser, |optimiser, (side_by_side, paths)| {
        let of_group = Adafactor { side_by_side, ..Adafactor::default() };
        optimiser.with_group(ParamGroup::from_paths(paths), of_group, None)
    })
}

fn adamw<M: Module>(config: &TrainConfig, module: &M) -> ModuleOptimizer {
    let adamw = |weight_decay: f64| AdamW {
        beta1: config.beta1 as f32,
        beta2: config.beta2 as f32,
        epsilon: config.epsilon as f32,
        weight_decay: weight_decay as f32,
        bias_correction: config.bias_correction,
    };
    let spared: Vec<String> = paths(module).into_iter().filter(|p| is_norm_or_bias(p)).collect();
    let optimiser = ModuleOptimizer::from(adamw(config.weight_decay));
    optimiser.with_group(ParamGroup::from_paths(spared), adamw(0.0), None)
}

/// The learning rates of a config for a module whose trunk has `layers` layers.
pub fn learning_rates<M: Module>(
    config: &TrainConfig,
    module: &M,
    layers: usize,
    total: u64,
) -> ModuleLrScheduler {
    let warmup = (config.warmup * total as f64) as u64;
    let schedule = |rate: f64| WarmupLinear::new(rate, warmup, total).with_decay(config.decay);
    let mut by_distance: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for path in paths(module) {
        by_distance.entry(depth_of(&path).from_head(layers)).or_default().push(path);
    }
    let base = ModuleLrScheduler::new(schedule(config.lr));
    if config.layer_decay == 1.0 && config.head_lr.is_none() {
        return base;
    }
    by_distance.into_iter().fold(base, |rates, (distance, paths)| {
        let rate = match (distance, config.head_lr) {
            (0, Some(rate)) => rate,
            _ => config.lr * config.layer_decay.powi(distance as i32),
        };
        rates.with_group(ParamGroup::from_paths(paths), schedule(rate))
    })
}

fn paths<M: Module>(module: &M) -> Vec<String> {
    in_order(module).into_iter().map(|(_, path)| path).collect()
}

/// The path of every parameter.
pub(super) fn paths_by_id<M: Module>(module: &M) -> HashMap<ParamId, String> {
    in_order(module).into_iter().collect()
}

fn in_order<M: Module>(module: &M) -> Vec<(ParamId, String)> {
    #[derive(Default)]
    struct Paths {
        at: ModulePath,
        all: Vec<(ParamId, String)>,
    }
    impl ModuleVisitor for Paths {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.at.enter(name);
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.at.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.all.push((param.id, self.at.joined()));
        }
    }
    let mut visitor = Paths::default();
    module.visit(&mut visitor);
    visitor.all
}
