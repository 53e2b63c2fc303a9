//! Weightings that read losses alone (GradNorm: and gradient norms), one per file.

pub mod cosmos;
pub mod dwa;
pub mod equal;
pub mod famo;
pub mod fixed;
pub mod gls;
pub mod go4align;
pub mod gradnorm;
pub mod imtl_l;
pub mod pbi;
pub mod rlw;
pub mod scalarisation;
pub mod stch;
pub mod uncertainty;
pub mod uw_so;

use super::Method;

/// All of them, in the order of tables.
pub(super) const LISTED: &[Method] = &[
    Method::of::<equal::EqualConfig>(),
    Method::of::<fixed::FixedConfig>(),
    Method::of::<scalarisation::ScalarisationConfig>(),
    Method::of::<uncertainty::UncertaintyConfig>(),
    Method::of::<uw_so::UwSoConfig>(),
    Method::of::<dwa::DwaConfig>(),
    Method::of::<rlw::RlwConfig>(),
    Method::of::<gls::GlsConfig>(),
    Method::of::<stch::StchConfig>(),
    Method::of::<cosmos::CosmosConfig>(),
    Method::of::<pbi::PbiConfig>(),
    Method::of::<imtl_l::ImtlLConfig>(),
    Method::of::<famo::FamoConfig>(),
    Method::of::<go4align::Go4AlignConfig>(),
    Method::of::<gradnorm::GradNormConfig>(),
];

/// Stands in for a loss of zero where a method divides by losses or takes their logarithm.
pub(crate) const SMALLEST_LOSS: f64 = 1e-8;
