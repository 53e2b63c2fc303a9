//! CR-MOGM, correlation-reduced gradient manipulation (Zhou et al., NeurIPS 2022, algorithm 1): averaged weights around
//! any method.
//!
//! λ ← α λ + (1 − α) λ̂ with λ̂ the weights of the method inside, starting from the first λ̂. Weights of a step
//! depend on the step's noise, as its gradients do; their average over steps does so less, which removes most of the
//! bias. What the method inside needs, this needs; what it claims of directions holds at single steps and not for
//! averages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::weighting::{
    LossScaling, Needs, NonConflict, Options, Ordering, Properties, Result, StepInputs, Weighting,
    by_name,
    exact::{Floats, load, save},
    method::same_tasks,
};

const NAME: &str = "cr-mogm";

/// Options of CR-MOGM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CrMogmConfig {
    /// The method inside, by name; default MGDA, the first of the paper's.
    pub method: String,
    /// Its options, an object or null for its defaults.
    pub options: Value,
    /// α, what is kept of the average; default 0.9.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub alpha: f64,
    /// The seed of a method inside that draws, unless its options have one.
    pub seed: Option<u64>,
}

impl Default for CrMogmConfig {
    fn default() -> Self {
        Self { method: "mgda".into(), options: Value::Null, alpha: 0.9, seed: None }
    }
}

/// A method with averaged weights.
pub struct CrMogm {
    inside: Box<dyn Weighting>,
    alpha: f64,
    average: Option<Floats>,
}

#[derive(Serialize, Deserialize)]
struct State {
    average: Option<Floats>,
    inside: Value,
}

impl Options for CrMogmConfig {
    const NAME: &'static str = NAME;
    const PAPER: &'static str = "CR-MOGM; Zhou et al., NeurIPS 2022";
    type Weighting = CrMogm;

    fn make(self) -> Result<CrMogm> {
        let mut inside = by_name(&self.method, &self.options)?;
        let draws = inside.properties().ordering == Ordering::Drawn;
        if let Some(seed) = self.seed.filter(|_| draws && self.options.get("seed").is_none()) {
            let mut options = self.options;
            if options.is_null() {
                options = json!({});
            }
            options["seed"] = json!(seed);
            inside = by_name(&self.method, &options)?;
        }
        Ok(CrMogm { inside, alpha: self.alpha, average: None })
    }
}

impl Weighting for CrMogm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        self.inside.needs()
    }

    fn properties(&self) -> Properties {
        let inside = self.inside.properties();
        let loss_scaling = match inside.loss_scaling {
            LossScaling::Unclaimed => LossScaling::Unclaimed,
            LossScaling::Invariant | LossScaling::Linear | LossScaling::Common => {
                LossScaling::Common
            }
        };
        Properties {
            non_conflict: NonConflict::Unclaimed,
            loss_scaling,
            ignores_duplicates: false,
            caveat: "claims of directions hold for the method inside, not for averaged weights",
            ..inside
        }
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let weights = self.inside.weights(inputs)?;
        let Some(average) = &mut self.average else {
            self.average = Some(Floats(weights.clone()));
            return Ok(weights);
        };
        same_tasks(NAME, "past steps", average.0.len(), weights.len())?;
        for (average, weight) in average.0.iter_mut().zip(weights) {
            *average = self.alpha * *average + (1.0 - self.alpha) * weight;
        }
        Ok(average.0.clone())
    }

    fn observe_losses_after(&mut self, losses: &[f64]) -> Result<()> {
        self.inside.observe_losses_after(losses)
    }

    fn state(&self) -> Value {
        save(&State { average: self.average.clone(), inside: self.inside.state() })
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        let State { average, inside } = load(NAME, state)?;
        self.inside.restore(&inside)?;
        self.average = average;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(method: &mut dyn Weighting, step: u64, losses: &[f64]) -> Vec<f64> {
        method.weights(&StepInputs { step, progress: 0.0, losses, gramian: None }).unwrap()
    }

    #[test]
    fn weights_are_the_moving_average_of_those_inside() {
        let config = CrMogmConfig { method: "gls".into(), alpha: 0.75, ..Default::default() };
        let (mut averaged, mut plain) =
            (config.init().unwrap(), by_name("gls", &json!({})).unwrap());
        let first = weights(plain.as_mut(), 0, &[1.0, 4.0]);
        assert_eq!(weights(&mut averaged, 0, &[1.0, 4.0]), first);
        let second = weights(plain.as_mut(), 1, &[9.0, 1.0]);
        let found = weights(&mut averaged, 1, &[9.0, 1.0]);
        for task in 0..2 {
            let expected = 0.75 * first[task] + 0.25 * second[task];
            assert!((found[task] - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn a_seed_reaches_the_method_inside_that_draws() {
        let of = |seed| {
            let config =
                CrMogmConfig { method: "rlw".into(), seed: Some(seed), ..Default::default() };
            weights(&mut config.init().unwrap(), 3, &[1.0; 3])
        };
        assert_eq!(
            of(4),
            weights(by_name("rlw", &json!({ "seed": 4 })).unwrap().as_mut(), 3, &[1.0; 3])
        );
        assert_ne!(of(4), of(5));
    }

    #[test]
    fn an_unknown_method_inside_is_answered_with_the_nearest() {
        let config = CrMogmConfig { method: "mgad".into(), ..Default::default() };
        let Err(error) = config.init() else { panic!("no such name") };
        assert!(error.to_string().contains("did you mean `mgda`"), "{error}");
    }
}
