//! MGDA, multiple gradient descent (Désidéri 2012; Sener and Koltun, NeurIPS 2018): the point of least norm in the
//! convex hull of the gradients.
//!
//! Found exactly, not by Frank-Wolfe steps. Either it is zero, and no direction serves all tasks, or it improves all
//! tasks alike to first order. Small gradients dominate it; the published code offers to normalise gradients first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    LossScaling, Needs, NonConflict, Options, Properties, Result, StepInputs, Weighting,
    solvers::min_norm_weights,
};

/// By what gradients are divided before the least norm is sought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MgdaNormalisation {
    #[default]
    None,
    /// ‖gᵢ‖.
    Norm,
    /// Lᵢ.
    Loss,
    /// Lᵢ ‖gᵢ‖.
    LossNorm,
}

/// Options of MGDA.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MgdaConfig {
    /// Normalisation of gradients; default none.
    pub normalisation: MgdaNormalisation,
}

/// The point of least norm.
#[derive(Clone, Debug)]
pub struct Mgda {
    config: MgdaConfig,
}

impl Options for MgdaConfig {
    const NAME: &'static str = "mgda";
    const PAPER: &'static str = "MGDA; Désidéri 2012; Sener and Koltun, NeurIPS 2018";
    type Weighting = Mgda;

    fn make(self) -> Result<Mgda> {
        Ok(Mgda { config: self })
    }
}

impl Weighting for Mgda {
    fn name(&self) -> &'static str {
        "mgda"
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            non_conflict: NonConflict::Always,
            loss_scaling: LossScaling::Common,
            ignores_duplicates: true,
            ..Properties::CONVEX
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.finite_losses(self.name())?;
        let gramian = inputs.gramian(self.name())?;
        let divisor = |loss: f64, norm: f64| match self.config.normalisation {
            MgdaNormalisation::None => 1.0,
            MgdaNormalisation::Norm => norm,
            MgdaNormalisation::Loss => loss,
            MgdaNormalisation::LossNorm => loss * norm,
        };
        let scales: Vec<f64> = losses
            .iter()
            .zip(gramian.norms())
            .map(|(&loss, norm)| divisor(loss, norm))
            // A gradient or loss of zero is left as it is.
            .map(|divisor| if divisor > 0.0 { 1.0 / divisor } else { 1.0 })
            .collect();
        let weights = min_norm_weights(gramian.scaled(&scales).matrix());
        Ok(weights.iter().zip(&scales).map(|(w, s)| w * s).collect())
    }
}
