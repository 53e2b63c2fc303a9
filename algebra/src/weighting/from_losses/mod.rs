//! Weightings that read losses alone (GradNorm: and gradient norms), one per file.

mod dwa;
mod equal;
mod famo;
mod fixed;
mod gls;
mod gradnorm;
mod imtl_l;
mod rlw;
mod scalarisation;
mod stch;
mod uncertainty;

pub use dwa::{Dwa, DwaConfig};
pub use equal::{Equal, EqualConfig};
pub use famo::{Famo, FamoConfig};
pub use fixed::{Fixed, FixedConfig};
pub use gls::{Gls, GlsConfig};
pub use gradnorm::{GradNorm, GradNormConfig};
pub use imtl_l::{ImtlL, ImtlLConfig};
pub use rlw::{Rlw, RlwConfig};
pub use scalarisation::{Scalarisation, ScalarisationConfig};
pub use stch::{Stch, StchConfig};
pub use uncertainty::{Uncertainty, UncertaintyConfig};

/// Stands in for a loss of zero where a method divides by losses or takes their logarithm.
pub(crate) const SMALLEST_LOSS: f64 = 1e-8;
