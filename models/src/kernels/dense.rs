//! Dense layers and embedding look-up.

use burn::backend::Dispatch;
use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::backend::{Kernels, Optional};

/// The operands of dense layers' products. Parameters, sums, activations and all other operations
/// are float32 in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    #[default]
    F32,
    /// Rounded to bfloat16, forward and backward.
    Bf16,
}

impl std::str::FromStr for Precision {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            _ => Err(format!("unknown precision `{name}`; there are f32 and bf16")),
        }
    }
}

/// What the CPU backend multiplies bfloat16 operands with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bf16Unit {
    /// Tiles of Intel's matrix unit.
    Amx,
    /// Dot products of AVX512-BF16.
    Avx512,
    /// Float32 products of rounded operands, no faster than unrounded ones.
    Emulated,
}

impl std::fmt::Display for Bf16Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Amx => "AMX",
            Self::Avx512 => "AVX512-BF16",
            Self::Emulated => "float32 products of rounded numbers",
        })
    }
}

impl Bf16Unit {
    /// That of this processor.
    #[cfg(feature = "cpu")]
    pub fn here() -> Self {
        super::flex::bf16::unit()
    }
}

/// `x W + b`.
///
/// # Shapes
/// - x: `[.., inputs]`, weight: `[inputs, outputs]`, bias: `[outputs]`
/// - output: `[.., outputs]`
pub fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    precision: Precision,
) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::dense(
        x.into_dispatch(),
        weight.into_dispatch(),
        Optional::new(bias.map(Tensor::into_dispatch)),
        precision,
    ))
}

/// `gelu(x W + b)` in one node, with the exact GELU.
///
/// # Shapes
/// - x: `[.., inputs]`, weight: `[inputs, outputs]`, bias: `[outputs]`
/// - output: `[.., outputs]`
pub fn linear_gelu<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    precision: Precision,
) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::dense_gelu(
        x.into_dispatch(),
        weight.into_dispatch(),
        Optional::new(bias.map(Tensor::into_dispatch)),
        precision,
    ))
}

/// The rows of `weight` that `ids` name. The gradient is dense: rows not named are zero.
///
/// # Shapes
/// - weight: `[vocabulary, width]`, ids: `[batch, length]`
/// - output: `[batch, length, width]`
pub fn embedding(weight: Tensor<2>, ids: Tensor<2, Int>) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::lookup(weight.into_dispatch(), ids.into_dispatch()))
}
