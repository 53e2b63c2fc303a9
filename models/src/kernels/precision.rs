//! What dense layers' products are made of: the precision of their operands, and what the CPU backend
//! multiplies bfloat16 operands with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operands of dense layers' products. Parameters, sums, activations and all other operations
/// are float32 in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
