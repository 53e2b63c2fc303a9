//! FairGrad, fair resource allocation (Ban and Ji, ICML 2024): G w = w^(−1/α), solved exactly.
//!
//! The direction is the α-fair one: α = 1 is Nash bargaining, large α approaches max-min fairness. The published code
//! seeks w by bounded least squares and sets no limit to the norm; with the option `max_norm` one can be set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limited;
use crate::weighting::{
    LossScaling, Needs, NonConflict, Options, Properties, Result, StepInputs, Weighting,
    solvers::fair_weights,
};

const NAME: &str = "fairgrad";

/// Options of FairGrad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FairGradConfig {
    /// α of the fairness: 1 is Nash bargaining, large values approach max-min; default 2.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub alpha: f64,
    /// Largest norm of the direction; default 0, no limit.
    #[schemars(range(min = 0.0))]
    pub max_norm: f64,
}

impl Default for FairGradConfig {
    fn default() -> Self {
        Self { alpha: 2.0, max_norm: 0.0 }
    }
}

/// The α-fair direction.
#[derive(Clone, Debug)]
pub struct FairGrad {
    config: FairGradConfig,
}

impl Options for FairGradConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "FairGrad; Ban and Ji, ICML 2024";
    type Weighting = FairGrad;

    fn make(self) -> Result<FairGrad> {
        Ok(FairGrad { config: self })
    }
}

impl Weighting for FairGrad {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            non_conflict: NonConflict::IndependentGradients,
            loss_scaling: LossScaling::Common,
            non_negative: true,
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        inputs.finite_losses(NAME)?;
        let gramian = inputs.gramian(NAME)?;
        let weights = fair_weights(gramian.matrix(), 1.0 / self.config.alpha);
        Ok(limited(gramian, weights, self.config.max_norm))
    }
}
