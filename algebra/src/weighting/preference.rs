//! Preference vectors: how much every task is to count, where a method lets a user say so.

use super::{Ordering, Properties, Result, SingleTask, Total, WeightingError, method::same_tasks};

/// One number per task, none below zero, or none for the method's own.
pub(crate) type Preference = Option<Vec<f64>>;

/// # Errors
/// When all numbers are zero.
pub(crate) fn checked_preference(method: &'static str, given: &Preference) -> Result<()> {
    match given {
        Some(given) if !given.iter().any(|x| *x > 0.0) => {
            let problem =
                format!("`preference` must be one number per task, not all zero; got {given:?}");
            Err(WeightingError::Options { method, problem })
        }
        _ => Ok(()),
    }
}

/// The preference of every task; `default` for all where none is given.
///
/// # Errors
/// When it is of another number of tasks.
pub(crate) fn preference_or(
    method: &'static str,
    given: &Preference,
    default: f64,
    tasks: usize,
) -> Result<Vec<f64>> {
    let Some(given) = given else { return Ok(vec![default; tasks]) };
    same_tasks(method, "the option `preference`", given.len(), tasks)?;
    Ok(given.clone())
}

/// What is left of a method's claims where tasks count differently.
pub(crate) fn with_preference(claims: Properties, given: &Preference) -> Properties {
    if given.is_none() {
        return claims;
    }
    Properties {
        single_task: SingleTask::PositiveMultiple,
        ordering: Ordering::Given,
        ignores_duplicates: false,
        total: Total::Unclaimed,
        ..claims
    }
}
