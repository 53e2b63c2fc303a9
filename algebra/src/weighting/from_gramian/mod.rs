//! Weightings from the Gramian of the tasks' gradients, one per file.

mod aligned_mtl;
mod cagrad;
mod config;
mod cr_mogm;
mod db_mtl;
mod dualproj;
mod fairgrad;
mod gradvac;
mod imtl;
mod imtl_g;
mod krum;
mod mgda;
mod moco;
mod modo;
mod nash_mtl;
mod pcgrad;
mod projection;
mod sdmgrad;
mod upgrad;

pub use aligned_mtl::{AlignedMtl, AlignedMtlConfig, AlignedScale};
pub use cagrad::{CaGrad, CaGradConfig};
pub use config::{ConFig, ConFigConfig};
pub use cr_mogm::{CrMogm, CrMogmConfig};
pub use db_mtl::{DbMtl, DbMtlConfig};
pub use dualproj::{DualProj, DualProjConfig};
pub use fairgrad::{FairGrad, FairGradConfig};
pub use gradvac::{GradVac, GradVacConfig};
pub use imtl::{Imtl, ImtlConfig};
pub use imtl_g::{ImtlG, ImtlGConfig};
pub use krum::{Krum, KrumConfig};
pub use mgda::{Mgda, MgdaConfig, MgdaNormalisation};
pub use moco::{MoCo, MoCoConfig};
pub use modo::{MoDo, MoDoConfig};
pub use nash_mtl::{NashMtl, NashMtlConfig};
pub use pcgrad::{PcGrad, PcGradConfig};
pub use projection::ProjectionOrder;
pub use sdmgrad::{SdmGrad, SdmGradConfig};
pub use upgrad::{UpGrad, UpGradConfig};

use super::{Gramian, Result, WeightingError};

/// Eigenvalues below this times T times the largest are noise: learners reduce Gramians in float32.
const PRECISION: f64 = f32::EPSILON as f64;

/// # Errors
/// When a tolerance of eigenvalues is negative.
fn checked_tolerance(method: &'static str, tolerance: f64) -> Result<()> {
    if tolerance >= 0.0 {
        return Ok(());
    }
    let problem = format!("`tolerance` must not be negative; got {tolerance}");
    Err(WeightingError::Options { method, problem })
}

/// Weights rescaled so that the direction's norm is at most `max_norm`; 0 sets no limit.
fn limited(gramian: &Gramian, mut weights: Vec<f64>, max_norm: f64) -> Vec<f64> {
    let norm = gramian.norm_of(&weights);
    if max_norm > 0.0 && norm > max_norm {
        weights.iter_mut().for_each(|w| *w *= max_norm / norm);
    }
    weights
}
