//! What every registered weighting must do, and what it must do because it claims to.
//!
//! Each test runs all methods; a claim is tested on the methods that make it. Methods that keep averages of gradients are
//! given them as a learner would.

use crate::weighting_support::*;
use taskgraft_algebra::weighting::{
    Gramian, GramianNeed, LossScaling, Method, Ordering, Properties, SingleTask, StepInputs, Total,
    WeightingError, all, by_name, claims_table,
};

const STEPS: u64 = 8;

fn claims(method: &Method) -> Properties {
    method.properties().unwrap()
}

#[test]
fn one_task_alone_is_plain_training_up_to_the_step_length() {
    for method in all() {
        let mut run = Run::new(method.name, 1);
        for step in 0..STEPS {
            let (rows, losses) = (gradients(step, 1, 7), losses(step, 1));
            let outcome = run.step(&rows, &losses, &[0.9]);
            let along = dot(&unit(&outcome.direction), &unit(&outcome.rows[0]));
            assert!(along > 1.0 - 1e-12, "{} at step {step}", method.name);
            if claims(method).single_task == SingleTask::Plain {
                let weight = outcome.weights[0];
                assert!((weight - 1.0).abs() < 1e-9, "{}: weight {weight}", method.name);
            }
        }
    }
}

#[test]
fn copies_of_one_task_are_trained_like_that_task() {
    for method in all() {
        let mut run = Run::new(method.name, 4);
        for step in 0..STEPS {
            let rows = vec![gradients(step, 1, 7).remove(0); 4];
            let outcome = run.step(&rows, &[losses(step, 1)[0]; 4], &[0.9; 4]);
            let along = dot(&unit(&outcome.direction), &unit(&outcome.rows[0]));
            assert!(along > 1.0 - 1e-9, "{} at step {step}: {along}", method.name);
        }
    }
}

#[test]
fn a_duplicated_task_changes_no_direction_where_so_claimed() {
    let claiming: Vec<&Method> = all().iter().filter(|m| claims(m).ignores_duplicates).collect();
    assert!(!claiming.is_empty());
    for method in claiming {
        for key in 0..20 {
            let (mut rows, mut losses) = (gradients(key, 4, 9), losses(key, 4));
            let without = Run::new(method.name, 4).step(&rows, &losses, &[0.9; 4]).direction;
            rows.push(rows[1].clone());
            losses.push(losses[1]);
            let with = Run::new(method.name, 5).step(&rows, &losses, &[0.9; 5]).direction;
            let difference = difference(&unit(&with), &unit(&without));
            assert!(difference < 1e-8, "{}: {difference}", method.name);
        }
    }
}

#[test]
fn orthogonal_tasks_are_all_served() {
    for method in all() {
        let mut run = Run::new(method.name, 4);
        for step in 0..STEPS {
            let rows: Rows = (0..4)
                .map(|task| {
                    (0..6).map(|k| f64::from(k == task) * (1.0 + f64::from(task))).collect()
                })
                .collect();
            let outcome = run.step(&rows, &losses(step, 4), &[0.9, 0.8, 0.95, 0.99]);
            let products: Vec<f64> =
                outcome.rows.iter().map(|row| dot(row, &outcome.direction)).collect();
            assert!(products.iter().all(|p| *p >= 0.0), "{}: {products:?}", method.name);
            assert!(products.iter().any(|p| *p > 0.0), "{}: {products:?}", method.name);
        }
    }
}

#[test]
fn when_tasks_change_places_their_weights_do_too() {
    let order = [3, 0, 4, 2, 1];
    let permuted = |v: &[f64]| -> Vec<f64> { order.iter().map(|&i| v[i]).collect() };
    for method in all().iter().filter(|m| claims(m).ordering == Ordering::Equivariant) {
        let (mut run, mut other) = (Run::new(method.name, 5), Run::new(method.name, 5));
        for step in 0..STEPS {
            let (rows, losses) = (gradients(step, 5, 12), losses(step, 5));
            let after = [0.9, 0.7, 0.95, 0.8, 1.05];
            let moved_rows: Rows = order.iter().map(|&i| rows[i].clone()).collect();
            let weights = run.step(&rows, &losses, &after).weights;
            let moved = other.step(&moved_rows, &permuted(&losses), &permuted(&after)).weights;
            let difference = difference(&moved, &permuted(&weights));
            assert!(difference < 1e-8, "{} at step {step}: {difference}", method.name);
        }
    }
}

/// Directions over some steps when losses, and with them gradients, are multiplied by `factors`.
fn directions(name: &str, factors: &[f64], key: u64) -> Vec<Vec<f64>> {
    let tasks = factors.len();
    let mut run = Run::new(name, tasks);
    (0..STEPS)
        .map(|step| {
            let mut rows = gradients(step + 100 * key, tasks, 12);
            let mut losses = losses(step + 100 * key, tasks);
            for ((row, loss), factor) in rows.iter_mut().zip(&mut losses).zip(factors) {
                row.iter_mut().for_each(|x| *x *= factor);
                *loss *= factor;
            }
            run.step(&rows, &losses, &[0.9, 0.7, 0.95, 1.05]).direction
        })
        .collect()
}

