//! Random loss weighting (Lin et al., TMLR 2022): weights are the softmax of draws from the standard normal
//! distribution.
//!
//! A baseline as strong as many elaborate methods. The draw is a function of (seed, step, task's place).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weighting::{
    LossScaling, Needs, Options, Ordering, Properties, Result, StepInputs, Weighting,
    draws::normals, solvers::softmax,
};

/// Options of random loss weighting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RlwConfig {
    /// Seed of the draws; default 0.
    pub seed: u64,
}

/// Weights drawn anew at every step.
#[derive(Clone, Debug)]
pub struct Rlw {
    config: RlwConfig,
}

impl Options for RlwConfig {
    const NAME: &'static str = "rlw";
    const PAPER: &'static str = "Random loss weighting; Lin et al., TMLR 2022";
    type Weighting = Rlw;

    fn make(self) -> Result<Rlw> {
        Ok(Rlw { config: self })
    }
}

impl Weighting for Rlw {
    fn name(&self) -> &'static str {
        "rlw"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING
    }

    fn properties(&self) -> Properties {
        Properties {
            loss_scaling: LossScaling::Linear,
            ordering: Ordering::Drawn,
            ..Properties::CONVEX
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.finite_losses(self.name())?;
        Ok(softmax(&normals(self.config.seed, inputs.step, losses.len())))
    }
}
