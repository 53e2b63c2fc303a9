//! Similarity indices against reference values in float64.
//!
//! The cases are read from `$GOLDEN_DIR/numerics/similarity.json` where that variable is set, else from
//! the copy under `tests/fixtures`. An index whose value a case does not give is skipped for that case.

use std::{env, fs, path::PathBuf};

use serde_json::Value;
use taskgraft_algebra::similarity::{Index, Representations};

fn cases() -> Vec<Value> {
    let path = match env::var_os("GOLDEN_DIR") {
        Some(golden) => PathBuf::from(golden).join("numerics/similarity.json"),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/similarity.json"),
    };
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let golden: Value = serde_json::from_str(&text).unwrap();
    golden["cases"].as_array().unwrap().clone()
}

fn side(case: &Value, key: &str) -> Representations {
    let numbers = |row: &Value| -> Vec<f64> {
        row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let rows: Vec<Vec<f64>> = case[key].as_array().unwrap().iter().map(numbers).collect();
    Representations::from_rows(&rows).unwrap()
}

#[test]
fn every_index_agrees_with_its_reference_values() {
    let indices = [
        ("linear_cka", Index::LinearCka),
        ("unbiased_linear_cka", Index::UnbiasedLinearCka),
        ("rbf_cka_half_median", Index::RbfCka { bandwidth: 0.5 }),
        ("mean_cca", Index::MeanCca),
        ("svcca_99", Index::Svcca { variance: 0.99 }),
        ("pwcca_weighted_by_X", Index::Pwcca),
    ];
    let cases = cases();
    for (key, index) in indices {
        let given = cases.iter().enumerate().filter(|(_, case)| case[key].is_number());
        let errors = given.map(|(at, case)| {
            let want = case[key].as_f64().unwrap();
            let got = index.compute(&side(case, "X"), &side(case, "Y")).unwrap();
            assert!((got - want).abs() <= 1e-9, "case {at}: {index} is {got}, expected {want}");
            (got - want).abs()
        });
        let largest = errors.reduce(f64::max).unwrap_or_else(|| panic!("no case gives {key}"));
        println!("{index}: largest error {largest:.1e}");
    }
}
