//! A score's scale inside the last layer of its head, on the way to a file and back.
//!
//! A score is learned as 0 to 1, and its task counts from `min` to `max`. The file's last layer is multiplied by
//! `max − min` and moved by `min`, so that every reader of the file answers on the task's scale. Rounding makes that
//! irreversible, so the layer as it was trained goes to `score_head.safetensors` beside the network: reading gives it
//! back to the bit where it and the network's file belong together, and divides otherwise, as after a training
//! elsewhere.

use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};

use super::layout::Stored;
use super::names::TensorNames;
use super::{Checkpoint, HeadDescription, NamedTensor};
use crate::heads::Head;
use crate::layers::Linear;

/// The file with the last layer of a score's head as it was trained.
pub(super) const UNSCALED: &str = "score_head.safetensors";

/// The scale, from and to 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    min: f64,
    width: f64,
}

impl Scale {
    pub(super) fn of(description: &HeadDescription) -> Option<Self> {
        match *description {
            HeadDescription::Score { min, max } => Some(Self { min, width: max - min }),
            _ => None,
        }
    }

    fn scaled(self, value: f32, is_bias: bool) -> f32 {
        let moved = if is_bias { self.min } else { 0.0 };
        (f64::from(value) * self.width + moved) as f32
    }

    fn unscaled(self, value: f32, is_bias: bool) -> f32 {
        let moved = if is_bias { self.min } else { 0.0 };
        ((f64::from(value) - moved) / self.width) as f32
    }
}

/// The names of the last layer's weight and bias in the file.
fn names_of(head: &Head, names: &dyn TensorNames) -> Option<[String; 2]> {
    let owner = match head {
        Head::Regression(_) => "head.Regression.output",
        Head::RobertaClassification(_) => "head.RobertaClassification.output",
        _ => return None,
    };
    let name = |parameter: &str| {
        let Stored { names, .. } = names.stored(&format!("{owner}.{parameter}"))?;
        names.into_iter().next()
    };
    Some([name("weight")?, name("bias")?])
}

/// Puts the scale into the last layer among `tensors`; gives the layer as it was.
pub(super) fn fold(
    scale: Scale,
    head: &Head,
    names: &dyn TensorNames,
    tensors: &mut [NamedTensor],
) -> Vec<NamedTensor> {
    let Some(of_layer) = names_of(head, names) else { return Vec::new() };
    let mut before = Vec::new();
    for (is_bias, name) in [false, true].into_iter().zip(of_layer) {
        if let Some(tensor) = tensors.iter_mut().find(|tensor| tensor.name == name) {
            before.push(tensor.clone());
            tensor.values.iter_mut().for_each(|v| *v = scale.scaled(*v, is_bias));
        }
    }
    before
}

/// Takes the scale out of the last layer of a head that was just read from `directory`.
pub(super) fn unfold(scale: Scale, head: Head, names: &dyn TensorNames, directory: &Path) -> Head {
    let Some(of_layer) = names_of(&head, names) else { return head };
    let path: PathBuf = directory.join(UNSCALED);
    // Without this file, and with one of another network, division is as near as can be.
    let before = path.exists().then(|| Checkpoint::open_file(&path).ok()).flatten();
    let [weight, bias] = of_layer.map(|name| before.as_ref().and_then(|file| file.floats(&name)));
    let change = |mut layer: Linear| {
        layer.weight = layer.weight.map(|tensor| unscale(tensor, scale, false, weight.as_deref()));
        layer.bias =
            layer.bias.map(|of| of.map(|tensor| unscale(tensor, scale, true, bias.as_deref())));
        layer
    };
    match head {
        Head::Regression(mut head) => {
            head.output = change(head.output);
            Head::Regression(head)
        }
        Head::RobertaClassification(mut head) => {
            head.output = change(head.output);
            Head::RobertaClassification(head)
        }
        other => other,
    }
}

/// The values of `before`, where they give the tensor's; the tensor's without scale otherwise.
fn unscale<const D: usize>(
    tensor: Tensor<D>,
    scale: Scale,
    is_bias: bool,
    before: Option<&[f32]>,
) -> Tensor<D> {
    let (device, shape) = (tensor.device(), tensor.dims());
    let read: Vec<f32> = tensor.into_data().iter::<f32>().collect();
    let gives = |before: &&[f32]| {
        let scaled = before.iter().map(|v| scale.scaled(*v, is_bias).to_bits());
        scaled.eq(read.iter().map(|v| v.to_bits()))
    };
    let values = match before.filter(gives) {
        Some(before) => before.to_vec(),
        None => read.iter().map(|v| scale.unscaled(*v, is_bias)).collect(),
    };
    Tensor::from_data(TensorData::new(values, shape), &device)
}
