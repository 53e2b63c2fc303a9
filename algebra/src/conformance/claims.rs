//! The claims of [`Properties`], each checked where it is made.

use super::{Make, Run, STEPS, data::*, ensure};
use crate::weighting::{LossScaling, NonConflict, Ordering, Properties, Total};

fn claims(make: Make<'_>) -> Properties {
    make(2).properties()
}

pub(super) fn duplicates(make: Make<'_>) -> Result<(), String> {
    if !claims(make).ignores_duplicates {
        return Ok(());
    }
    for key in 0..20 {
        let (mut rows, mut losses) = (gradients(key, 4, 9), losses(key, 4));
        let direction = |rows: &Rows, losses: &[f64]| {
            let tasks = rows.len();
            let outcome = Run::of(make(tasks)).step(rows, losses, &vec![0.9; tasks]);
            outcome.map(|outcome| unit(&outcome.direction)).map_err(|e| e.to_string())
        };
        let without = direction(&rows, &losses)?;
        rows.push(rows[1].clone());
        losses.push(losses[1]);
        let difference = difference(&direction(&rows, &losses)?, &without);
        ensure(difference < 1e-8, || format!("set {key}: directions differ by {difference:e}"))?;
    }
    Ok(())
}

pub(super) fn orthogonal(make: Make<'_>) -> Result<(), String> {
    if !claims(make).serves_orthogonal {
        return Ok(());
    }
    let mut run = Run::of(make(4));
    for step in 0..STEPS {
        let row = |task: usize| -> Vec<f64> {
            (0..6).map(|k| if k == task { 1.0 + task as f64 } else { 0.0 }).collect()
        };
        let rows: Rows = (0..4).map(row).collect();
        let outcome = run
            .step(&rows, &losses(step, 4), &[0.9, 0.8, 0.95, 0.99])
            .map_err(|e| e.to_string())?;
        let products: Vec<f64> =
            outcome.rows.iter().map(|row| dot(row, &outcome.direction)).collect();
        let served = products.iter().all(|p| *p >= 0.0) && products.iter().any(|p| *p > 0.0);
        ensure(served, || format!("step {step}: products with the direction {products:?}"))?;
    }
    Ok(())
}

pub(super) fn conflicts(make: Make<'_>) -> Result<(), String> {
    let (most, dims) = match claims(make).non_conflict {
        NonConflict::Always => (8, 1..40),
        NonConflict::IndependentGradients => (8, 20..60),
        NonConflict::TwoTasks => (2, 2..20),
        NonConflict::Unclaimed => return Ok(()),
    };
    for key in 0..100_u64 {
        let tasks = 2 + key as usize % (most - 1);
        let dim = dims.start + (key as usize * 7) % dims.len();
        let mut rows = gradients(key + 300, tasks, dim);
        let sizes = noise(key + 31, tasks);
        for (row, size) in rows.iter_mut().zip(sizes) {
            row.iter_mut().for_each(|x| *x *= 10_f64.powf(1.5 * size));
        }
        let outcome = Run::of(make(tasks))
            .step(&rows, &vec![1.0; tasks], &vec![0.9; tasks])
            .map_err(|e| e.to_string())?;
        let least = least_product(&outcome.rows, &outcome.weights);
        ensure(least > -1e-9, || {
            format!("set {key}, {tasks} tasks in {dim} dimensions: a product of {least:e}")
        })?;
    }
    Ok(())
}

pub(super) fn order(make: Make<'_>) -> Result<(), String> {
    if claims(make).ordering != Ordering::Equivariant {
        return Ok(());
    }
    let places = [3, 0, 4, 2, 1];
    let permuted = |v: &[f64]| -> Vec<f64> { places.iter().map(|&i| v[i]).collect() };
    let (mut run, mut other) = (Run::of(make(5)), Run::of(make(5)));
    for step in 0..STEPS {
        let (rows, losses) = (gradients(step, 5, 12), losses(step, 5));
        let after = [0.9, 0.7, 0.95, 0.8, 1.05];
        let moved_rows: Rows = places.iter().map(|&i| rows[i].clone()).collect();
        let weights = run.step(&rows, &losses, &after).map_err(|e| e.to_string())?.weights;
        let moved = other.step(&moved_rows, &permuted(&losses), &permuted(&after));
        let moved = moved.map_err(|e| e.to_string())?.weights;
        let difference = difference(&moved, &permuted(&weights));
        ensure(difference < 1e-8, || format!("step {step}: weights differ by {difference:e}"))?;
    }
    Ok(())
}

