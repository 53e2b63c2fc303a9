//! What of a method is saved with a checkpoint.

use std::path::Path;

use burn::tensor::{DType, TensorData};
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};
use serde_json::Value;

use crate::{Error, Result, files::write_atomic};

/// A method's state: numbers, and tensors where it has some.
#[derive(Clone, Debug, Default)]
pub struct MethodState {
    pub values: Value,
    pub tensors: Vec<NamedTensor>,
}

/// A float32 tensor with a name.
#[derive(Clone, Debug)]
pub struct NamedTensor {
    pub name: String,
    pub data: TensorData,
}

impl NamedTensor {
    /// Writes a safetensors file, whole or not at all.
    pub(crate) fn save(tensors: &[Self], path: &Path) -> Result<()> {
        let bad = |problem: String| Error::File { path: path.into(), problem };
        let values: Vec<TensorData> =
            tensors.iter().map(|tensor| tensor.data.clone().convert_dtype(DType::F32)).collect();
        let mut views = Vec::new();
        for (tensor, data) in tensors.iter().zip(&values) {
            let shape = data.shape().iter().copied().collect();
            let view = TensorView::new(Dtype::F32, shape, data.as_bytes());
            views.push((tensor.name.clone(), view.map_err(|e| bad(e.to_string()))?));
        }
        let bytes = serialize(views, None).map_err(|e| bad(e.to_string()))?;
        Ok(write_atomic(path, &bytes)?)
    }

    /// Reads what [`save`](Self::save) wrote.
    pub(crate) fn load(path: &Path) -> Result<Vec<Self>> {
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let bad = |problem: String| Error::File { path: path.into(), problem };
        let file = SafeTensors::deserialize(&bytes).map_err(|e| bad(e.to_string()))?;
        let read = |(name, view): (String, TensorView<'_>)| match view.dtype() {
            Dtype::F32 => {
                let (numbers, _) = view.data().as_chunks::<4>();
                let numbers: Vec<f32> = numbers.iter().map(|b| f32::from_le_bytes(*b)).collect();
                let data = TensorData::new(numbers, view.shape().to_vec());
                Ok(Self { name, data })
            }
            other => Err(bad(format!("`{name}` is {other:?}; expected F32"))),
        };
        file.tensors().into_iter().map(read).collect()
    }
}
