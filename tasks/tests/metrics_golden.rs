//! Metrics against values of scikit-learn and scipy.
//!
//! The cases are read from `$GOLDEN_DIR/numerics/metrics.json` where that variable is set, else from the copy under
//! `tests/fixtures`. Any case with labels and predictions is taken, whatever its name; a null value means that the
//! metric does not apply to the case.

use std::{env, fs, path::PathBuf};

use serde_json::Value;
use taskgraft_tasks::{
    Target, TargetKind,
    metrics::{Metric, pearson::pearson, spearman::spearman},
};

fn golden() -> Value {
    let fixtures = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let root = env::var_os("GOLDEN_DIR").map_or_else(fixtures, PathBuf::from);
    let path = root.join("numerics/metrics.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The cases that have all of the keys, with their names.
fn cases<'a>(golden: &'a Value, keys: &[&str]) -> Vec<(&'a str, &'a Value)> {
    let all = golden.as_object().unwrap().iter();
    all.filter(|(_, case)| keys.iter().all(|key| case.get(key).is_some()))
        .map(|(k, v)| (k.as_str(), v))
        .collect()
}

fn numbers(case: &Value, key: &str) -> Vec<f64> {
    case[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn assert_close(case: &str, metric: &str, got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{case}: {metric} is {got}, expected {want}");
}

#[test]
fn class_metrics_agree_with_scikit_learn() {
    let golden = golden();
    let cases = cases(&golden, &["labels", "predictions", "matthews"]);
    assert!(!cases.is_empty(), "no classification case found");
    let metrics = [
        ("accuracy", Metric::Accuracy),
        ("f1_positive_class_1", Metric::F1),
        ("f1_macro", Metric::MacroF1),
        ("f1_micro", Metric::Accuracy), // the same number where every example has one label
        ("matthews", Metric::Matthews),
    ];
    for (name, case) in cases {
        let targets =
            |key| numbers(case, key).iter().map(|c| Target::Class(*c as usize)).collect::<Vec<_>>();
        let (predictions, gold) = (targets("predictions"), targets("labels"));
        let highest = numbers(case, "predictions")
            .into_iter()
            .chain(numbers(case, "labels"))
            .fold(1.0, f64::max);
        let labels = (0..=highest as usize).map(|label| label.to_string()).collect();
        let kind = TargetKind::Class { labels };
        for (key, metric) in metrics {
            if let Some(want) = case.get(key).and_then(Value::as_f64) {
                assert_close(
                    name,
                    key,
                    metric.compute(&kind, &predictions, &gold).unwrap(),
                    want,
                    1e-12,
                );
            }
        }
    }
}

#[test]
fn correlations_agree_with_scipy() {
    let golden = golden();
    let cases = cases(&golden, &["labels", "predictions", "pearson"]);
    assert!(!cases.is_empty(), "no regression case found");
    let kind = TargetKind::Score { min: 0.0, max: 5.0 };
    for (name, case) in cases {
        let (p, g) = (numbers(case, "predictions"), numbers(case, "labels"));
        let targets = |x: &[f64]| x.iter().map(|x| Target::Score(*x)).collect::<Vec<_>>();
        let (pt, gt) = (targets(&p), targets(&g));
        // A null is scipy's NaN for a constant side, which is 0 here.
        let want = |key: &str| case[key].as_f64().unwrap_or(0.0);
        assert_close(name, "pearson", pearson(&p, &g), want("pearson"), 1e-12);
        assert_close(name, "spearman", spearman(&p, &g), want("spearman"), 1e-12);
        // Targets are single precision, so the same numbers rounded.
        assert_close(
            name,
            "pearson",
            Metric::Pearson.compute(&kind, &pt, &gt).unwrap(),
            want("pearson"),
            1e-6,
        );
        assert_close(
            name,
            "spearman",
            Metric::Spearman.compute(&kind, &pt, &gt).unwrap(),
            want("spearman"),
            1e-6,
        );
    }
}
