//! Aligned-MTL, independent component alignment (Senushkin et al., CVPR 2023, algorithm 1).
//!
//! The gradients' principal components are brought to one common length σ, so that the system's condition number is 1,
//! and then averaged: w = σ V Λ^(−1/2) Vᵀ 1/T with G = V Λ Vᵀ. σ is the least singular value, their median, or their
//! quadratic mean. Components whose eigenvalue is at rounding level are dropped. The published code sums the aligned
//! gradients, which is this T times; a preference takes the place of 1/T.

use nalgebra::DVector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    LossScaling, Needs, Options, Properties, Result, SingleTask, StepInputs, Weighting,
    preference::{checked_preference, preference_or, with_preference},
    solvers::Eigen,
};

const NAME: &str = "aligned-mtl";

/// The common length of the principal components.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlignedScale {
    /// The least.
    #[default]
    Min,
    /// The median; of two in the middle, the lesser.
    Median,
    /// The root of the eigenvalues' mean.
    Rmse,
}

/// Options of Aligned-MTL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlignedMtlConfig {
    /// The common length; default the least.
    pub scale: AlignedScale,
    /// Eigenvalues below this times T times the largest are dropped; default 1.2e-7, float32's rounding, as in the
    /// published code.
    #[schemars(range(min = 0.0))]
    pub tolerance: f64,
    /// How much every aligned gradient counts; default 1/T each.
    #[schemars(inner(range(min = 0.0)))]
    pub preference: Option<Vec<f64>>,
}

impl Default for AlignedMtlConfig {
    fn default() -> Self {
        Self { scale: AlignedScale::Min, tolerance: f64::from(f32::EPSILON), preference: None }
    }
}

/// The mean of aligned gradients.
#[derive(Clone, Debug)]
pub struct AlignedMtl {
    config: AlignedMtlConfig,
}

impl Options for AlignedMtlConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "Aligned-MTL; Senushkin et al., CVPR 2023";
    type Weighting = AlignedMtl;

    fn make(self) -> Result<AlignedMtl> {
        checked_preference(NAME, &self.preference)?;
        Ok(AlignedMtl { config: self })
    }
}

impl Weighting for AlignedMtl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        let claims = Properties {
            single_task: SingleTask::Plain,
            loss_scaling: LossScaling::Common,
            caveat: "aligned gradients are orthogonal to each other, but their mean may still conflict with an \
                     original gradient",
            ..Properties::NOTHING
        };
        with_preference(claims, &self.config.preference)
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let tasks = gramian.tasks();
        let eigen = Eigen::of(gramian.matrix(), self.config.tolerance * tasks as f64);
        let mean = DVector::from_vec(preference_or(
            NAME,
            &self.config.preference,
            1.0 / tasks as f64,
            tasks,
        )?);
        let count = eigen.values.len();
        if count == 0 {
            return Ok(mean.iter().copied().collect());
        }
        let eigenvalue = match self.config.scale {
            AlignedScale::Min => eigen.values[count - 1],
            AlignedScale::Median => eigen.values[count / 2],
            AlignedScale::Rmse => eigen.values.iter().sum::<f64>() / count as f64,
        };
        Ok(eigen.apply(|value| (eigenvalue / value).sqrt(), &mean))
    }
}
