//! What is remembered: a run that is stopped and taken up again is the run that was not stopped.

use super::{Make, Run, STEPS, data::*, ensure};
use crate::weighting::{Ordering, WeightingError};

pub(super) fn resumes(make: Make<'_>) -> Result<(), String> {
    let (mut run, mut resumed) = (Run::of(make(4)), Run::of(make(4)));
    let after = [0.9, 0.7, 0.95, 1.05];
    for step in 0..2 * STEPS {
        if step == STEPS {
            let text = run.method.state().to_string();
            let state = serde_json::from_str(&text).map_err(|e| e.to_string())?;
            resumed.method.restore(&state).map_err(|e| e.to_string())?;
            (resumed.step, resumed.averages) = (run.step, run.averages.clone());
            let (saved, again) = (run.method.state(), resumed.method.state());
            ensure(saved == again, || format!("{saved} was saved, and restored as {again}"))?;
        }
        let (rows, losses) = (gradients(step, 4, 9), losses(step, 4));
        let expected = run.step(&rows, &losses, &after).map_err(|e| e.to_string())?.weights;
        if step >= STEPS {
            let found = resumed.step(&rows, &losses, &after).map_err(|e| e.to_string())?.weights;
            let bits = |w: &[f64]| w.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            ensure(bits(&found) == bits(&expected), || {
                format!("step {step}: {found:?} after a stop, {expected:?} without")
            })?;
        }
    }
    Ok(())
}

pub(super) fn refuses_others(make: Make<'_>) -> Result<(), String> {
    let answer = make(3).restore(&serde_json::json!({ "of": "something else" }));
    ensure(matches!(answer, Err(WeightingError::State { .. })), || {
        format!("`restore` of a foreign state must be an error of the state; got {answer:?}")
    })
}

pub(super) fn draws(make: Make<'_>) -> Result<(), String> {
    if make(5).properties().ordering != Ordering::Drawn {
        return Ok(());
    }
    let (rows, losses) = (gradients(3, 5, 3), losses(3, 5));
    let mut run = Run::of(make(5));
    let mut at = |step| {
        run.step = step;
        let weights = run.step(&rows, &losses, &[1.0; 5]).map_err(|e| e.to_string())?.weights;
        Ok::<_, String>((weights, run.method.state()))
    };
    let (first, state) = at(6)?;
    if !state.is_null() {
        // What it remembers is its state, which is saved with a checkpoint.
        return Ok(());
    }
    at(7)?;
    let (again, _) = at(6)?;
    ensure(first == again, || format!("step 6 gave {first:?}, and after step 7 {again:?}"))
}
