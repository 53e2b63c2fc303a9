//! Weightings against reference values made by torchjd 0.18 in float64 (PCGrad by its definition).
//!
//! The values are combined gradients Σ wᵢ gᵢ. The references of MGDA (Frank-Wolfe steps) and Nash-MTL (convex-concave
//! steps) are not always at the point that defines the method; where a value differs from ours, both are held against
//! the definition, and a reference that misses it is counted as such. Further cases of the same shape are run where
//! the environment variable `GOLDEN_DIR` names a folder that holds `numerics/gradient_aggregation.json`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use taskgraft_algebra::weighting::{Gramian, StepInputs, by_name};

/// Reference entry, method, options, and the tolerance relative to the result's norm: closed forms 1e-6, results of
/// iterative solvers 1e-3. The references of UPGrad and DualProj regularise by 1e-4.
fn entries() -> Vec<(&'static str, &'static str, Value, f64)> {
    let regularised = json!({ "regularisation": 1e-4 });
    vec![
        ("pcgrad_in_index_order_sum", "pcgrad", json!({ "order": "index" }), 1e-6),
        ("mgda_mean", "mgda", Value::Null, 1e-3),
        ("cagrad_c0.4", "cagrad", json!({ "c": 0.4 }), 1e-3),
        ("imtl_g", "imtl-g", Value::Null, 1e-6),
        ("nash_mtl", "nash-mtl", Value::Null, 1e-3),
        ("aligned_mtl_min", "aligned-mtl", Value::Null, 1e-6),
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

fn read(file: &Path) -> Golden {
    let text =
        std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn vector(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

/// How far a combined gradient is from the point that defines the method; none for methods whose reference is not in
/// doubt.
fn distance_from_definition(entry: &str, rows: &[Vec<f64>], combined: &[f64]) -> Option<f64> {
    let with = |d: &[f64]| -> Vec<f64> {
        rows.iter().map(|row| row.iter().zip(d).map(|(g, x)| g * x).sum()).collect()
    };
    let products = with(combined);
    match entry {
        // The least norm: no gradient's product with it is below its square.
        "mgda_mean" => {
            let squared: f64 = combined.iter().map(|x| x * x).sum();
            let least = products.iter().copied().fold(f64::INFINITY, f64::min);
            Some((squared - least) / squared)
        }
        // The combination with weights 1 / ⟨gᵢ, d⟩ > 0 is d again, up to its length.
        "nash_mtl" if products.iter().any(|p| *p <= 0.0) => Some(f64::INFINITY),
        "nash_mtl" => {
            let again: Vec<f64> = (0..combined.len())
                .map(|k| rows.iter().zip(&products).map(|(row, p)| row[k] / p).sum())
                .collect();
            let ratios = with(&again).into_iter().zip(&products).map(|(a, p)| a / p);
            let mean = ratios.clone().sum::<f64>() / products.len() as f64;
            Some(ratios.map(|ratio| (ratio / mean - 1.0).abs()).fold(0.0, f64::max))
        }
        _ => None,
    }
}

/// Runs the cases of a file; gives what failed, and what the reference itself missed.
fn run(file: &Path) -> (Vec<String>, Vec<String>) {
    let (mut failures, mut missed) = (Vec::new(), Vec::new());
    let golden = read(file);
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
            println!("{entry:26} {:13} {:2} tasks: {error:.1e}", case["kind"], rows.len());
            if error <= tolerance {
                continue;
            }
            let of = |d: &[f64]| distance_from_definition(entry, &rows, d);
            let line = format!("case {number}, {entry}: relative error {error:.1e}");
            match (of(&combined), of(&expected)) {
                (Some(ours), Some(reference)) if ours < 1e-7 && reference > 1e-3 => {
                    missed.push(format!("{line}; the reference misses by {reference:.1e}"));
                }
                _ => failures.push(line),
            }
        }
    }
    (failures, missed)
}

#[test]
fn combined_gradients_agree_with_the_reference() {
    for (number, file) in files().iter().enumerate() {
        let (failures, missed) = run(file);
        missed.iter().for_each(|line| println!("{}: {line}", file.display()));
        assert!(failures.is_empty(), "{}: too far off:\n{}", file.display(), failures.join("\n"));
        // Known of our own cases: MGDA in the last, Nash-MTL in the fourth (left at its start) and the last.
        assert!(number > 0 || missed.len() == 3, "{missed:?}");
    }
}

#[test]
fn gramians_and_cosines_agree_with_the_reference() {
    for file in files() {
        let golden = read(&file);
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
