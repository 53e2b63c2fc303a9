//! Gradients as vectors: sums of squares and scaling by a number on the device, which clipping by
//! global norm needs every step, and the Gramian and weighted sum of several, which methods for
//! several tasks need. None is differentiable.

// Burn deprecates its ndarray backend, which stays for portability checks.
#![cfg_attr(any(feature = "ndarray", feature = "tch"), allow(deprecated))]

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
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

/// The inner products of all pairs of tensors of one shape, as vectors: (0, 0), (0, 1), … (1, 1), …
///
/// On the CPU up to eight tensors are read once; more are multiplied pair by pair.
///
/// # Shapes
/// n tensors, at least one, all the same, to `[n (n + 1) / 2]`
pub fn gramian<const D: usize>(tensors: Vec<Tensor<D>>) -> Tensor<1> {
    let count = tensors.len();
    if count <= Several::<Dispatch>::MOST {
        let tensors = tensors.into_iter().map(Tensor::into_dispatch).collect();
        return Tensor::from_dispatch(Dispatch::pairs_multiplied(Several::of(tensors), count));
    }
    let pairs = (0..count).flat_map(|i| (i..count).map(move |j| (i, j)));
    let products = pairs.map(|(i, j)| dot(tensors[i].clone(), tensors[j].clone()));
    Tensor::cat(products.collect(), 0)
}

/// Σ wᵢ xᵢ, with as many weights as tensors, of which there is at least one.
///
/// # Shapes
/// all the same, to that shape
pub fn weighted_sum<const D: usize>(tensors: Vec<Tensor<D>>, weights: Vec<f32>) -> Tensor<D> {
    assert_eq!(tensors.len(), weights.len(), "a weighted sum with another number of weights");
    let mut rest = tensors.into_iter().map(Tensor::into_dispatch).zip(weights);
    let mut sum = None;
    loop {
        let free = Several::<Dispatch>::MOST - usize::from(sum.is_some());
        let some: Vec<_> = rest.by_ref().take(free).collect();
        match sum {
            Some(sum) if some.is_empty() => return Tensor::from_dispatch(sum),
            _ => {}
        }
        let (tensors, weights) = sum.map(|sum| (sum, 1.0)).into_iter().chain(some).unzip();
        sum = Some(Dispatch::summed_by_weight(Several::of(tensors), weights));
    }
}

/// Two, four or eight tensors: what an operation of a backend can be given of a list.
#[derive(Clone, Debug, ExtensionType)]
pub enum Several<B: Backend> {
    /// Two.
    Two(FloatTensor<B>, FloatTensor<B>),
    /// Four.
    Four(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    /// Eight.
    Eight(
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
    ),
}

impl<B: Backend> Several<B> {
    /// The longest list.
    const MOST: usize = 8;

    /// From one to eight tensors; the last is repeated until the number fits.
    fn of(tensors: Vec<FloatTensor<B>>) -> Self {
        let count = tensors.len();
        assert!((1..=Self::MOST).contains(&count), "a list of {count} tensors");
        let at = |i: usize| tensors[i.min(count - 1)].clone();
        match count {
            1 | 2 => Self::Two(at(0), at(1)),
            3 | 4 => Self::Four(at(0), at(1), at(2), at(3)),
            _ => Self::Eight(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)),
        }
    }

    /// The first `count`.
    fn first(self, count: usize) -> Vec<FloatTensor<B>> {
        let mut all = match self {
            Self::Two(a, b) => vec![a, b],
            Self::Four(a, b, c, d) => vec![a, b, c, d],
            Self::Eight(a, b, c, d, e, f, g, h) => vec![a, b, c, d, e, f, g, h],
        };
        all.truncate(count);
        all
    }
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

    /// The inner products of all pairs of the first `count`, each once, `[count (count + 1) / 2]`.
    #[fusion(default)]
    fn pairs_multiplied(
        #[extension_type] tensors: Several<Self>,
        count: usize,
    ) -> FloatTensor<Self> {
        let tensors = tensors.first(count);
        let pairs = (0..tensors.len()).flat_map(|i| (i..tensors.len()).map(move |j| (i, j)));
        let product =
            |(i, j): (usize, usize)| Self::inner_product(tensors[i].clone(), tensors[j].clone());
        Self::float_cat(pairs.map(product).collect(), 0)
    }

    /// The sum of as many tensors as there are weights, each times its own.
    #[fusion(default)]
    fn summed_by_weight(
        #[extension_type] tensors: Several<Self>,
        weights: Vec<f32>,
    ) -> FloatTensor<Self> {
        let pairs = tensors.first(weights.len()).into_iter().zip(weights);
        let scaled = pairs.map(|(x, weight)| Self::float_mul_scalar(x, weight.into()));
        // The callers' tensors are one at least.
        scaled.reduce(Self::float_add).expect("a weighted sum of no tensors")
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

    fn pairs_multiplied(tensors: Several<Self>, count: usize) -> FloatTensor<Self> {
        super::flex::pairs_multiplied(tensors.first(count))
    }

    fn summed_by_weight(tensors: Several<Self>, weights: Vec<f32>) -> FloatTensor<Self> {
        super::flex::summed_by_weight(tensors.first(weights.len()), &weights)
    }

    fn scaled(x: FloatTensor<Self>, factor: FloatTensor<Self>) -> FloatTensor<Self> {
        super::flex::scaled(x, factor)
    }
}