/// Directions over some steps when losses, and with them gradients, are multiplied by `factors`.
fn directions(make: Make<'_>, factors: &[f64], key: u64) -> Result<Rows, String> {
    let tasks = factors.len();
    let mut run = Run::of(make(tasks));
    (0..STEPS)
        .map(|step| {
            let mut rows = gradients(step + 100 * key, tasks, 12);
            let mut losses = losses(step + 100 * key, tasks);
            for ((row, loss), factor) in rows.iter_mut().zip(&mut losses).zip(factors) {
                row.iter_mut().for_each(|x| *x *= factor);
                *loss *= factor;
            }
            let outcome = run.step(&rows, &losses, &[0.9, 0.7, 0.95, 1.05]);
            outcome.map(|outcome| outcome.direction).map_err(|e| e.to_string())
        })
        .collect()
}

pub(super) fn scales(make: Make<'_>) -> Result<(), String> {
    let (ones, twos) = ([1.0; 4], [2.0; 4]);
    let (first, second) = ([0.2, 3.0, 1.0, 20.0], [5.0, 0.5, 0.1, 1.0]);
    let sum: Vec<f64> = first.iter().zip(second).map(|(a, b)| a + b).collect();
    let close = |a: &[f64], b: &[f64], bound: f64, step: usize| {
        let difference = difference(a, b);
        ensure(difference < bound, || format!("step {step}: directions differ by {difference:e}"))
    };
    for key in 1..5 {
        let of = |factors: &[f64]| directions(make, factors, key);
        let same = |a: Rows, b: Rows| {
            let mut pairs = a.iter().zip(&b).enumerate();
            // Some published guards against zero losses are 1e-8.
            pairs.try_for_each(|(step, (a, b))| close(&unit(a), &unit(b), 1e-5, step))
        };
        match claims(make).loss_scaling {
            LossScaling::Unclaimed => {}
            LossScaling::Common => same(of(&ones)?, of(&twos)?)?,
            LossScaling::Invariant => same(of(&ones)?, of(&first)?)?,
            LossScaling::Linear => {
                let pairs = of(&first)?.into_iter().zip(of(&second)?).zip(of(&sum)?);
                for (step, ((a, b), whole)) in pairs.enumerate() {
                    let added: Vec<f64> = a.iter().zip(&b).map(|(x, y)| x + y).collect();
                    close(&added, &whole, 1e-8, step)?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn signs_and_sums(make: Make<'_>) -> Result<(), String> {
    let claims = claims(make);
    for (key, tasks) in [(1, 2), (2, 3), (3, 5), (4, 8)] {
        let mut run = Run::of(make(tasks));
        for step in 0..STEPS {
            let (rows, losses) =
                (gradients(key * 50 + step, tasks, 4), losses(key * 50 + step, tasks));
            let after: Vec<f64> = noise(step, tasks).iter().map(|x| 1.0 - 0.1 * x).collect();
            let outcome = run.step(&rows, &losses, &after).map_err(|e| e.to_string())?;
            let weights = outcome.weights;
            ensure(!claims.non_negative || weights.iter().all(|w| *w >= 0.0), || {
                format!("{tasks} tasks, step {step}: weights {weights:?}")
            })?;
            let expected = match claims.total {
                Total::One => 1.0,
                Total::Tasks => tasks as f64,
                Total::Unclaimed => continue,
            };
            let sum: f64 = weights.iter().sum();
            ensure((sum - expected).abs() < 1e-9, || {
                format!("{tasks} tasks, step {step}: weights sum to {sum}")
            })?;
        }
    }
    Ok(())
}
