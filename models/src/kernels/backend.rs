//! The kernels as one extension of Burn's `Backend`.
//!
//! There are two traits. [`KernelBodies`] holds forward passes and gradients, each with a default
//! body in plain tensor operations, so that a backend needs no more than an empty `impl`; the CPU
//! backend overrides them. [`Kernels`] holds what the public functions call and Burn dispatches;
//! `Autodiff` overrides it, with backward passes made of the gradients of the backend below. Under
//! Fusion the default bodies are inherited, so that their operations fuse with their neighbours.

// Burn deprecates its ndarray backend, which stays for portability checks.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

pub mod t5;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};

use super::dropout::Dropout;
use super::portable;
use super::precision::Precision;
use super::specs::{AdamWStep, AttentionGradients, AttentionSpec, AttentionTape, NormSpec};

/// What the kernels are made of: forward passes that also give what their backward passes need, and
/// the gradients. Shapes as in the parent module's functions.
pub trait KernelBodies: Backend {
    /// `x W + b` over the last dimension.
    fn dense_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Option<FloatTensor<Self>>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        portable::linear::<Self>(x, weight, bias, precision)
    }

    /// Gradient of [`dense_forward`](Self::dense_forward)'s input.
    fn dense_input_gradient(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        portable::linear_input_gradient::<Self>(weight, gradient, precision)
    }

    /// Gradient of [`dense_forward`](Self::dense_forward)'s weight.
    fn dense_weight_gradient(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        portable::linear_weight_gradient::<Self>(x, gradient, precision)
    }

    /// Sum over all dimensions but the last.
    fn column_sums(x: FloatTensor<Self>) -> FloatTensor<Self> {
        portable::column_sums::<Self>(x)
    }

    /// `gelu(x)` and `x` from `x W + b`, the latter for the backward pass.
    fn dense_gelu_forward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Option<FloatTensor<Self>>,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let inner = Self::dense_forward(x, weight, bias, precision);
        (Self::gelu_forward(inner.clone()), inner)
    }

    /// GELU by the error function.
    fn gelu_forward(x: FloatTensor<Self>) -> FloatTensor<Self> {
        portable::gelu::<Self>(x)
    }

    /// Gradient of [`gelu_forward`](Self::gelu_forward)'s input.
    fn gelu_gradient(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        portable::gelu_gradient::<Self>(x, gradient)
    }

    /// Dropout by key.
    fn dropout_forward(x: FloatTensor<Self>, dropout: Dropout) -> FloatTensor<Self> {
        portable::dropout::<Self>(x, dropout)
    }

    /// The norm, its input `z = dropout(x) + residual`, and mean and inverse deviation `[rows, 2]`.
    fn norm_forward(
        x: FloatTensor<Self>,
        residual: Option<FloatTensor<Self>>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        spec: NormSpec,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        portable::norm::<Self>(x, residual, gamma, beta, spec)
    }

    /// Gradients of x, residual, gamma and beta.
    fn norm_gradient(
        z: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        spec: NormSpec,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        portable::norm_gradient::<Self>(z, statistics, gamma, gradient, spec)
    }

    /// Attention, and each row's largest score and inverse sum of exponentials `[b, h, sq, 2]`.
    fn heads_attention_forward(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        key_mask: Option<FloatTensor<Self>>,
        bias: Option<FloatTensor<Self>>,
        spec: AttentionSpec,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        portable::attention::<Self>(q, k, v, key_mask, bias, spec)
    }

    /// Gradients of q, k, v, and of the bias where `of_bias`.
    fn heads_attention_gradient(
        tape: AttentionTape<Self>,
        gradient: FloatTensor<Self>,
        spec: AttentionSpec,
        of_bias: bool,
    ) -> AttentionGradients<Self> {
        portable::attention_gradient::<Self>(tape, gradient, spec, of_bias)
    }

    /// As [`heads_attention_gradient`](Self::heads_attention_gradient), with those of q, k and v
    /// side by side in one tensor.
    fn packed_attention_gradient(
        tape: AttentionTape<Self>,
        gradient: FloatTensor<Self>,
        spec: AttentionSpec,
        of_bias: bool,
    ) -> (FloatTensor<Self>, Option<FloatTensor<Self>>) {
        let (d_q, d_k, d_v, d_bias) = Self::heads_attention_gradient(tape, gradient, spec, of_bias);
        (Self::float_cat(vec![d_q, d_k, d_v], 2), d_bias)
    }

    /// The rows of `weight` named by `ids`.
    fn lookup_forward(weight: FloatTensor<Self>, ids: IntTensor<Self>) -> FloatTensor<Self> {
        portable::embedding::<Self>(weight, ids)
    }

    /// Gradient of [`lookup_forward`](Self::lookup_forward)'s weight, which has `vocabulary` rows.
    fn lookup_gradient(
        ids: IntTensor<Self>,
        gradient: FloatTensor<Self>,
        vocabulary: usize,
    ) -> FloatTensor<Self> {
        portable::embedding_gradient::<Self>(ids, gradient, vocabulary)
    }

    /// New parameter, first and second moment.
    fn adamw_forward(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamWStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        portable::adamw::<Self>(parameter, gradient, first, second, step)
    }
}

