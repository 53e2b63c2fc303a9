//! The small modules that trunks and heads are made of: dense layers, layer norms, embedding
//! tables and activations. They hold parameters and call [`crate::kernels`]; they start at zero
//! (norms at one) and get their values from [`crate::parameters::initialise`] or a checkpoint.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, activation};
use serde::{Deserialize, Serialize};

use crate::kernels::{self, DropoutKey, Precision};

/// `x @ weight + bias`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[in, out]`
    pub weight: Param<Tensor<2>>,
    /// `[out]`
    pub bias: Option<Param<Tensor<1>>>,
    /// Of its products; not a part of checkpoints.
    #[module(skip)]
    pub precision: Precision,
}

impl Linear {
    /// A layer of zeros with a bias.
    pub fn zeros(input: usize, output: usize, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::zeros([input, output], device)),
            bias: Some(Param::from_tensor(Tensor::zeros([output], device))),
            precision: Precision::F32,
        }
    }

    /// A layer of zeros without a bias.
    pub fn without_bias(input: usize, output: usize, device: &Device) -> Self {
        Self { bias: None, ..Self::zeros(input, output, device) }
    }

    /// # Shapes
    /// `[.., in]` to `[.., out]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let bias = self.bias.as_ref().map(Param::val);
        kernels::linear(x, self.weight.val(), bias, self.precision)
    }

    /// The activation of [`forward`](Self::forward), in one pass where there is a kernel for it.
    ///
    /// # Shapes
    /// `[.., in]` to `[.., out]`
    pub fn forward_activated<const D: usize>(
        &self,
        x: Tensor<D>,
        activation: Activation,
    ) -> Tensor<D> {
        match activation {
            Activation::Gelu => {
                let bias = self.bias.as_ref().map(Param::val);
                kernels::linear_gelu(x, self.weight.val(), bias, self.precision)
            }
            _ => activation.forward(self.forward(x)),
        }
    }
}

/// Layer normalisation over the last axis.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// `[width]`
    pub gamma: Param<Tensor<1>>,
    /// `[width]`
    pub beta: Param<Tensor<1>>,
    epsilon: f64,
}

impl LayerNorm {
    pub fn identity(width: usize, epsilon: f64, device: &Device) -> Self {
        Self {
            gamma: Param::from_tensor(Tensor::ones([width], device)),
            beta: Param::from_tensor(Tensor::zeros([width], device)),
            epsilon,
        }
    }

    /// # Shapes
    /// `[.., width]` to `[.., width]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        kernels::layer_norm(x, self.gamma.val(), self.beta.val(), self.epsilon)
    }

    /// The norm of `dropout(x) + residual`.
    ///
    /// # Shapes
    /// both `[.., width]` to `[.., width]`
    pub fn forward_with_dropped<const D: usize>(
        &self,
        x: Tensor<D>,
        residual: Tensor<D>,
        dropout: Option<(f64, DropoutKey)>,
    ) -> Tensor<D> {
        let (gamma, beta) = (self.gamma.val(), self.beta.val());
        kernels::dropout_add_layer_norm(x, residual, gamma, beta, self.epsilon, dropout)
    }
}

/// Division by the root mean square over the last axis, and a scale (Zhang and Sennrich, 2019).
#[derive(Module, Debug)]
pub struct RmsNorm {
    /// `[width]`
    pub gamma: Param<Tensor<1>>,
    epsilon: f64,
}

impl RmsNorm {
    pub fn identity(width: usize, epsilon: f64, device: &Device) -> Self {
        Self { gamma: Param::from_tensor(Tensor::ones([width], device)), epsilon }
    }

    /// # Shapes
    /// `[.., width]` to `[.., width]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        kernels::rms_norm(x, self.gamma.val(), self.epsilon)
    }
}

/// A table of vectors.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[entries, width]`
    pub weight: Param<Tensor<2>>,
}

impl Embedding {
    pub fn zeros(entries: usize, width: usize, device: &Device) -> Self {
        Self { weight: Param::from_tensor(Tensor::zeros([entries, width], device)) }
    }

    /// # Shapes
    /// `[batch, length]` to `[batch, length, width]`
    pub fn forward(&self, indices: Tensor<2, Int>) -> Tensor<3> {
        kernels::embedding(self.weight.val(), indices)
    }

    /// As [`forward`](Self::forward), but look-ups of `padding` leave its vector without a
    /// gradient, as PyTorch's `padding_idx` does.
    ///
    /// # Shapes
    /// `[batch, length]` to `[batch, length, width]`
    pub fn forward_padded(&self, indices: Tensor<2, Int>, padding: usize) -> Tensor<3> {
        let vectors = self.forward(indices.clone());
        if !vectors.is_autodiff() {
            return vectors;
        }
        let is_padding = indices.equal_elem(padding as i64).float();
        let is_padding = is_padding.unsqueeze_dim::<3>(2);
        vectors.clone() * (is_padding.clone().neg() + 1.0) + vectors.detach() * is_padding
    }
}

/// The non-linearity of feed-forward layers, under the names of Hugging Face's `hidden_act`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// By the error function.
    #[serde(rename = "gelu")]
    Gelu,
    /// By the tanh approximation.
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh", alias = "gelu_fast")]
    GeluTanh,
    #[serde(rename = "relu")]
    Relu,
}

impl Activation {
    pub fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Gelu => kernels::gelu(x),
            Self::GeluTanh => gelu_tanh(x),
            Self::Relu => activation::relu(x),
        }
    }
}

fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let root_two_over_pi = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
    let cube = x.clone() * x.clone() * x.clone();
    let inner = (x.clone() + cube * 0.044715) * root_two_over_pi;
    x * (inner.tanh() + 1.0) * 0.5
}
