//! Weightings against answers known in closed form, and small problems against their optimality conditions.

use proptest::prelude::*;
use serde_json::{Value, json};
use taskgraft_algebra::weighting::{
    Gramian, StepInputs, by_name,
    solvers::{min_norm_weights, project_above},
};

use crate::weighting_support::*;

fn weights(name: &str, options: &Value, rows: &Rows) -> Vec<f64> {
    let gramian = Gramian::from_gradients(rows).unwrap();
    let losses = vec![1.0; rows.len()];
    let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
    by_name(name, options).unwrap().weights(&inputs).unwrap()
}

fn assert_close(name: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    let difference = difference(found, expected);
    assert!(difference <= tolerance, "{name}: {found:?}, expected {expected:?}: {difference:e}");
}

/// Pairs of gradients that conflict, agree, or dominate each other.
fn pairs() -> Vec<Rows> {
    let mut pairs: Vec<Rows> = (1..30).map(|key| gradients(key, 2, 3)).collect();
    pairs.push(vec![vec![1.0, 0.1], vec![-30.0, 4.0]]);
    pairs.push(vec![vec![1.0, 0.0], vec![5.0, 0.3]]);
    pairs.push(vec![vec![1e-3, 1e-4], vec![-2.0, 7.0]]);
    pairs
}

#[test]
fn two_tasks_have_the_weights_of_the_formula() {
    for rows in pairs() {
        let g = Gramian::from_gradients(&rows).unwrap();
        let (a, b, ab) = (g.inner(0, 0), g.inner(1, 1), g.inner(0, 1));
        let cosine = g.cosine(0, 1);
        let conflict = ab < 0.0;

        let first = ((b - ab) / (a + b - 2.0 * ab)).clamp(0.0, 1.0);
        assert_close("mgda", &weights("mgda", &Value::Null, &rows), &[first, 1.0 - first], 1e-10);

        // Both lose the component along the other: the weights gain what the other's projection took.
        let projected = if conflict { [1.0 - ab / a, 1.0 - ab / b] } else { [1.0, 1.0] };
        assert_close("pcgrad", &weights("pcgrad", &Value::Null, &rows), &projected, 1e-12);
        assert_close("gradvac", &weights("gradvac", &Value::Null, &rows), &projected, 1e-8);
        let halved = projected.map(|w| w / 2.0);
        assert_close("upgrad", &weights("upgrad", &Value::Null, &rows), &halved, 1e-10);

        // The mean is changed only if one of the two is at odds with it.
        let mean = if a + ab < 0.0 {
            [-ab / a / 2.0, 0.5]
        } else if b + ab < 0.0 {
            [0.5, -ab / b / 2.0]
        } else {
            [0.5, 0.5]
        };
        assert_close("dualproj", &weights("dualproj", &Value::Null, &rows), &mean, 1e-10);

        // The direction halves the angle: unit gradients in equal parts.
        let (na, nb) = (a.sqrt(), b.sqrt());
        let impartial = [nb / (na + nb), na / (na + nb)];
        assert_close("imtl-g", &weights("imtl-g", &Value::Null, &rows), &impartial, 1e-8);
        let bargain = [1.0 / na, 1.0 / nb].map(|w| w / (1.0 + cosine).sqrt());
        let unlimited = json!({ "max_norm": 0.0 });
        assert_close("nash-mtl", &weights("nash-mtl", &unlimited, &rows), &bargain, 1e-8);
        let alpha_one = json!({ "alpha": 1.0 });
        assert_close("fairgrad", &weights("fairgrad", &alpha_one, &rows), &bargain, 1e-8);
        let bisector = (2.0 * (1.0 + cosine)).sqrt();
        let along = (1.0 + cosine) / bisector * (na + nb) / bisector;
        let config = [along / na, along / nb];
        assert_close("config", &weights("config", &Value::Null, &rows), &config, 1e-8);
    }
}

