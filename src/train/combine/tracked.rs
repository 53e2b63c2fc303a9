//! Moving averages of the tasks' gradients in the trunk, for the methods that weigh these in place of gradients.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};
use taskgraft_models::{Trunk, parameters::ModulePath};

use super::{NamedTensor, add_scaled};
use crate::{Error, Result};

/// One moving average a task, zero at the start.
pub struct Tracked {
    averages: Vec<GradientsParams>,
}

impl Tracked {
    pub fn new(tasks: usize) -> Self {
        Self { averages: (0..tasks).map(|_| GradientsParams::new()).collect() }
    }

    /// Takes the trunk's gradients out of each set: y ← y + rate (scale g - y).
    pub fn update(
        &mut self,
        trunk: &Trunk,
        gradients: &mut [GradientsParams],
        rate: f64,
        scales: &[f64],
    ) {
        for ((average, gradients), scale) in self.averages.iter_mut().zip(gradients).zip(scales) {
            let mut old = std::mem::take(average);
            add_scaled(trunk, average, &mut old, 1.0 - rate);
            add_scaled(trunk, average, gradients, rate * scale);
        }
    }

    /// The averages as sets of gradients.
    pub fn copies(&self, trunk: &Trunk) -> Vec<GradientsParams> {
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
        let copy = |from: &GradientsParams| {
            let mut copy = Copy { from, to: GradientsParams::new() };
            trunk.visit(&mut copy);
            copy.to
        };
        self.averages.iter().map(copy).collect()
    }

    /// The averages by task and parameter.
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
        for (task, from) in self.averages.iter().enumerate() {
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
        for (task, average) in self.averages.iter_mut().enumerate() {
            let mut put = Put {
                task,
                tensors: &mut tensors,
                at: ModulePath::default(),
                to: GradientsParams::new(),
            };
            trunk.visit(&mut put);
            *average = put.to;
        }
        match tensors.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                Err(Error::Training(format!("the checkpoint's average `{name}` fits no parameter")))
            }
        }
    }
}

fn name(task: usize, parameter: &str) -> String {
    format!("{task}/{parameter}")
}
