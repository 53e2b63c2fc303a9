//! Weightings against reference values made by torchjd 0.18 in float64 (PCGrad by its definition).
//!
//! The values are combined gradients Σ wᵢ gᵢ. Further cases of the same shape are run where the environment variable
//! `GOLDEN_DIR` names a folder that holds `numerics/gradient_aggregation.json`.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use taskgraft_algebra::weighting::{Gramian, StepInputs, by_name};

/// Reference entry, method, options, and the tolerance relative to the result's norm: closed forms 1e-6, results of
/// iterative solvers 1e-3. The references of UPGrad and DualProj regularise by 1e-4, that of Aligned-MTL drops components
/// at float32 rounding.
fn entries() -> Vec<(&'static str, &'static str, Value, f64)> {
    let regularised = json!({ "regularisation": 1e-4 });
    vec![
        ("pcgrad_in_index_order_sum", "pcgrad", json!({ "order": "index" }), 1e-6),
        ("mgda_mean", "mgda", Value::Null, 1e-3),
        ("cagrad_c0.4", "cagrad", json!({ "c": 0.4 }), 1e-3),
        ("imtl_g", "imtl-g", Value::Null, 1e-6),
        ("nash_mtl", "nash-mtl", Value::Null, 1e-3),
        ("aligned_mtl_min", "aligned-mtl", json!({ "tolerance": 1.2e-7 }), 1e-6),
        ("upgrad", "upgrad", regularised.clone(), 1e-6),
        ("dualproj", "dualproj", regularised, 1e-6),
        ("config", "config", Value::Null, 1e-6),
    ]
}

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Value>,
}

fn files() -> Vec<PathBuf> {
    let own = "tests/fixtures/gradient_aggregation.json";
    let mut files = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(own)];
    if let Some(folder) = std::env::var_os("GOLDEN_DIR") {
        files.push(PathBuf::from(folder).join("numerics/gradient_aggregation.json"));
    }
    files
}

fn vector(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn combined_gradients_agree_with_the_reference() {
    let mut failures = Vec::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let golden: Golden = serde_json::from_str(&text).unwrap();
        assert!(!golden.cases.is_empty());
        for (number, case) in golden.cases.iter().enumerate() {
            let rows: Vec<Vec<f64>> = serde_json::from_value(case["J"].clone()).unwrap();
            let gramian = Gramian::from_gradients(&rows).unwrap();
            let losses = vec![1.0; rows.len()];
            for (entry, method, options, tolerance) in entries() {
                if case[entry].is_null() {
                    continue;
                }
                let expected = vector(&case[entry]);
                let inputs =
                    StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
                let weights = by_name(method, &options).unwrap().weights(&inputs).unwrap();
                let combined: Vec<f64> = (0..expected.len())
                    .map(|k| rows.iter().zip(&weights).map(|(row, w)| row[k] * w).sum())
                    .collect();
                let norm = distance(&expected, &vec![0.0; expected.len()]);
                let error = distance(&combined, &expected) / norm.max(1e-12);
                println!("{entry:26} {:12} {:2} tasks: {error:.1e}", case["kind"], rows.len());
                if error.is_nan() || error > tolerance {
                    failures.push(format!("{}: case {number}, {entry}: {error:e}", file.display()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "relative errors too large:\n{}", failures.join("\n"));
}

#[test]
fn gramians_and_cosines_agree_with_the_reference() {
    for file in files() {
        let golden: Golden =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for case in &golden.cases {
            let rows: Vec<Vec<f64>> = serde_json::from_value(case["J"].clone()).unwrap();
            let gramian = Gramian::from_gradients(&rows).unwrap();
            let expected: Vec<Vec<f64>> = serde_json::from_value(case["gram"].clone()).unwrap();
            let cosines: Vec<Vec<f64>> = serde_json::from_value(case["cosine"].clone()).unwrap();
            for i in 0..rows.len() {
                for j in 0..rows.len() {
                    let norms = expected[i][i].sqrt() * expected[j][j].sqrt();
                    assert!((gramian.inner(i, j) - expected[i][j]).abs() <= 1e-12 * norms);
                    assert!((gramian.cosine(i, j) - cosines[i][j]).abs() <= 1e-12);
                }
            }
        }
    }
}
