//! Weightings from the Gramian of the tasks' gradients, one per file.

pub mod aligned_mtl;
pub mod cagrad;
pub mod config;
pub mod cr_mogm;
pub mod db_mtl;
pub mod dualproj;
pub mod fairgrad;
pub mod gradvac;
pub mod imtl;
pub mod imtl_g;
pub mod krum;
pub mod mgda;
pub mod moco;
pub mod modo;
pub mod nash_mtl;
pub mod pcgrad;
pub mod projection;
pub mod sdmgrad;
pub mod upgrad;

use super::{Gramian, Method};

/// All of them, in the order of tables.
pub(super) const LISTED: &[Method] = &[
    Method::of::<mgda::MgdaConfig>(),
    Method::of::<pcgrad::PcGradConfig>(),
    Method::of::<gradvac::GradVacConfig>(),
    Method::of::<cagrad::CaGradConfig>(),
    Method::of::<imtl_g::ImtlGConfig>(),
    Method::of::<imtl::ImtlConfig>(),
    Method::of::<nash_mtl::NashMtlConfig>(),
    Method::of::<aligned_mtl::AlignedMtlConfig>(),
    Method::of::<fairgrad::FairGradConfig>(),
    Method::of::<sdmgrad::SdmGradConfig>(),
    Method::of::<moco::MoCoConfig>(),
    Method::of::<modo::MoDoConfig>(),
    Method::of::<db_mtl::DbMtlConfig>(),
    Method::of::<upgrad::UpGradConfig>(),
    Method::of::<dualproj::DualProjConfig>(),
    Method::of::<config::ConFigConfig>(),
    Method::of::<krum::KrumConfig>(),
    Method::of::<cr_mogm::CrMogmConfig>(),
];

/// Eigenvalues below this times T times the largest are noise: learners reduce Gramians in float32.
const PRECISION: f64 = f32::EPSILON as f64;

/// Weights rescaled so that the direction's norm is at most `max_norm`; 0 sets no limit.
fn limited(gramian: &Gramian, mut weights: Vec<f64>, max_norm: f64) -> Vec<f64> {
    let norm = gramian.norm_of(&weights);
    if max_norm > 0.0 && norm > max_norm {
        weights.iter_mut().for_each(|w| *w *= max_norm / norm);
    }
    weights
}
