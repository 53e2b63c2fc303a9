//! DB-MTL, dual balancing (Lin et al., arXiv 2308.12029).
//!
//! Losses are balanced by their logarithms and gradients by their norms: moving averages y of the gradients of log L
//! are all brought to the norm of the longest, wᵢ = max ‖y‖ / ‖yᵢ‖, and summed. The learner keeps the averages, at
//! the rate of [`Tracking`]. A task whose average is zero gets weight zero.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    GramianNeed, LossScaling, Needs, Options, Properties, Result, StepInputs, Tracking,
    TrackingScale, Weighting,
};

const NAME: &str = "db-mtl";

/// Options of DB-MTL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DbMtlConfig {
    /// What is kept of the averages at the first step; default 0.9.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta: f64,
    /// Decay of β with the step; default 0.
    #[schemars(range(min = 0.0))]
    pub beta_decay: f64,
}

impl Default for DbMtlConfig {
    fn default() -> Self {
        Self { beta: 0.9, beta_decay: 0.0 }
    }
}

/// Averages of equal norm.
#[derive(Clone, Debug)]
pub struct DbMtl {
    config: DbMtlConfig,
}

impl Options for DbMtlConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "DB-MTL; Lin et al., arXiv 2308.12029";
    type Weighting = DbMtl;

    fn make(self) -> Result<DbMtl> {
        Ok(DbMtl { config: self })
    }
}

impl Weighting for DbMtl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        let tracking = Tracking {
            scale: TrackingScale::LogLoss,
            beta: self.config.beta,
            decay: self.config.beta_decay,
            beta_is_kept: true,
        };
        Needs { tracking: Some(tracking), gramian: GramianNeed::Norms, ..Needs::LOSSES }
    }

    fn properties(&self) -> Properties {
        Properties {
            loss_scaling: LossScaling::Invariant,
            non_negative: true,
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.nonnegative_losses(NAME)?;
        let norms = inputs.gramian(NAME)?.norms();
        let longest = norms.iter().copied().fold(0.0, f64::max);
        let balanced = |&norm: &f64| {
            let weight = longest / norm;
            if weight.is_finite() { weight } else { 0.0 }
        };
        Ok(norms.iter().map(balanced).collect())
    }
}