#[test]
fn rescaled_losses_change_the_direction_as_claimed() {
    let (ones, twos) = ([1.0; 4], [2.0; 4]);
    let (first, second) = ([0.2, 3.0, 1.0, 20.0], [5.0, 0.5, 0.1, 1.0]);
    let sum: Vec<f64> = first.iter().zip(second).map(|(a, b)| a + b).collect();
    for method in all() {
        for key in 1..5 {
            let of = |factors: &[f64]| directions(method.name, factors, key);
            let same_direction = |a: Vec<Vec<f64>>, b: Vec<Vec<f64>>| {
                for (step, (a, b)) in a.iter().zip(&b).enumerate() {
                    let difference = difference(&unit(a), &unit(b));
                    // Some published guards against zero losses are 1e-8.
                    assert!(difference < 1e-5, "{} at step {step}: {difference}", method.name);
                }
            };
            match claims(method).loss_scaling {
                LossScaling::Unclaimed => {}
                LossScaling::Common => same_direction(of(&ones), of(&twos)),
                LossScaling::Invariant => same_direction(of(&ones), of(&first)),
                LossScaling::Linear => {
                    let pairs = of(&first).into_iter().zip(of(&second)).zip(of(&sum));
                    for (step, ((a, b), whole)) in pairs.enumerate() {
                        let added: Vec<f64> = a.iter().zip(&b).map(|(x, y)| x + y).collect();
                        let difference = difference(&added, &whole);
                        assert!(difference < 1e-8, "{} at step {step}: {difference}", method.name);
                    }
                }
            }
        }
    }
}

#[test]
fn weights_have_the_sign_and_the_sum_that_are_claimed() {
    for method in all() {
        let properties = claims(method);
        for (key, tasks) in [(1, 2), (2, 3), (3, 5), (4, 8)] {
            let mut run = Run::new(method.name, tasks);
            for step in 0..STEPS {
                let (rows, losses) =
                    (gradients(key * 50 + step, tasks, 4), losses(key * 50 + step, tasks));
                let after: Vec<f64> = noise(step, tasks).iter().map(|x| 1.0 - 0.1 * x).collect();
                let weights = run.step(&rows, &losses, &after).weights;
                if properties.non_negative {
                    assert!(weights.iter().all(|w| *w >= 0.0), "{}: {weights:?}", method.name);
                }
                let expected = match properties.total {
                    Total::One => 1.0,
                    Total::Tasks => tasks as f64,
                    Total::Unclaimed => continue,
                };
                let sum: f64 = weights.iter().sum();
                assert!((sum - expected).abs() < 1e-9, "{}: {sum}", method.name);
            }
        }
    }
}

#[test]
fn zero_equal_opposite_huge_and_tiny_gradients_give_finite_weights() {
    let g = gradients(5, 1, 6).remove(0);
    let times = |factor: f64| -> Vec<f64> { g.iter().map(|x| x * factor).collect() };
    let other = gradients(6, 1, 6).remove(0);
    let cases: Vec<(&str, Rows)> = vec![
        ("zero", vec![times(0.0); 3]),
        ("equal", vec![g.clone(); 3]),
        ("opposite", vec![times(1.0), times(-1.0)]),
        ("opposite of other length", vec![times(1.0), times(-3.0), times(0.3)]),
        ("opposite and a third", vec![times(1.0), times(-1.0), other.clone()]),
        ("one zero", vec![times(1.0), times(0.0), other.clone()]),
        ("all but one zero", vec![times(0.0), other.clone(), times(0.0)]),
        ("one huge", vec![times(1e12), other.clone(), times(-1.0)]),
        ("one tiny", vec![times(1e-12), other.clone(), times(-1.0)]),
        ("all tiny", vec![times(1e-30), other.iter().map(|x| x * 1e-30).collect()]),
        ("nearly equal", vec![times(1.0), times(1.0 + 1e-9), other.clone()]),
        ("more tasks than dimensions", gradients(9, 6, 2)),
        ("one dimension", gradients(10, 5, 1)),
    ];
    for method in all() {
        for (case, rows) in &cases {
            for loss in [0.0, 1.0, 1e6] {
                let tasks = rows.len();
                let mut run = Run::new(method.name, tasks);
                for step in 0..STEPS {
                    let mut losses = losses(step, tasks);
                    losses[0] = loss;
                    let outcome = run.step(rows, &losses, &vec![0.9; tasks]);
                    let finite = outcome.weights.iter().chain(&outcome.direction);
                    assert!(
                        finite.into_iter().all(|x| x.is_finite()),
                        "{}, {case}, loss {loss}, step {step}: {:?}",
                        method.name,
                        outcome.weights
                    );
                }
            }
        }
    }
}

