//! Inputs at the edge of what can come, and inputs that must be refused.

use super::{Make, Run, STEPS, data::*, ensure};
use crate::weighting::{Gramian, GramianNeed, StepInputs, WeightingError};

pub(super) fn finite(make: Make<'_>) -> Result<(), String> {
    for (case, rows) in hard_gradients() {
        for loss in [0.0, 1.0, 1e6] {
            let tasks = rows.len();
            let mut run = Run::of(make(tasks));
            for step in 0..STEPS {
                let mut losses = losses(step, tasks);
                losses[0] = loss;
                let place = format!("{case}, first loss {loss}, step {step}");
                let outcome = run
                    .step(&rows, &losses, &vec![0.9; tasks])
                    .map_err(|error| format!("{place}: {error}"))?;
                let mut numbers = outcome.weights.iter().chain(&outcome.direction);
                ensure(numbers.all(|x| x.is_finite()), || {
                    format!("{place}: weights {:?}", outcome.weights)
                })?;
            }
        }
    }
    Ok(())
}

fn hard_gradients() -> Vec<(&'static str, Rows)> {
    let g = gradients(5, 1, 6).remove(0);
    let times = |factor: f64| -> Vec<f64> { g.iter().map(|x| x * factor).collect() };
    let other = gradients(6, 1, 6).remove(0);
    vec![
        ("zero", vec![times(0.0); 3]),
        ("equal", vec![g.clone(); 3]),
        ("opposite", vec![times(1.0), times(-1.0)]),
        ("opposite of other length", vec![times(1.0), times(-3.0), times(0.3)]),
        ("opposite and a third", vec![times(1.0), times(-1.0), other.clone()]),
        ("nearly opposite", vec![times(1.0), times(-1.0 - 1e-9)]),
        ("one zero", vec![times(1.0), times(0.0), other.clone()]),
        ("all but one zero", vec![times(0.0), other.clone(), times(0.0)]),
        ("one huge", vec![times(1e12), other.clone(), times(-1.0)]),
        ("one tiny", vec![times(1e-12), other.clone(), times(-1.0)]),
        ("all tiny", vec![times(1e-30), other.iter().map(|x| x * 1e-30).collect()]),
        ("nearly equal", vec![times(1.0), times(1.0 + 1e-9), other]),
        ("more tasks than dimensions", gradients(9, 6, 2)),
        ("one dimension", gradients(10, 5, 1)),
    ]
}

pub(super) fn refusals(make: Make<'_>) -> Result<(), String> {
    let losses = [1.0, 2.0, 3.0];
    let bare = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: None };
    let mut method = make(3);
    let asks = method.needs().gramian != GramianNeed::None;
    match method.weights(&bare) {
        Err(WeightingError::NoGramian { .. }) if asks => {}
        Err(error) => return Err(format!("without a Gramian: {error}")),
        Ok(_) => ensure(!asks, || "a Gramian is asked for, and not missed".to_owned())?,
    }
    let mut run = Run::of(make(3));
    run.step(&gradients(1, 3, 5), &losses, &[0.9; 3]).map_err(|e| e.to_string())?;
    let gramian = Gramian::from_gradients(&gradients(2, 2, 5)).map_err(|e| e.to_string())?;
    if !run.method.state().is_null() {
        let losses = [1.0; 2];
        let inputs =
            StepInputs { step: 1, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
        let answer = run.method.weights(&inputs);
        ensure(matches!(answer, Err(WeightingError::Tasks { .. })), || {
            format!("two tasks after a step of three must be refused as such; got {answer:?}")
        })?;
    }
    let gramian = Gramian::from_gradients(&gradients(2, 3, 5)).map_err(|e| e.to_string())?;
    let losses = [1.0, f64::NAN, 1.0];
    let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
    let answer = make(3).weights(&inputs);
    ensure(matches!(answer, Err(WeightingError::Loss { task: 1, .. })), || {
        format!("a loss that is not a number must be refused with its task; got {answer:?}")
    })
}

pub(super) fn known_before(make: Make<'_>) -> Result<(), String> {
    if !make(3).needs().known_before {
        return Ok(());
    }
    let weights = |losses: &[f64]| {
        let mut method = make(3);
        let inputs = |step| StepInputs { step, progress: 0.1, losses, gramian: None };
        let steps = (0..STEPS).map(|step| method.weights(&inputs(step)));
        steps.collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())
    };
    let (zeros, others) = (weights(&[0.0; 3])?, weights(&[3.0, 0.1, 7.0])?);
    ensure(zeros == others, || format!("{zeros:?} with losses of zero, {others:?} with others"))
}