/// A tensor that may be missing, in a form that Burn's dispatch can take apart.
#[derive(Clone, Debug, ExtensionType)]
pub enum Optional<B: Backend> {
    /// There is one.
    Given(FloatTensor<B>),
    /// There is none.
    Absent,
}

impl<B: Backend> Optional<B> {
    /// From the standard form.
    pub fn new(tensor: Option<FloatTensor<B>>) -> Self {
        tensor.map_or(Self::Absent, Self::Given)
    }

    /// To the standard form.
    pub fn get(self) -> Option<FloatTensor<B>> {
        match self {
            Self::Given(tensor) => Some(tensor),
            Self::Absent => None,
        }
    }
}

/// The kernels as the public functions call them; under autodiff each is one node.
#[backend_extension(
    Flex: cfg(feature = "cpu"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait Kernels: KernelBodies {
    /// `x W + b` over the last dimension.
    #[fusion(default)]
    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        #[extension_type] bias: Optional<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        Self::dense_forward(x, weight, bias.get(), precision)
    }

    /// `gelu(x W + b)`.
    #[fusion(default)]
    fn dense_gelu(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        #[extension_type] bias: Optional<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        Self::gelu_forward(Self::dense_forward(x, weight, bias.get(), precision))
    }

    /// GELU by the error function.
    #[fusion(default)]
    fn exact_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::gelu_forward(x)
    }

    /// Dropout by key.
    #[fusion(default)]
    fn keyed_dropout(x: FloatTensor<Self>, dropout: Dropout) -> FloatTensor<Self> {
        Self::dropout_forward(x, dropout)
    }

    /// Layer norm of `dropout(x) + residual`.
    #[fusion(default)]
    fn norm(
        x: FloatTensor<Self>,
        #[extension_type] residual: Optional<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        spec: NormSpec,
    ) -> FloatTensor<Self> {
        Self::norm_forward(x, residual.get(), gamma, beta, spec).0
    }

    /// Multi-head attention.
    #[fusion(default)]
    fn heads_attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        #[extension_type] key_mask: Optional<Self>,
        #[extension_type] bias: Optional<Self>,
        spec: AttentionSpec,
    ) -> FloatTensor<Self> {
        Self::heads_attention_forward(q, k, v, key_mask.get(), bias.get(), spec).0
    }

    /// Self-attention with q, k and v side by side.
    #[fusion(default)]
    fn packed_attention(
        qkv: FloatTensor<Self>,
        #[extension_type] key_mask: Optional<Self>,
        #[extension_type] bias: Optional<Self>,
        spec: AttentionSpec,
    ) -> FloatTensor<Self> {
        let [q, k, v] = portable::unpack::<Self>(qkv);
        Self::heads_attention_forward(q, k, v, key_mask.get(), bias.get(), spec).0
    }

    /// The rows of `weight` named by `ids`.
    #[fusion(default)]
    fn lookup(weight: FloatTensor<Self>, ids: IntTensor<Self>) -> FloatTensor<Self> {
        Self::lookup_forward(weight, ids)
    }

    /// New parameter, first and second moment.
    #[fusion(default)]
    fn adamw_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamWStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        Self::adamw_forward(parameter, gradient, first, second, step)
    }
}

impl KernelBodies for Dispatch {}

#[cfg(feature = "cpu")]
impl Kernels for burn::backend::Flex {}

#[cfg(feature = "ndarray")]
impl KernelBodies for burn::backend::NdArray {}
#[cfg(feature = "ndarray")]
impl Kernels for burn::backend::NdArray {}

#[cfg(feature = "tch")]
impl KernelBodies for burn::backend::LibTorch {}
#[cfg(feature = "tch")]
impl Kernels for burn::backend::LibTorch {}

#[cfg(feature = "cube")]
impl KernelBodies for burn_cubecl::CubeBackend {}
#[cfg(feature = "cube")]
impl Kernels for burn_cubecl::CubeBackend {}
#[cfg(feature = "cube")]
impl<B: burn_fusion::FusionBackend> KernelBodies for burn_fusion::Fusion<B> {}
