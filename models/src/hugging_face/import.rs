//! From a checkpoint to modules.

use std::collections::BTreeSet;
use std::path::Path;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::HeadDescription;
use super::leftover::Leftover;
use super::layout::Stored;
use super::names::{ModelNames, older_name};
use super::scale::{self, Scale};
use super::{
    Architecture, Checkpoint, Model, TensorNames, TrunkConfig, folder,
    load_config,
    load_trunk_config,
};
use crate::bert::Encoder;
use crate::parameters::ModulePath;
use crate::{Error, Result, TensorProblem, Trunk};

/// A module from a checkpoint, and the checkpoint's tensors that it has no use for.
#[derive(Debug)]
pub struct Loaded<M> {
    pub module: M,
    pub ignored: Vec<String>,
}

/// Reads the trunk of the checkpoint in `directory`, with a pooler where the file has one.
///
/// Ignored, and said so: heads (`cls.*`, `classifier.*`, `lm_head.*`, `qa_outputs.*`) and the
/// `position_ids` buffer of older files.
///
/// # Errors
/// Where a file is unreadable, the configuration is of something else, or any other tensor is
/// missing, left over, or of another shape.
pub fn load_encoder(directory: &Path, device: &Device) -> Result<Loaded<Encoder>> {
    let config = TrunkConfig::Bert(load_config(directory)?);
    let Loaded { module, ignored } = load(directory, config, false, device)?;
    match module.trunk {
        Trunk::Encoder(module) => Ok(Loaded { module, ignored }),
        Trunk::T5(_) => Err(Error::Invalid("an encoder's configuration made a T5".into())),
    }
}

/// Reads the trunk of the checkpoint in `directory`, of the family that its `model_type` names; a
/// head is ignored, and said so.
///
/// # Errors
/// As [`load_encoder`] and [`load_t5`](super::load_t5); other values of `model_type` than
/// [`MODEL_TYPES`](crate::MODEL_TYPES).
pub fn load_trunk(directory: &Path, device: &Device) -> Result<Loaded<Trunk>> {
    load_trunk_with(directory, device, |config| config)
}

/// As [`load_trunk`], with a change of what is not in the weights, such as the dropout.
///
/// # Errors
/// As [`load_trunk`].
pub fn load_trunk_with(
    directory: &Path,
    device: &Device,
    change: impl FnOnce(TrunkConfig) -> TrunkConfig,
) -> Result<Loaded<Trunk>> {
    let config = change(load_trunk_config(directory)?);
    let Loaded { module, ignored } = load(directory, config, false, device)?;
    Ok(Loaded { module: module.trunk, ignored })
}

/// Reads trunk and head of the checkpoint in `directory`, by the family and the architecture that its
/// configuration names or its tensors tell. Scores are given as 0 to 1 where the configuration has
/// their scale: see [`HeadDescription`].
///
/// Ignored, and said so: the `position_ids` buffer of older files, the next-sentence head
/// (`cls.seq_relationship.*`), and second copies of tied tensors, which must equal the first.
///
/// # Errors
/// As [`load_trunk`].
pub fn load_model(directory: &Path, device: &Device) -> Result<Loaded<Model>> {
    load(directory, load_trunk_config(directory)?, true, device)
}

/// Reads a network of a configuration that was read from `directory`, with its head or without.
pub(super) fn load(
    directory: &Path,
    config: TrunkConfig,
    with_head: bool,
    device: &Device,
) -> Result<Loaded<Model>> {
    let of_config = |problem| Error::Config { path: directory.join("config.json"), problem };
    let checkpoint = Checkpoint::open(directory)?;
    let named = || {
        Architecture::of(&config, &checkpoint)
            .map_err(|name| of_config(format!("unsupported architecture `{name}`")))
    };
    let architecture = match (with_head, &config) {
        (true, _) | (false, TrunkConfig::T5(_)) => named()?,
        // A trunk of the BERT family is read from under any head.
        (false, TrunkConfig::Bert(_)) => Architecture::Trunk,
    };
    let architecture = if with_head { architecture } else { Architecture::Trunk };
    let names = ModelNames::of_file(&config, &checkpoint);
    let config = names.untied(config, &checkpoint);
    checkpoint.check_holds(config.matrix_parameters())?;
    let description = HeadDescription::read(config.other()).map_err(of_config)?;
    let model = Model::zeros(&config, architecture, names.has_pooler(&checkpoint), device);
    let mut loaded = fill(model, &checkpoint, &names, |name| names.leftover(architecture, name))?;
    if let (Some(scale), Some(head)) = (Scale::of(&description), loaded.module.head.clone()) {
        loaded.module.head = Some(scale::unfold(scale, head, &names, directory));
    }
    Ok(loaded)
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
