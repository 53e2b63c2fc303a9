//! A weighting of a user's own, from outside the crate: by value, by name, and where its name is taken.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use taskgraft_algebra::{
    conformance::check,
    weighting::{
        Needs, Properties, Result, StepInputs, Weighting, WeightingError, all, by_name, declare,
        exact, known, register, same_tasks,
    },
};

/// Weights in proportion to averaged losses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Laggards {
    keep: f64,
    #[serde(skip)]
    average: Option<exact::Floats>,
}

impl Default for Laggards {
    fn default() -> Self {
        Self { keep: 0.5, average: None }
    }
}

impl Weighting for Laggards {
    fn name(&self) -> &'static str {
        "laggards"
    }

    fn needs(&self) -> Needs {
        Needs::LOSSES
    }

    fn properties(&self) -> Properties {
        Properties::CONVEX
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        let losses = inputs.nonnegative_losses(self.name())?;
        let average = self.average.get_or_insert_with(|| exact::Floats(losses.to_vec()));
        same_tasks("laggards", "past steps", average.0.len(), losses.len())?;
        for (average, loss) in average.0.iter_mut().zip(losses) {
            *average = self.keep * *average + (1.0 - self.keep) * loss;
        }
        let shifted: Vec<f64> = average.0.iter().map(|x| x + 1e-12).collect();
        let sum: f64 = shifted.iter().sum();
        Ok(shifted.iter().map(|x| x / sum).collect())
    }

    fn state(&self) -> Value {
        exact::save(&self.average)
    }

    fn restore(&mut self, state: &Value) -> Result<()> {
        self.average = exact::load(self.name(), state)?;
        Ok(())
    }
}

/// Another type that gives itself a name that is taken.
#[derive(Clone, Serialize, Deserialize)]
struct Named(String);

impl Weighting for Named {
    fn name(&self) -> &'static str {
        match self.0.as_str() {
            "laggards" => "laggards",
            "pcgrad" => "pcgrad",
            _ => "My Own",
        }
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING
    }

    fn properties(&self) -> Properties {
        Properties::NOTHING
    }

    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
        Ok(vec![1.0; inputs.tasks()])
    }
}

#[test]
fn a_users_own_weighting_passes_the_public_suite() {
    let report = check(|| Box::new(Laggards::default())).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(report.weighting, "laggards");
    assert!(report.checked.contains(&"a saved state goes on bit for bit"));
}

#[test]
fn a_weighting_by_value_is_made_again_from_its_name_and_options() {
    let (name, options) = declare(&Laggards { keep: 0.25, average: None }).unwrap();
    assert_eq!((name, &options), ("laggards", &json!({ "keep": 0.25 })));
    assert!(known().iter().any(|method| method.name == "laggards"));
    assert!(all().all(|method| method.name != "laggards"));
    let mut made = by_name("Laggards", &options).unwrap();
    let mut weights = |losses: &[f64]| {
        let inputs = StepInputs { step: 0, progress: 0.0, losses, gramian: None };
        made.weights(&inputs).unwrap()
    };
    weights(&[1.0, 1.0]);
    // ¼ · 1 + ¾ · 5 = 4 against 1.
    assert!((weights(&[1.0, 5.0])[1] - 0.8).abs() < 1e-11);
}

#[test]
fn options_of_a_users_own_are_checked_and_defaults_filled_in() {
    declare(&Laggards::default()).unwrap();
    assert!(by_name("laggards", &Value::Null).is_ok());
    let Err(error) = by_name("laggards", &json!({ "kept": 1.0 })) else { panic!("taken") };
    assert!(matches!(error, WeightingError::Options { .. }), "{error}");
    assert!(error.to_string().contains("kept"), "{error}");
}

#[test]
fn a_name_that_is_taken_or_malformed_is_refused_and_registering_twice_is_not() {
    declare(&Laggards::default()).unwrap();
    register(&Laggards::default(), "Laggards; this test").unwrap();
    for taken in ["laggards", "pcgrad"] {
        let error = declare(&Named(taken.into())).unwrap_err();
        assert!(matches!(error, WeightingError::NameTaken { .. }), "{error}");
        assert!(error.to_string().contains(taken), "{error}");
    }
    let error = declare(&Named(String::new())).unwrap_err().to_string();
    assert!(error.contains("`my-own`"), "{error}");
}
