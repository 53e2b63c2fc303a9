//! Weightings that read losses alone (GradNorm: and gradient norms), one per file.

mod cosmos;
mod dwa;
mod equal;
mod famo;
mod fixed;
mod gls;
mod go4align;
mod gradnorm;
mod imtl_l;
mod pbi;
mod rlw;
mod scalarisation;
mod stch;
mod uncertainty;
mod uw_so;

pub use cosmos::{Cosmos, CosmosConfig};
pub use dwa::{Dwa, DwaConfig};
pub use equal::{Equal, EqualConfig};
pub use famo::{Famo, FamoConfig};
pub use fixed::{Fixed, FixedConfig};
pub use gls::{Gls, GlsConfig};
pub use go4align::{Go4Align, Go4AlignConfig};
pub use gradnorm::{GradNorm, GradNormConfig};
pub use imtl_l::{ImtlL, ImtlLConfig};
pub use pbi::{Pbi, PbiConfig};
pub use rlw::{Rlw, RlwConfig};
pub use scalarisation::{Scalarisation, ScalarisationConfig};
pub use stch::{Stch, StchConfig};
pub use uncertainty::{Uncertainty, UncertaintyConfig};
pub use uw_so::{UwSo, UwSoConfig};

/// Stands in for a loss of zero where a method divides by losses or takes their logarithm.
pub(crate) const SMALLEST_LOSS: f64 = 1e-8;
