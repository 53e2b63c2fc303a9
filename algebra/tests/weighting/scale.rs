//! Weightings at the edges of scale: short, zero, nearly opposite and dependent gradients, and a Gramian in float32.
//!
//! `fixtures/scale.json` holds gradients with the right weights (solutions in 60 digits), or torchjd's results in
//! float32.

use serde_json::{Value, json};
use taskgraft_algebra::weighting::{Gramian, StepInputs, by_name};

use crate::weighting_support::*;

fn cases() -> Vec<Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/scale.json");
    let read: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    read["cases"].as_array().unwrap().clone()
}

fn of_gramian(name: &str, options: &Value, gramian: &Gramian) -> Vec<f64> {
    let losses = vec![1.0; gramian.tasks()];
    let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(gramian) };
    by_name(name, options).unwrap().weights(&inputs).unwrap()
}

fn weights(name: &str, options: &Value, rows: &Rows) -> Vec<f64> {
    of_gramian(name, options, &Gramian::from_gradients(rows).unwrap())
}

fn numbers<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn weights_at_the_edges_of_scale_are_the_right_ones() {
    let mut compared = 0;
    for case in cases().iter().filter(|case| case["right_weights"].is_array()) {
        let (rows, right): (Rows, Vec<f64>) =
            (numbers(&case["J"]), numbers(&case["right_weights"]));
        let found = weights(case["method"].as_str().unwrap(), &case["options"], &rows);
        for (found, right) in found.iter().zip(&right) {
            assert!(
                (found - right).abs() <= 1e-8 * right.abs(),
                "{}: {found} {right}",
                case["fault"]
            );
        }
        compared += 1;
    }
    assert_eq!(compared, 5);
}

/// |d − g₀| ≤ c |g₀|, whatever the gradients: with c < 1 no task at rest, short or opposed can stop all others.
#[test]
fn cagrad_stays_within_its_ball() {
    let file = cases().into_iter().filter(|case| case["method"] == "cagrad");
    let mut sets: Vec<Rows> = file.map(|case| numbers(&case["J"])).collect();
    // Opposed tasks of which the mean serves neither ill, and a third that every direction in the ball must not harm.
    sets.push(vec![vec![1.0, 0.0], vec![-1.0, 0.0], vec![0.0, 1.0]]);
    sets.push(vec![vec![1.0, 0.0], vec![-1.0, 0.0], vec![0.4, 1.0]]);
    sets.push(vec![vec![1.0, 2.0], vec![0.0, 0.0], vec![-3.0, 1e-9], vec![0.0, 0.0]]);
    for key in 0..200 {
        let mut rows = gradients(key, 2 + (key % 6) as usize, 3);
        let sizes = noise(key + 91, rows.len());
        for (row, size) in rows.iter_mut().zip(sizes) {
            let size = if size < -0.7 { 0.0 } else { 10_f64.powf(8.0 * size) };
            row.iter_mut().for_each(|x| *x *= size);
        }
        sets.push(rows);
    }
    for rows in sets {
        let share = 1.0 / rows.len() as f64;
        let mean = combine(&rows, &vec![share; rows.len()]);
        for c in [0.2, 0.4, 0.9] {
            let found = weights("cagrad", &json!({ "c": c }), &rows);
            let beyond: Vec<f64> = found.iter().map(|w| w - share).collect();
            let distance = norm(&combine(&rows, &beyond));
            assert!(distance <= (c + 1e-6) * norm(&mean), "{rows:?}: {found:?}");
        }
    }
}

/// Where the gradients of the ball's best direction cancel, the best that any direction can do for the worst task is
/// nothing, and the mean would do worse.
#[test]
fn cagrad_harms_no_task_where_gradients_cancel_within_the_ball() {
    let rows = vec![vec![1.0, 0.0], vec![-1.0, 0.0], vec![0.1, 1.0]];
    let found = weights("cagrad", &Value::Null, &rows);
    assert!(least_product(&rows, &found) > -1e-12, "{found:?}");
    assert!(norm(&combine(&rows, &found)) > 0.3, "{found:?}");
}

#[test]
fn imtl_g_projects_equally_onto_gradients_of_any_norms() {
    for key in 1..60 {
        let mut rows = gradients(key, 2 + (key % 4) as usize, 8);
        let sizes = noise(key + 17, rows.len());
        for (row, size) in rows.iter_mut().zip(sizes) {
            row.iter_mut().for_each(|x| *x *= 10_f64.powf(9.0 * size));
        }
        let found = weights("imtl-g", &Value::Null, &rows);
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let direction = combine(&rows, &found);
        let onto: Vec<f64> = rows.iter().map(|row| dot(row, &direction) / norm(row)).collect();
        let sizes: f64 = rows.iter().zip(&found).map(|(row, w)| w.abs() * norm(row)).sum();
        let apart = onto.iter().map(|p| (p - onto[0]).abs()).fold(0.0, f64::max);
        assert!(apart <= 1e-7 * sizes, "{key}: {onto:?}");
    }
}

#[test]
fn nearly_opposite_gradients_leave_imtl_g_between_them() {
    for gap in [1e-3, 1e-6, 1e-9, 0.0] {
        for turn in [0.0, 1e-4, 1e-8] {
            let rows = vec![vec![1.0, 0.0], vec![-1.0 - gap, turn]];
            let found = weights("imtl-g", &Value::Null, &rows);
            assert!(found.iter().all(|w| (w - 0.5).abs() < 1e-3), "{gap} {turn}: {found:?}");
        }
    }
}

/// For tasks a, b and a + b: rounding in float32 makes of a zero eigenvalue one of 1e-8, which must not rule the step.
#[test]
fn dependent_gradients_are_weighed_from_a_float32_gramian_as_from_an_exact_one() {
    let case = cases().into_iter().find(|case| case["G_float32"].is_array()).unwrap();
    let rows: Rows = numbers(&case["J"]);
    let rounded: Rows = numbers(&case["G_float32"]);
    let gramians = [Gramian::from_rows(&rounded).unwrap(), Gramian::from_gradients(&rows).unwrap()];
    for method in numbers::<Vec<String>>(&case["methods"]) {
        let right: Vec<f64> = numbers(&case["torchjd_float32"][&method]);
        for gramian in &gramians {
            let found = combine(&rows, &of_gramian(&method, &Value::Null, gramian));
            let difference = difference(&found, &right);
            assert!(difference < 1e-4, "{method}: {difference:e}");
        }
    }
}
