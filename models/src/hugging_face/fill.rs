//! Gives the parameters of a module the values that a checkpoint has for them, after checking that all are there.
//!
//! Every tensor that is missing, left over, of another shape or type, or not finite is listed; a prefix that all names
//! have is told once.

use std::collections::BTreeSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use super::layout::Stored;
use super::leftover::Leftover;
use super::names::older_name;
use super::{Checkpoint, TensorNames, folder};
use crate::parameters::ModulePath;
use crate::{Error, Result, TensorProblem};

/// A module from a checkpoint, and the checkpoint's tensors that it has no use for.
#[derive(Debug)]
pub struct Loaded<M> {
    pub module: M,
    pub ignored: Vec<String>,
}

/// Gives every parameter of `module` its values, after checking that each is there, and that
/// `leftover` lets what no parameter uses pass.
pub(super) fn fill<M: Module>(
    module: M,
    checkpoint: &Checkpoint,
    names: &dyn TensorNames,
    leftover: impl Fn(&str) -> Leftover,
) -> Result<Loaded<M>> {
    let mut plan = Plan::new(checkpoint, names);
    module.visit(&mut plan);
    let ignored = plan.leave(leftover);
    if !plan.problems.is_empty() {
        return Err(misfit(checkpoint, plan.problems));
    }
    let mut values = Fill { checkpoint, names, path: ModulePath::default(), problems: Vec::new() };
    let module = module.map(&mut values);
    match values.problems.is_empty() {
        true => Ok(Loaded { module, ignored }),
        false => {
            let path = checkpoint.path().to_owned();
            Err(Error::Tensors { path, problems: values.problems })
        }
    }
}

/// Tensors that do not fit, or the prefix by which all of them would.
fn misfit(checkpoint: &Checkpoint, problems: Vec<TensorProblem>) -> Error {
    let (mut missing, mut found) = (Vec::new(), Vec::new());
    for problem in &problems {
        match problem {
            TensorProblem::Missing { name, .. } => missing.push(name.as_str()),
            TensorProblem::LeftOver { name, .. } => found.push(name.as_str()),
            _ => {}
        }
    }
    let path = checkpoint.path().to_owned();
    match folder::common_prefix(&missing, &found) {
        Some((prefix, example)) => Error::Prefix { path, prefix, example },
        None => Error::Tensors { path, problems },
    }
}

/// The name under which the checkpoint has a tensor, if it does.
fn find<'a>(checkpoint: &Checkpoint, name: &'a str) -> Option<std::borrow::Cow<'a, str>> {
    if checkpoint.shape(name).is_some() {
        return Some(name.into());
    }
    let older = older_name(name)?;
    checkpoint.shape(&older).is_some().then(|| older.into())
}

/// Checks every parameter against the checkpoint, before anything is read.
struct Plan<'a> {
    checkpoint: &'a Checkpoint,
    names: &'a dyn TensorNames,
    path: ModulePath,
    used: BTreeSet<String>,
    problems: Vec<TensorProblem>,
}

impl<'a> Plan<'a> {
    fn new(checkpoint: &'a Checkpoint, names: &'a dyn TensorNames) -> Self {
        Self {
            checkpoint,
            names,
            path: ModulePath::default(),
            used: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    fn check(&mut self, stored: Stored, shape: &[usize]) {
        let expected = stored.part_shape(shape);
        for name in stored.names {
            let expected = expected.clone();
            let Some(found_name) = find(self.checkpoint, &name) else {
                self.problems.push(TensorProblem::Missing { name, expected });
                continue;
            };
            let found_name = found_name.into_owned();
            let found = self.checkpoint.shape(&found_name).unwrap_or_default().to_vec();
            let found_type = self.checkpoint.type_name(&found_name).unwrap_or_default();
            self.used.insert(found_name.clone());
            if found != expected {
                self.problems.push(TensorProblem::Shape { name: found_name, expected, found });
            } else if !["F32", "F16", "BF16"].contains(&found_type.as_str()) {
                self.problems.push(TensorProblem::Type { name: found_name, found: found_type });
            }
        }
    }

    /// Sorts what no parameter used into what may be ignored and what is a problem.
    fn leave(&mut self, leftover: impl Fn(&str) -> Leftover) -> Vec<String> {
        let mut ignored = Vec::new();
        let unused = self.checkpoint.names().filter(|name| !self.used.contains(*name));
        for name in unused {
            match self.problem(name, leftover(name)) {
                None => ignored.push(name.to_owned()),
                Some(problem) => self.problems.push(problem),
            }
        }
        ignored
    }

    fn problem(&self, name: &str, leftover: Leftover) -> Option<TensorProblem> {
        let name = name.to_owned();
        match leftover {
            Leftover::Ignore => None,
            Leftover::Copy(first) => {
                let equal = self.checkpoint.floats(&name) == self.checkpoint.floats(&first);
                (!equal).then_some(TensorProblem::Untied { name, tied_to: first })
            }
            Leftover::Refuse => {
                let found = self.checkpoint.shape(&name).unwrap_or_default().to_vec();
                Some(TensorProblem::LeftOver { name, found })
            }
        }
    }
}

impl ModuleVisitor for Plan<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(stored) = self.names.stored(&self.path.joined()) {
            self.check(stored, param.lazy_shape().as_slice());
        }
    }
}

/// Reads every parameter's values; a [`Plan`] has found them whole.
struct Fill<'a> {
    checkpoint: &'a Checkpoint,
    names: &'a dyn TensorNames,
    path: ModulePath,
    /// Tensors with values that no network can have.
    problems: Vec<TensorProblem>,
}

impl Fill<'_> {
    fn values(&mut self, shape: &[usize]) -> Option<Vec<f32>> {
        let stored = self.names.stored(&self.path.joined())?;
        let read = |name: &String| self.checkpoint.floats(&find(self.checkpoint, name)?);
        let parts: Vec<_> = stored.names.iter().map(read).collect::<Option<_>>()?;
        for (name, values) in stored.names.iter().zip(&parts) {
            let count = values.iter().filter(|value| !value.is_finite()).count();
            if count > 0 {
                self.problems.push(TensorProblem::NotFinite { name: name.clone(), count });
            }
        }
        Some(stored.join(&parts, shape))
    }
}

impl ModuleMapper for Fill<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape();
        match self.values(shape.as_slice()) {
            None => param,
            Some(values) => {
                let data = TensorData::new(values, shape);
                let tensor = Tensor::from_data(data, &param.lazy_device());
                let id = param.id;
                param.transform_for_load(tensor, id)
            }
        }
    }
}