/// CAGrad's dual for two tasks is a function of one number: no other number is better.
#[test]
fn cagrad_of_two_tasks_is_the_best_on_a_fine_scan() {
    for rows in pairs() {
        for c in [0.2, 0.4, 0.9] {
            let g = Gramian::from_gradients(&rows).unwrap();
            let radius = c * g.norm_of(&[0.5, 0.5]);
            let found = weights("cagrad", &json!({ "c": c }), &rows);
            let scale: f64 = found.iter().map(|w| w - 0.5).sum();
            let inner: Vec<f64> = found.iter().map(|w| (w - 0.5) / scale).collect();
            let objective = |w: f64| {
                let products = g.products_with(&[0.5, 0.5]);
                w * products[0] + (1.0 - w) * products[1] + radius * g.norm_of(&[w, 1.0 - w])
            };
            let best = (0..=20_000)
                .map(|i| objective(f64::from(i) / 20_000.0))
                .fold(f64::INFINITY, f64::min);
            assert!((inner[0] + inner[1] - 1.0).abs() < 1e-12);
            assert!(objective(inner[0]) <= best + 1e-12 * best.abs(), "{rows:?}");
            // The direction lies on the ball around the mean.
            let from_mean: Vec<f64> = found.iter().map(|w| w - 0.5).collect();
            assert!((g.norm_of(&from_mean) / radius - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn cagrad_of_two_gradients_of_one_norm_lengthens_their_mean() {
    let rows = vec![vec![2.0, 1.0], vec![-1.0, 2.0]];
    let expected = [0.7, 0.7];
    assert_close("cagrad", &weights("cagrad", &Value::Null, &rows), &expected, 1e-12);
    let rescaled = weights("cagrad", &json!({ "c": 0.4, "rescale": true }), &rows);
    assert_close("cagrad", &rescaled, &[0.7 / 1.16; 2], 1e-12);
    let none = weights("cagrad", &json!({ "c": 0.0 }), &rows);
    assert_close("cagrad", &none, &[0.5; 2], 0.0);
}

#[test]
fn orthogonal_gradients_have_the_weights_of_the_formula() {
    let norms = [0.5, 2.0, 10.0];
    let rows: Rows = norms
        .iter()
        .enumerate()
        .map(|(i, n)| (0..4).map(|k| if k == i { *n } else { 0.0 }).collect())
        .collect();
    let of = |f: fn(f64) -> f64| norms.map(f);
    let normalised = |v: [f64; 3]| v.map(|x| x / v.iter().sum::<f64>());
    let null = Value::Null;
    let unlimited = json!({ "max_norm": 0.0 });
    assert_close("mgda", &weights("mgda", &null, &rows), &normalised(of(|n| n.powi(-2))), 1e-12);
    assert_close("imtl-g", &weights("imtl-g", &null, &rows), &normalised(of(|n| 1.0 / n)), 1e-12);
    assert_close("nash-mtl", &weights("nash-mtl", &unlimited, &rows), &of(|n| 1.0 / n), 1e-10);
    let fair = of(|n| n.powf(-4.0 / 3.0));
    assert_close("fairgrad", &weights("fairgrad", &null, &rows), &fair, 1e-10);
    let aligned = |scale: &str, sigma: f64| {
        let found = weights("aligned-mtl", &json!({ "scale": scale }), &rows);
        assert_close("aligned-mtl", &found, &norms.map(|n| sigma / n / 3.0), 1e-12);
    };
    aligned("min", 0.5);
    aligned("median", 2.0);
    aligned("rmse", (104.25_f64 / 3.0).sqrt());
    for (name, weight) in
        [("pcgrad", 1.0), ("gradvac", 1.0), ("upgrad", 1.0 / 3.0), ("dualproj", 1.0 / 3.0)]
    {
        assert_close(name, &weights(name, &null, &rows), &[weight; 3], 1e-12);
    }
    // Direction (1, 1, 1)/√3, length the sum of norms over √3.
    assert_close("config", &weights("config", &null, &rows), &of(|n| 12.5 / 3.0 / n), 1e-12);
    assert_close("db-mtl", &weights("db-mtl", &null, &rows), &of(|n| 10.0 / n), 1e-12);
}

#[test]
fn nash_mtl_is_shortened_to_its_largest_norm_and_no_further() {
    let rows = gradients(3, 3, 7);
    let gramian = Gramian::from_gradients(&rows).unwrap();
    let norm =
        |limit: f64| gramian.norm_of(&weights("nash-mtl", &json!({ "max_norm": limit }), &rows));
    assert!((norm(0.0) - 3.0_f64.sqrt()).abs() < 1e-9);
    assert!((norm(10.0) - 3.0_f64.sqrt()).abs() < 1e-9);
    assert!((norm(1.0) - 1.0).abs() < 1e-12);
}

#[test]
fn mgda_normalised_by_norms_does_not_see_the_scale_of_a_task() {
    let option = json!({ "normalisation": "norm" });
    let (rows, mut scaled) = (gradients(4, 3, 7), gradients(4, 3, 7));
    scaled[1].iter_mut().for_each(|x| *x *= 100.0);
    let (plain, changed) = (weights("mgda", &option, &rows), weights("mgda", &option, &scaled));
    assert_close("mgda", &combine(&rows, &plain), &combine(&scaled, &changed), 1e-9);
}

/// Gradients of up to sixteen tasks: independent, dependent, or repeated, of norms up to six orders of magnitude apart.
fn hard_gradients() -> impl Strategy<Value = Rows> {
    (1_usize..17, 1_usize..20, 0_u64..1_000_000, any::<bool>()).prop_map(
        |(tasks, dim, key, repeat)| {
            let mut rows: Rows = (0..tasks as u64)
                .map(|task| {
                    let size = 10_f64.powf(3.0 * noise(key * 64 + task + 7_000_000_000, 1)[0]);
                    noise(key * 64 + task, dim).into_iter().map(|x| x * size).collect()
                })
                .collect();
            if repeat && tasks > 2 {
                rows[1] = rows[0].clone();
                rows[2] = rows[0].iter().map(|x| -0.5 * x).collect();
            }
            rows
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// w is on the simplex, and no gradient's product with the combination is below its square.
    #[test]
    fn the_least_norm_satisfies_its_conditions(rows in hard_gradients()) {
        let gramian = Gramian::from_gradients(&rows).unwrap();
        let w = min_norm_weights(gramian.matrix());
        prop_assert!(w.iter().all(|w| *w >= 0.0));
        prop_assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let combined = combine(&rows, &w);
        let squared = dot(&combined, &combined);
        let sizes: f64 = rows.iter().zip(&w).map(|(row, w)| w * norm(row)).sum();
        for row in &rows {
            let lack = squared - dot(row, &combined);
            prop_assert!(lack <= 1e-10 * sizes * norm(row).max(sizes), "{:e}", lack);
        }
    }

    /// v is at least its bound, the combination conflicts with no task, and where v exceeds its bound the product is
    /// zero.
    #[test]
    fn the_projection_onto_the_dual_cone_satisfies_its_conditions(rows in hard_gradients()) {
        let gramian = Gramian::from_gradients(&rows).unwrap();
        for task in 0..rows.len() {
            let mut bound = vec![0.0; rows.len()];
            bound[task] = 1.0;
            let v = project_above(gramian.matrix(), &bound);
            prop_assert!(v.iter().zip(&bound).all(|(v, b)| v >= b));
            let combined = combine(&rows, &v);
            let sizes: f64 = rows.iter().zip(&v).map(|(row, v)| v * norm(row)).sum();
            for ((row, v), b) in rows.iter().zip(&v).zip(&bound) {
                let product = dot(row, &combined) / norm(row) / sizes;
                prop_assert!(product > -1e-10, "{:e}", product);
                prop_assert!(v <= b || product < 1e-10, "{:e}", product);
            }
        }
    }
}
