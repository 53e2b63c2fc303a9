//! One task alone, and copies of it: no method may turn them away from plain training.

use super::{Make, Run, STEPS, data::*, ensure};
use crate::weighting::SingleTask;

/// The direction is that of the gradient, and the weight 1 where so claimed.
pub(super) fn one_task(make: Make<'_>) -> Result<(), String> {
    let plain = make(1).properties().single_task == SingleTask::Plain;
    let mut run = Run::of(make(1));
    for step in 0..STEPS {
        let (rows, losses) = (gradients(step, 1, 7), losses(step, 1));
        let outcome = run.step(&rows, &losses, &[0.9]).map_err(|e| e.to_string())?;
        let along = dot(&unit(&outcome.direction), &unit(&outcome.rows[0]));
        ensure(along > 1.0 - 1e-12, || format!("step {step}: cosine {along} with its gradient"))?;
        let weight = outcome.weights[0];
        ensure(!plain || (weight - 1.0).abs() < 1e-9, || {
            format!("step {step}: weight {weight}, but plain training is claimed")
        })?;
    }
    Ok(())
}

/// Four copies of a task go where the task goes.
pub(super) fn copies(make: Make<'_>) -> Result<(), String> {
    // Where tasks are told apart by place, their losses may be told apart too, but not their gradients.
    let mut run = Run::of(make(4));
    for step in 0..STEPS {
        let rows = vec![gradients(step, 1, 7).remove(0); 4];
        let losses = [losses(step, 1)[0]; 4];
        let outcome = run.step(&rows, &losses, &[0.9; 4]).map_err(|e| e.to_string())?;
        let along = dot(&unit(&outcome.direction), &unit(&outcome.rows[0]));
        ensure(along > 1.0 - 1e-9, || format!("step {step}: cosine {along} with their gradient"))?;
    }
    Ok(())
}
