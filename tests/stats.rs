//! The significance tests against scipy's values (`numerics/metrics.json`, key `significance`).
//!
//! `GOLDEN_DIR` names another folder of golden values; without it the project's own copy is read.

use serde_json::Value;
use std::path::PathBuf;
use taskgraft::stats::{mann_whitney_exact, paired_t, welch_t, wilcoxon_exact};

fn significance() -> Value {
    let golden = std::env::var_os("GOLDEN_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")),
        PathBuf::from,
    );
    let path = golden.join("numerics/metrics.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str::<Value>(&text).unwrap()["significance"].clone()
}

fn values(case: &Value, key: &str) -> Vec<f64> {
    let list = case[key].as_array().unwrap();
    list.iter().map(|v| v.as_f64().unwrap()).collect()
}

fn assert_close(got: f64, case: &Value, key: &str) {
    let want = case[key].as_f64().unwrap();
    let error = (got - want).abs() / want.abs().max(1e-300);
    assert!(error < 1e-8, "{key}: got {got}, scipy {want}");
}

#[test]
fn the_significance_tests_agree_with_scipy() {
    let case = significance();
    let (a, b) = (values(&case, "a"), values(&case, "b"));
    let welch = welch_t(&a, &b).unwrap();
    assert_close(welch.t, &case, "welch_t");
    assert_close(welch.p, &case, "welch_p_two_sided");
    assert_close(paired_t(&a, &b).unwrap().p, &case, "paired_t_p");
    let mann_whitney = mann_whitney_exact(&a, &b).unwrap();
    assert_close(mann_whitney.statistic, &case, "mannwhitney_u_for_a");
    assert_close(mann_whitney.p, &case, "mannwhitney_p_exact_two_sided");
    assert_close(wilcoxon_exact(&a, &b).unwrap().p, &case, "wilcoxon_p_exact");
}
