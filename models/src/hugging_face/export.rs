//! From modules to a checkpoint that the transformers library loads.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use safetensors::tensor::{Dtype, View, serialize_to_file};

use super::scale::{self, Scale};
use super::{Architecture, HeadDescription, Model, TensorNames, TrunkConfig};
use crate::parameters::ModulePath;
use crate::{Error, Result, TensorProblem};

/// A tensor under the name and in the layout of Hugging Face.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// Writes `config.json` and `model.safetensors` into `directory`, which is made if need be.
/// Each file appears whole or not at all. Weights are F32.
///
/// What the configuration says of a head or a storage is written anew, by `description`. A score
/// with a scale gives that scale to every reader, and 0 to 1 after [`load_model`](super::load_model):
/// `score_head.safetensors` holds its last layer as it was trained.
///
/// # Errors
/// Where a parameter is not finite, the description is not that of the head, the directory is not
/// writable, or a device does not hand over its values. Then no file is written.
pub fn save_model(model: &Model, description: &HeadDescription, directory: &Path) -> Result<()> {
    let (architecture, outputs) = (model.architecture(), model.classes());
    description.check(architecture, outputs).map_err(Error::Invalid)?;
    let model = model.clone().in_parts_of_class()?;
    let names = model.names();
    let mut tensors = named_values(&model, &names, None)?;
    let unscaled = match (Scale::of(description), &model.head) {
        (Some(scale), Some(head)) => scale::fold(scale, head, &names, &mut tensors),
        _ => Vec::new(),
    };
    check_finite(&tensors, directory)?;
    let config = match model.trunk.config() {
        TrunkConfig::Bert(mut config) => {
            config.architectures = Some(vec![model.class_name()]);
            description.write(architecture, outputs, &mut config.other);
            if architecture == Architecture::MaskedLanguageModel {
                config.other.insert("tie_word_embeddings".into(), true.into());
            }
            serde_json::to_vec_pretty(&config)
        }
        TrunkConfig::T5(mut config) => {
            config.architectures = Some(vec![model.class_name()]);
            description.write(architecture, outputs, &mut config.other);
            config.other.insert("is_encoder_decoder".into(), true.into());
            if outputs.is_some() {
                config.other.insert("classifier_dropout".into(), config.dropout_rate.into());
            }
            serde_json::to_vec_pretty(&config)
        }
    };
    let config = config.map_err(|e| {
        let problem = format!("cannot be written: {e}");
        Error::Config { path: directory.join("config.json"), problem }
    })?;
    std::fs::create_dir_all(directory).map_err(|e| Error::io(directory, e))?;
    let path = directory.join(scale::UNSCALED);
    if !unscaled.is_empty() {
        write_tensors(&unscaled, &path)?;
    } else if path.exists() {
        // That of another network, which lay here before.
        std::fs::remove_file(&path).map_err(|e| Error::io(&path, e))?;
    }
    write_tensors(&tensors, &directory.join("model.safetensors"))?;
    write_whole(&directory.join("config.json"), |path| std::fs::write(path, &config))
}

fn check_finite(tensors: &[NamedTensor], directory: &Path) -> Result<()> {
    let problem = |tensor: &NamedTensor| {
        let count = tensor.values.iter().filter(|value| !value.is_finite()).count();
        let name = tensor.name.clone();
        (count > 0).then_some(TensorProblem::NotFinite { name, count })
    };
    let problems: Vec<_> = tensors.iter().filter_map(problem).collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Error::NotFinite { path: directory.join("model.safetensors"), problems }),
    }
}

fn write_tensors(tensors: &[NamedTensor], path: &Path) -> Result<()> {
    write_whole(path, |path| {
        let tensors = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        serialize_to_file(tensors, Some(metadata), path).map_err(std::io::Error::other)?;
        File::open(path)?.sync_all()
    })
}

/// Every parameter's values under Hugging Face's names, or its gradients where those are given
/// (parameters without one are left out).
pub(crate) fn named_values<M: Module>(
    module: &M,
    names: &dyn TensorNames,
    gradients: Option<&GradientsParams>,
) -> Result<Vec<NamedTensor>> {
    let mut collect = Collect {
        names,
        gradients,
        path: ModulePath::default(),
        tensors: Vec::new(),
        problem: None,
    };
    module.visit(&mut collect);
    match collect.problem {
        None => Ok(collect.tensors),
        Some(problem) => Err(Error::Invalid(problem)),
    }
}

struct Collect<'a> {
    names: &'a dyn TensorNames,
    gradients: Option<&'a GradientsParams>,
    path: ModulePath,
    tensors: Vec<NamedTensor>,
    problem: Option<String>,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            None => Some(param.val()),
            Some(gradients) => gradients.get::<D>(param.id),
        };
        let (Some(stored), Some(tensor)) = (self.names.stored(&self.path.joined()), tensor) else {
            return;
        };
        let shape = tensor.dims();
        let data = tensor.into_data().convert::<f32>();
        let values = match data.try_into_vec::<f32>() {
            Ok(values) => values,
            Err(error) => {
                self.problem = Some(format!("{}: {error:?}", self.path.joined()));
                return;
            }
        };
        let part_shape = stored.part_shape(&shape);
        let parts = stored.split(&values, &shape);
        for (name, values) in stored.names.into_iter().zip(parts) {
            let shape = part_shape.clone();
            self.tensors.push(NamedTensor { name, shape, values });
        }
    }
}

/// Lets `write` fill a temporary file beside `path`, then renames it.
fn write_whole(path: &Path, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = write(&temporary).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        // The first error is the one to tell; the temporary file may not even be there.
        let _ = std::fs::remove_file(&temporary);
        Error::io(path, error)
    })
}

impl View for &NamedTensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    fn data_len(&self) -> usize {
        4 * self.values.len()
    }
}
