//! IMTL, impartial multi-task learning (Liu et al., ICLR 2021, section 3.3): losses balanced by IMTL-L, then
//! gradients by IMTL-G.
//!
//! IMTL-L learns scales e^s at which losses are alike; IMTL-G weighs the gradients of the scaled losses so that the
//! direction projects equally onto all of them. wᵢ = αᵢ e^sᵢ with α of IMTL-G on the gradients e^sᵢ gᵢ. The scales
//! change the direction's length and sign, and little else. The paper also trains heads on the scaled losses; a
//! learner that compares gradients in the trunk weighs heads alike.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PRECISION, imtl_g::impartial};
use crate::weighting::{
    Needs, Options, Properties, Result, StepInputs, Weighting,
    from_losses::imtl_l::{ImtlL, ImtlLConfig},
};

const NAME: &str = "imtl";

/// Options of IMTL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImtlConfig {
    /// Learning rate of the scales' logarithms; default as for IMTL-L.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// As for IMTL-G.
    #[schemars(range(min = 0.0))]
    pub tolerance: f64,
}

impl Default for ImtlConfig {
    fn default() -> Self {
        Self { learning_rate: ImtlLConfig::default().learning_rate, tolerance: PRECISION }
    }
}

/// Balanced losses with an impartial direction.
#[derive(Clone, Debug)]
pub struct Imtl {
    losses: ImtlL,
    tolerance: f64,
}

impl Options for ImtlConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "IMTL; Liu et al., ICLR 2021";
    type Weighting = Imtl;

    fn make(self) -> Result<Imtl> {
        let losses = ImtlLConfig { learning_rate: self.learning_rate }.init()?;
        Ok(Imtl { losses, tolerance: self.tolerance })
    }
}

impl Weighting for Imtl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs::GRAMIAN
    }

    fn properties(&self) -> Properties {
        Properties {
            caveat: "equal projections hold up to sign, as for imtl-g",
            ..Properties::NOTHING
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        // The Gramian first: an error must leave the scales where they were.
        let gramian = inputs.gramian(NAME)?;
        let scales = self.losses.weights(inputs)?;
        let weights = impartial(&gramian.scaled(&scales), self.tolerance);
        Ok(weights.iter().zip(&scales).map(|(w, s)| w * s).collect())
    }

    fn state(&self) -> Value {
        self.losses.state()
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.losses.restore(state)
    }
}
