//! Tensors of the trunk's shapes, a set for each task, that outlive a step and are saved with checkpoints.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};
use taskgraft_models::{Trunk, parameters::ModulePath};

use super::NamedTensor;
use crate::{Error, Result};

/// A set of tensors for each task, empty at the start.
pub(crate) struct TaskSets {
    pub sets: Vec<GradientsParams>,
}

impl TaskSets {
    pub fn new(tasks: usize) -> Self {
        Self { sets: (0..tasks).map(|_| GradientsParams::new()).collect() }
    }

    /// The sets, sharing their tensors.
    pub fn copies(&self, trunk: &Trunk) -> Vec<GradientsParams> {
        self.sets.iter().map(|set| copy(trunk, set)).collect()
    }

    /// The tensors by task and parameter.
    pub fn tensors(&self, trunk: &Trunk) -> Vec<NamedTensor> {
        struct Names<'a> {
            task: usize,
            from: &'a GradientsParams,
            at: ModulePath,
            tensors: Vec<NamedTensor>,
        }
        impl ModuleVisitor for Names<'_> {
            fn enter_module(&mut self, name: &str, _container: &str) {
                self.at.enter(name);
            }
            fn exit_module(&mut self, _name: &str, _container: &str) {
                self.at.exit();
            }
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                if let Some(gradient) = self.from.get::<D>(param.id) {
                    let name = name(self.task, &self.at.joined());
                    self.tensors.push(NamedTensor { name, data: gradient.into_data() });
                }
            }
        }
        let mut all = Vec::new();
        for (task, from) in self.sets.iter().enumerate() {
            let mut names = Names { task, from, at: ModulePath::default(), tensors: vec![] };
            trunk.visit(&mut names);
            all.append(&mut names.tensors);
        }
        all
    }

    /// Restores [`tensors`](Self::tensors).
    ///
    /// # Errors
    /// Tensors of another trunk.
    pub fn restore(&mut self, tensors: Vec<NamedTensor>, trunk: &Trunk) -> Result<()> {
        struct Put<'a> {
            task: usize,
            tensors: &'a mut BTreeMap<String, TensorData>,
            at: ModulePath,
            to: GradientsParams,
        }
        impl ModuleVisitor for Put<'_> {
            fn enter_module(&mut self, name: &str, _container: &str) {
                self.at.enter(name);
            }
            fn exit_module(&mut self, _name: &str, _container: &str) {
                self.at.exit();
            }
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let name = name(self.task, &self.at.joined());
                let Some(data) = self.tensors.remove(&name) else { return };
                if *data.shape() == param.shape() {
                    let device = param.lazy_device().without_autodiff();
                    self.to.register(param.id, Tensor::<D>::from_data(data, &device));
                } else {
                    self.tensors.insert(name, data);
                }
            }
        }
        let mut tensors: BTreeMap<String, TensorData> =
            tensors.into_iter().map(|t| (t.name, t.data)).collect();
        for (task, set) in self.sets.iter_mut().enumerate() {
            let mut put = Put {
                task,
                tensors: &mut tensors,
                at: ModulePath::default(),
                to: GradientsParams::new(),
            };
            trunk.visit(&mut put);
            *set = put.to;
        }
        match tensors.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                Err(Error::Training(format!("the checkpoint's tensor `{name}` fits no parameter")))
            }
        }
    }
}

fn name(task: usize, parameter: &str) -> String {
    format!("{task}/{parameter}")
}

/// A set that shares its tensors with another.
pub(crate) fn copy<M: Module>(module: &M, from: &GradientsParams) -> GradientsParams {
    struct Copy<'a> {
        from: &'a GradientsParams,
        to: GradientsParams,
    }
    impl ModuleVisitor for Copy<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.from.get::<D>(param.id) {
                self.to.register(param.id, gradient);
            }
        }
    }
    let mut copy = Copy { from, to: GradientsParams::new() };
    module.visit(&mut copy);
    copy.to
}