#[test]
fn a_saved_state_goes_on_bit_for_bit() {
    for method in all() {
        let mut run = Run::new(method.name, 4);
        let mut resumed = Run::new(method.name, 4);
        let after = [0.9, 0.7, 0.95, 1.05];
        for step in 0..2 * STEPS {
            if step == STEPS {
                let text = run.method.state().to_string();
                resumed.method.restore(&serde_json::from_str(&text).unwrap()).unwrap();
                (resumed.step, resumed.averages) = (run.step, run.averages.clone());
                assert_eq!(resumed.method.state(), run.method.state(), "{}", method.name);
            }
            let (rows, losses) = (gradients(step, 4, 9), losses(step, 4));
            let expected = run.step(&rows, &losses, &after).weights;
            if step >= STEPS {
                let weights = resumed.step(&rows, &losses, &after).weights;
                let bits = |w: &[f64]| w.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&weights), bits(&expected), "{} at step {step}", method.name);
            }
        }
    }
}

#[test]
fn a_state_of_another_shape_is_refused() {
    for method in all() {
        let mut made = Run::new(method.name, 3).method;
        let error = made.restore(&serde_json::json!({ "of": "something else" })).unwrap_err();
        assert!(matches!(error, WeightingError::State { .. }), "{}: {error}", method.name);
    }
}

#[test]
fn draws_depend_on_the_step_and_not_on_the_steps_before() {
    for method in all().iter().filter(|m| claims(m).ordering == Ordering::Drawn) {
        let (rows, losses) = (gradients(3, 5, 3), losses(3, 5));
        let mut twice = Run::new(method.name, 5);
        twice.step = 6;
        let first = twice.step(&rows, &losses, &[1.0; 5]).weights;
        if !twice.method.state().is_null() {
            // What it remembers is its state, which is saved; its order is drawn as PCGrad's is.
            continue;
        }
        twice.step = 7;
        let next = twice.step(&rows, &losses, &[1.0; 5]).weights;
        twice.step = 6;
        assert_eq!(first, twice.step(&rows, &losses, &[1.0; 5]).weights, "{}", method.name);
        if method.name == "rlw" {
            assert_ne!(first, next);
        }
    }
}

#[test]
fn a_seed_changes_what_is_drawn() {
    for method in all().iter().filter(|m| claims(m).ordering == Ordering::Drawn) {
        let gramian = Gramian::from_gradients(&gradients(3, 6, 3)).unwrap();
        let losses = [1.0; 6];
        let inputs =
            StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
        let weights = |seed: u64| {
            let options = serde_json::json!({ "seed": seed });
            by_name(method.name, &options).unwrap().weights(&inputs).unwrap()
        };
        assert_eq!(weights(1), weights(1), "{}", method.name);
        assert_ne!(weights(1), weights(2), "{}", method.name);
    }
}

#[test]
fn missing_and_ill_fitting_inputs_are_refused() {
    for method in all() {
        let mut made = Run::new(method.name, 3).method;
        let losses = [1.0, 2.0, 3.0];
        let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
        let asks = made.needs().gramian != GramianNeed::None;
        match made.weights(&inputs) {
            Err(WeightingError::NoGramian { .. }) => assert!(asks, "{}", method.name),
            Err(error) => panic!("{}: {error}", method.name),
            Ok(_) => assert!(!asks, "{}", method.name),
        }
        let mut run = Run::new(method.name, 3);
        run.step(&gradients(1, 3, 5), &losses, &[0.9; 3]);
        if !run.method.state().is_null() {
            let gramian = Gramian::from_gradients(&gradients(2, 2, 5)).unwrap();
            let inputs =
                StepInputs { step: 1, progress: 0.0, losses: &[1.0; 2], gramian: Some(&gramian) };
            let error = run.method.weights(&inputs).unwrap_err();
            assert!(matches!(error, WeightingError::Tasks { .. }), "{}: {error}", method.name);
        }
        let gramian = Gramian::from_gradients(&gradients(2, 3, 5)).unwrap();
        let losses = [1.0, f64::NAN, 1.0];
        let inputs =
            StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
        let error = Run::new(method.name, 3).method.weights(&inputs).unwrap_err();
        assert!(matches!(error, WeightingError::Loss { task: 1, .. }), "{}: {error}", method.name);
    }
}

#[test]
fn the_table_of_claims_has_a_row_for_every_method() {
    let table = claims_table().unwrap();
    for method in all() {
        let row = format!("| {} | ", method.name);
        let line = table.lines().find(|line| line.starts_with(&row)).unwrap();
        assert_eq!(line.matches(" | ").count(), 8, "{line}");
        let made = by_name(method.name, &method.example_options(2)).unwrap();
        assert!(line.ends_with(&format!("{} |", made.properties().caveat)), "{line}");
    }
    println!("{table}");
}

#[test]
fn weights_said_to_be_known_before_the_losses_do_not_depend_on_them() {
    let known: Vec<&Method> =
        all().iter().filter(|method| method.needs().unwrap().known_before).collect();
    assert!(known.len() >= 4);
    for method in known {
        let weights = |losses: &[f64]| {
            let mut built = by_name(method.name, &method.example_options(3)).unwrap();
            let inputs = |step| StepInputs { step, progress: 0.1, losses, gramian: None };
            (0..STEPS).map(|step| built.weights(&inputs(step)).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(weights(&[0.0; 3]), weights(&[3.0, 0.1, 7.0]), "{}", method.name);
    }
}
