//! Preference vectors, MoDo, CR-MOGM, COSMOS and PBI against values made by torchjd 0.18 in float64.
//!
//! `benches/pytorch/preferences.py` makes `fixtures/preferences.json` anew. torchjd's UPGrad and DualProj regularise by
//! 1e-4 times the trace; its SDMGrad takes a rate, where ours divides inner products alike.

use serde_json::{Value, json};
use taskgraft_algebra::weighting::{Gramian, StepInputs, Weighting, by_name};

use crate::weighting_support::*;

fn cases() -> Vec<Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/preferences.json");
    let read: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    read["cases"].as_array().unwrap().clone()
}

fn numbers<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn step(method: &mut dyn Weighting, step: u64, rows: &Rows, losses: &[f64]) -> Vec<f64> {
    let gramian = Gramian::from_gradients(rows).unwrap();
    let inputs = StepInputs { step, progress: 0.0, losses, gramian: Some(&gramian) };
    method.weights(&inputs).unwrap()
}

fn assert_close(what: &str, found: &[f64], right: &[f64], tolerance: f64) {
    let difference = difference(found, right);
    assert!(difference <= tolerance, "{what}: {found:?}, expected {right:?}: {difference:e}");
}

#[test]
fn directions_with_a_preference_agree_with_torchjd() {
    for case in cases() {
        let (rows, losses): (Rows, Vec<f64>) = (numbers(&case["J"]), numbers(&case["losses"]));
        for (name, right) in case["combined"].as_object().unwrap() {
            let mut options = json!({ "preference": case["preference"] });
            if name == "upgrad" || name == "dualproj" {
                options["regularisation"] = json!(1e-4);
            }
            let mut method = by_name(name, &options).unwrap();
            let found = combine(&rows, &step(method.as_mut(), 0, &rows, &losses));
            assert_close(name, &found, &numbers::<Vec<f64>>(right), 1e-6);
        }
    }
}

#[test]
fn weights_over_steps_agree_with_torchjd() {
    for case in cases() {
        let (rows, losses): (Rows, Vec<f64>) = (numbers(&case["J"]), numbers(&case["losses"]));
        let same = vec![rows.clone(); 3];
        let steps: Vec<Rows> = numbers(&case["steps"]);
        let sdmgrad =
            json!({ "learning_rate": 0.02, "lambda": 0.3, "preference": case["preference"] });
        let inside = json!({ "regularisation": 1e-4 });
        for (name, options, rows) in [
            ("sdmgrad", sdmgrad, &same),
            ("modo", json!({ "gamma": 0.05, "rho": 0.1 }), &same),
            ("cr-mogm", json!({ "method": "upgrad", "options": inside, "alpha": 0.6 }), &steps),
        ] {
            let mut method = by_name(name, &options).unwrap();
            let right: Rows = numbers(&case[name]);
            for (at, (rows, right)) in rows.iter().zip(&right).enumerate() {
                let found = step(method.as_mut(), at as u64, rows, &losses);
                assert_close(&format!("{name}, step {at}"), &found, right, 1e-6);
            }
        }
    }
}

#[test]
fn scalarisers_have_the_derivatives_that_autograd_finds() {
    for case in cases() {
        let (rows, losses): (Rows, Vec<f64>) = (numbers(&case["J"]), numbers(&case["losses"]));
        let preference = &case["preference"];
        let least = vec![0.1; losses.len()];
        for (name, options) in [
            ("cosmos", json!({ "lambda": 2.0, "preference": preference })),
            ("pbi", json!({ "theta": 1.5, "preference": preference, "least_losses": least })),
        ] {
            let mut method = by_name(name, &options).unwrap();
            let found = step(method.as_mut(), 0, &rows, &losses);
            assert_close(name, &found, &numbers::<Vec<f64>>(&case[name]), 1e-6);
        }
    }
}

/// IMTL is IMTL-G on gradients scaled by IMTL-L: both are held to their own values elsewhere.
#[test]
fn imtl_is_its_gradient_balance_on_scaled_losses() {
    let (mut whole, mut of_losses) =
        (by_name("imtl", &Value::Null).unwrap(), by_name("imtl-l", &Value::Null).unwrap());
    for key in 0..5 {
        let (rows, losses) = (gradients(key, 4, 9), losses(key, 4));
        let scales = step(of_losses.as_mut(), key, &rows, &losses);
        let scaled: Rows = rows
            .iter()
            .zip(&scales)
            .map(|(row, scale)| row.iter().map(|x| x * scale).collect())
            .collect();
        let balance =
            step(by_name("imtl-g", &Value::Null).unwrap().as_mut(), key, &scaled, &losses);
        let right = combine(&scaled, &balance);
        let found = combine(&rows, &step(whole.as_mut(), key, &rows, &losses));
        assert_close("imtl", &found, &right, 1e-12);
    }
}
