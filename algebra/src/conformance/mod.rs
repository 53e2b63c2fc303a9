//! What every weighting must do, and what it must do because it claims to, as a suite that anybody may run on their
//! own.
//!
//! [`check`] runs a weighting through generated gradients and losses, always the same, and holds it to its
//! [`Properties`](crate::weighting::Properties): one task alone, copies of a task, order, scales, signs and sums of
//! weights, zero, opposite, huge and tiny gradients, saved states, missing inputs. Built-in weightings pass the same
//! suite. What a weighting does not claim is not tested. It does not say whether a weighting trains well.

mod claims;
pub mod data;
mod edges;
mod run;
mod single;
mod state;

use std::fmt;

use crate::weighting::Weighting;
pub use run::{Outcome, Run};

/// Steps of a run under most rules.
const STEPS: u64 = 8;

/// Makes a weighting for a number of tasks.
type Make<'a> = &'a dyn Fn(usize) -> Box<dyn Weighting>;
/// What must hold, and how it is checked.
type Rule = (&'static str, fn(Make<'_>) -> Result<(), String>);

const RULES: &[Rule] = &[
    ("one task alone is plain training up to the step length", single::one_task),
    ("copies of one task are trained like that task", single::copies),
    ("a duplicated task changes no direction where so claimed", claims::duplicates),
    ("orthogonal tasks are all served where so claimed", claims::orthogonal),
    ("no conflicts arise where none are claimed", claims::conflicts),
    ("when tasks change places their weights do too where so claimed", claims::order),
    ("rescaled losses change the direction as claimed", claims::scales),
    ("weights have the sign and the sum that are claimed", claims::signs_and_sums),
    ("zero, equal, opposite, huge and tiny gradients give finite weights", edges::finite),
    ("a saved state goes on bit for bit", state::resumes),
    ("a state of another shape is refused", state::refuses_others),
    ("draws depend on the step and not on the steps before", state::draws),
    ("missing and ill-fitting inputs are refused", edges::refusals),
    ("weights said to be known before the losses do not depend on them", edges::known_before),
];

/// What a weighting was held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The weighting's name.
    pub weighting: &'static str,
    /// The rules that it kept.
    pub checked: Vec<&'static str>,
}

/// A rule that a weighting broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: &'static str,
    /// Where, and with what numbers.
    pub problem: String,
}

/// All rules that a weighting broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Failures {
    /// The weighting's name.
    pub weighting: &'static str,
    /// At least one.
    pub failures: Vec<Failure>,
}

/// Checks a weighting that serves any number of tasks; `make` gives a fresh one with the options to be checked.
///
/// # Errors
/// All rules that it breaks.
pub fn check(make: impl Fn() -> Box<dyn Weighting>) -> Result<Report, Failures> {
    check_by_tasks(|_| make())
}

/// As [`check`], for weightings with options for each task.
///
/// # Errors
/// All rules that it breaks.
pub fn check_by_tasks(make: impl Fn(usize) -> Box<dyn Weighting>) -> Result<Report, Failures> {
    let weighting = make(2).name();
    let (mut checked, mut failures) = (Vec::new(), Vec::new());
    for (rule, holds) in RULES {
        match holds(&make) {
            Ok(()) => checked.push(*rule),
            Err(problem) => failures.push(Failure { rule, problem }),
        }
    }
    if failures.is_empty() {
        return Ok(Report { weighting, checked });
    }
    Err(Failures { weighting, failures })
}

/// Fails with a message where a condition does not hold.
fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.failures.len();
        write!(f, "weighting `{}` breaks {count} rules of {}:", self.weighting, RULES.len())?;
        for Failure { rule, problem } in &self.failures {
            write!(f, "\n  {rule}: {problem}")?;
        }
        Ok(())
    }
}
