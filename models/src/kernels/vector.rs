//! Gradients as vectors: sums of squares and scaling by a number on the device, which clipping by
//! global norm needs every step. Neither is differentiable.

// Burn deprecates its ndarray backend, which stays for portability checks.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::prelude::*;

/// The sum of the squares of all elements.
///
/// # Shapes
/// any to `[1]`
pub fn sum_of_squares<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::squares_summed(x.into_dispatch()))
}

/// The inner product of two tensors of one shape, as vectors.
///
/// # Shapes
/// both the same, to `[1]`
pub fn dot<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::inner_product(x.into_dispatch(), y.into_dispatch()))
}

/// Every element times `factor`, in place where nobody else holds `x`.
///
/// # Shapes
/// x: any, factor: `[1]`
pub fn scale<const D: usize>(x: Tensor<D>, factor: Tensor<1>) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::scaled(x.into_dispatch(), factor.into_dispatch()))
}

/// All as an extension of Burn's `Backend`.
#[backend_extension(
    Flex: cfg(feature = "cpu"),
    NdArray: cfg(feature = "ndarray"),
    LibTorch: cfg(feature = "tch"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube")
)]
pub trait VectorKernels: Backend {
    /// The sum of squares, `[1]`.
    #[fusion(default)]
    fn squares_summed(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_sum(Self::float_mul(x.clone(), x))
    }

    /// The sum of the products of like elements, `[1]`.
    #[fusion(default)]
    fn inner_product(x: FloatTensor<Self>, y: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_sum(Self::float_mul(x, y))
    }

    /// `x` times `factor`, `[1]`.
    #[fusion(default)]
    fn scaled(x: FloatTensor<Self>, factor: FloatTensor<Self>) -> FloatTensor<Self> {
        use burn::backend::TensorMetadata;
        let ones = vec![1; x.shape().num_dims()];
        Self::float_mul(x, Self::float_reshape(factor, Shape::from(ones)))
    }
}

#[cfg(feature = "ndarray")]
impl VectorKernels for burn::backend::NdArray {}

#[cfg(feature = "tch")]
impl VectorKernels for burn::backend::LibTorch {}

#[cfg(feature = "cube")]
impl VectorKernels for burn_cubecl::CubeBackend {}

#[cfg(feature = "cpu")]
impl VectorKernels for burn::backend::Flex {
    fn squares_summed(x: FloatTensor<Self>) -> FloatTensor<Self> {
        super::flex::squares_summed(x)
    }

    fn inner_product(x: FloatTensor<Self>, y: FloatTensor<Self>) -> FloatTensor<Self> {
        super::flex::inner_product(x, y)
    }

    fn scaled(x: FloatTensor<Self>, factor: FloatTensor<Self>) -> FloatTensor<Self> {
        super::flex::scaled(x, factor)
    }
}
