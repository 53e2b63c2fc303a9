//! Which methods conflict with a task, that is, increase its loss to first order, and which never do.

use proptest::prelude::*;
use taskgraft_algebra::weighting::{Gramian, NonConflict, StepInputs, all};

use crate::weighting_support::*;

/// The least product of the direction with a gradient, relative to the sizes that rounding comes from.
fn least_product_of(name: &str, rows: &Rows) -> f64 {
    let tasks = rows.len();
    let outcome = Run::new(name, tasks).step(rows, &vec![1.0; tasks], &vec![0.9; tasks]);
    least_product(&outcome.rows, &outcome.weights)
}

fn claiming(claim: NonConflict) -> impl Iterator<Item = &'static str> {
    all().filter(move |m| m.properties().unwrap().non_conflict == claim).map(|m| m.name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn never_arise_where_so_claimed_even_in_few_dimensions(rows in any_gradients(1..40)) {
        for name in claiming(NonConflict::Always) {
            let least = least_product_of(name, &rows);
            prop_assert!(least > -1e-9, "{}: {}", name, least);
        }
    }

    #[test]
    fn never_arise_between_independent_gradients_where_so_claimed(
        rows in any_gradients(20..60),
    ) {
        for name in claiming(NonConflict::IndependentGradients) {
            let least = least_product_of(name, &rows);
            prop_assert!(least > -1e-9, "{}: {}", name, least);
        }
    }

    #[test]
    fn never_arise_between_two_tasks_where_so_claimed(rows in any_gradients(2..20)) {
        for name in claiming(NonConflict::TwoTasks) {
            let least = least_product_of(name, &rows[..2].to_vec());
            prop_assert!(least > -1e-9, "{}: {}", name, least);
        }
    }
}

/// Every method that reads gradients and does not claim freedom from conflicts is seen to conflict: what is listed as
/// lacking is lacking.
#[test]
fn do_arise_where_nothing_is_claimed() {
    for method in all() {
        let unclaimed = match method.properties().unwrap().non_conflict {
            NonConflict::Always | NonConflict::IndependentGradients => false,
            NonConflict::TwoTasks | NonConflict::Unclaimed => true,
        };
        if !unclaimed {
            continue;
        }
        let mut sets = (1..2000).map(|key| {
            let mut rows = gradients(key, 4, 5);
            // A task of larger gradients than the others.
            rows[0].iter_mut().for_each(|x| *x *= 30.0);
            rows
        });
        // One run over all of them: averages of past steps lag behind the gradients.
        let mut run = Run::new(method.name, 4);
        let conflicting = sets.any(|rows| {
            let outcome = run.step(&rows, &[1.0; 4], &[0.9; 4]);
            least_product(&outcome.rows, &outcome.weights) < -1e-6
        });
        assert!(conflicting, "{} never conflicted; should it claim so?", method.name);
    }
}

/// IMTL-G is known for a direction that no rescaling of losses changes. With Σ w = 1 it can turn around.
#[test]
fn imtl_g_turns_uphill_when_one_loss_is_rescaled() {
    let rows = vec![vec![1.0, 0.0, 0.2], vec![-0.5, 0.8, 0.2], vec![0.5, 0.8, 0.1]];
    let direction = |factor: f64| {
        let mut rows = rows.clone();
        rows[2].iter_mut().for_each(|x| *x *= factor);
        unit(&Run::new("imtl-g", 3).step(&rows, &[1.0; 3], &[1.0; 3]).direction)
    };
    let factors = [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0];
    let agreements: Vec<f64> = factors.map(|f| dot(&direction(f), &direction(1.0))).into();
    assert!(agreements.iter().all(|a| (a.abs() - 1.0).abs() < 1e-9), "{agreements:?}");
    assert!(agreements.iter().any(|a| *a < 0.0), "{agreements:?}");
}

/// On a device in float32 the inner products of dependent gradients need not be those of any gradients.
#[test]
fn float32_rounding_of_dependent_gradients_does_little() {
    for key in 1..60 {
        let tasks = 3 + (key % 5) as usize;
        let mut rows = gradients(key, tasks, if key % 2 == 0 { 2 } else { 9 });
        rows[1] = rows[0].clone();
        rows[2] = rows[0].iter().map(|x| -0.3 * x).collect();
        let exact = Gramian::from_gradients(&rows).unwrap();
        let errors = noise(key + 31, tasks * tasks);
        let entries: Vec<f64> = (0..tasks * tasks)
            .map(|at| {
                let (i, j) = (at / tasks, at % tasks);
                let size = exact.norms()[i] * exact.norms()[j];
                exact.inner(i, j) + 3e-7 * size * errors[i.min(j) * tasks + i.max(j)]
            })
            .collect();
        let rounded = Gramian::from_row_major(tasks, &entries).unwrap();
        for method in all() {
            let mut run = Run::new(method.name, tasks);
            let losses = vec![1.0; tasks];
            let inputs =
                StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&rounded) };
            let weights = run.0.method.weights(&inputs).unwrap();
            assert!(weights.iter().all(|w| w.is_finite()), "{}: {weights:?}", method.name);
            if method.properties().unwrap().non_conflict != NonConflict::Always {
                continue;
            }
            let direction = combine(&rows, &weights);
            let sizes: f64 = rows.iter().zip(&weights).map(|(row, w)| norm(row) * w).sum();
            for row in &rows {
                let product = dot(row, &direction) / norm(row) / sizes;
                assert!(product > -3e-3, "{}: {product}", method.name);
            }
        }
    }
}
