//! The kernels that T5 needs beside those of BERT, as a second extension with the same two parts:
//! bodies with portable defaults, and what the public functions call.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};

use super::super::dropout::Dropout;
use super::super::portable::t5 as portable;
use super::super::precision::Precision;
use super::super::specs::Gate;
use super::KernelBodies;

/// Forward passes that also give what their backward passes need, and the gradients. Shapes as in
/// the public functions.
pub trait T5Bodies: Backend {
    /// The norm and each row's inverse root mean square, `[rows, 1]`.
    fn rms_norm_forward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        portable::rms_norm::<Self>(x, gamma, epsilon)
    }

    /// Gradients of x and gamma.
    fn rms_norm_gradient(
        x: FloatTensor<Self>,
        inverse: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        portable::rms_norm_gradient::<Self>(x, inverse, gamma, gradient)
    }

    /// `x + dropout(y)`.
    fn add_dropped_forward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        dropout: Dropout,
    ) -> FloatTensor<Self> {
        portable::add_dropped::<Self>(x, y, dropout)
    }

    /// The gate, then dropout.
    fn gate_forward(x: FloatTensor<Self>, gate: Gate, dropout: Dropout) -> FloatTensor<Self> {
        portable::gate::<Self>(x, gate, dropout)
    }

    /// Gradient of [`gate_forward`](Self::gate_forward)'s input.
    fn gate_gradient(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        gate: Gate,
        dropout: Dropout,
    ) -> FloatTensor<Self> {
        portable::gate_gradient::<Self>(x, gradient, gate, dropout)
    }

    /// The losses `[n]` and each row's log-partition `[n, 1]`.
    fn token_losses_forward(
        logits: FloatTensor<Self>,
        labels: IntTensor<Self>,
        z_loss: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        portable::token_losses::<Self>(logits, labels, z_loss)
    }

    /// Gradient of the logits.
    fn token_losses_gradient(
        logits: FloatTensor<Self>,
        labels: IntTensor<Self>,
        log_z: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        z_loss: f64,
    ) -> FloatTensor<Self> {
        portable::token_losses_gradient::<Self>(logits, labels, log_z, gradient, z_loss)
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
pub trait T5Kernels: T5Bodies + KernelBodies {
    /// Division by the root mean square, and a scale.
    #[fusion(default)]
    fn rms_norm(x: FloatTensor<Self>, gamma: FloatTensor<Self>, epsilon: f64) -> FloatTensor<Self> {
        Self::rms_norm_forward(x, gamma, epsilon).0
    }

    /// `x + dropout(y)`.
    #[fusion(default)]
    fn add_dropped(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        dropout: Dropout,
    ) -> FloatTensor<Self> {
        Self::add_dropped_forward(x, y, dropout)
    }

    /// The gate of a feed-forward layer, then dropout.
    #[fusion(default)]
    fn gate(x: FloatTensor<Self>, gate: Gate, dropout: Dropout) -> FloatTensor<Self> {
        Self::gate_forward(x, gate, dropout)
    }

    /// `x Wᵀ` over the last dimension: the gradient of a dense layer's input, as a layer.
    #[fusion(default)]
    fn dense_transposed(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        Self::dense_input_gradient(weight, x, precision)
    }

    /// Cross-entropy and z-loss of each row.
    #[fusion(default)]
    fn token_losses(
        logits: FloatTensor<Self>,
        labels: IntTensor<Self>,
        z_loss: f64,
    ) -> FloatTensor<Self> {
        Self::token_losses_forward(logits, labels, z_loss).0
    }
}

impl T5Bodies for Dispatch {}

#[cfg(feature = "cpu")]
impl T5Kernels for burn::backend::Flex {}

#[cfg(feature = "ndarray")]
impl T5Bodies for burn::backend::NdArray {}
#[cfg(feature = "ndarray")]
impl T5Kernels for burn::backend::NdArray {}

#[cfg(feature = "tch")]
impl T5Bodies for burn::backend::LibTorch {}
#[cfg(feature = "tch")]
impl T5Kernels for burn::backend::LibTorch {}

#[cfg(feature = "cube")]
impl T5Bodies for burn_cubecl::CubeBackend {}
#[cfg(feature = "cube")]
impl T5Kernels for burn_cubecl::CubeBackend {}
#[cfg(feature = "cube")]
impl<B: burn_fusion::FusionBackend> T5Bodies for burn_fusion::Fusion<B> {}
