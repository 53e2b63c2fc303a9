//! From modules to a checkpoint that the transformers library loads.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use safetensors::tensor::{Dtype, View, serialize_to_file};
use serde_json::{Map, Value, json};

use super::{Architecture, Model, TensorNames};
use crate::parameters::ModulePath;
use crate::{Error, Result};

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
/// # Errors
/// Where the directory is not writable, or a device does not hand over its values.
pub fn save_model(model: &Model, directory: &Path) -> Result<()> {
    save(model, &model.naming(), &config_of(model), directory)
}

/// As [`save_model`], of any module.
pub(super) fn save<M: Module>(
    module: &M,
    names: &dyn TensorNames,
    config: &impl serde::Serialize,
    directory: &Path,
) -> Result<()> {
    std::fs::create_dir_all(directory).map_err(|e| Error::io(directory, e))?;
    let tensors = named_values(module, names, None)?;
    write_whole(&directory.join("model.safetensors"), |path| {
        let tensors = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        serialize_to_file(tensors, Some(metadata), path).map_err(std::io::Error::other)?;
        File::open(path)?.sync_all()
    })?;
    let config = serde_json::to_vec_pretty(config).map_err(|e| {
        let problem = format!("cannot be written: {e}");
        let path = directory.join("config.json");
        Error::Config { path, problem }
    })?;
    write_whole(&directory.join("config.json"), |path| std::fs::write(path, &config))
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

/// The configuration with the architecture and the number of labels that the model has.
fn config_of(model: &Model) -> crate::bert::BertConfig {
    let mut config = model.encoder.config().clone();
    let architecture = model.architecture();
    config.architectures = Some(vec![architecture.class_name(config.model_type)]);
    if let Some(classes) = model.classes().filter(|count| *count != config.num_labels()) {
        let labels: Vec<_> = (0..classes).map(|i| format!("LABEL_{i}")).collect();
        let by_id: Map<_, _> =
            labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label))).collect();
        let by_label: Map<_, _> =
            labels.into_iter().enumerate().map(|(id, label)| (label, json!(id))).collect();
        config.other.insert("id2label".into(), Value::Object(by_id));
        config.other.insert("label2id".into(), Value::Object(by_label));
    }
    if architecture == Architecture::SequenceClassification && model.classes() == Some(1) {
        config.other.insert("problem_type".into(), json!("regression"));
    }
    config
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
