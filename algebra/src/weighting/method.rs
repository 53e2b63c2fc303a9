//! The interface of a weighting, and what it is given at a step.

use serde_json::Value;

use super::{Gramian, Needs, Properties, Result, WeightingError};

/// What a weighting is given at one step.
///
/// ```
/// use taskgraft_algebra::weighting::{Gramian, StepInputs};
///
/// let gramian = Gramian::from_rows(&[[4.0, -1.0], [-1.0, 1.0]])?;
/// let losses = [0.7, 0.9];
/// let inputs = StepInputs { step: 0, progress: 0.0, losses: &losses, gramian: Some(&gramian) };
/// assert_eq!(inputs.nonnegative_losses("mine")?, [0.7, 0.9]);
/// assert_eq!(inputs.gramian("mine")?.inner(0, 1), -1.0); // the two tasks' gradients conflict
/// # Ok::<(), taskgraft_algebra::weighting::WeightingError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StepInputs<'a> {
    /// The step, counted from 0.
    pub step: u64,
    /// How far training has come, in [0, 1].
    pub progress: f64,
    /// The loss of every task, in an order that never changes during a run.
    pub losses: &'a [f64],
    /// Inner products of the tasks' gradients, or of their moving averages for methods that ask for
    /// [`Tracking`](super::Tracking).
    pub gramian: Option<&'a Gramian>,
}

/// A function from losses and gradients' inner products to the tasks' weights, with what it remembers of past steps.
///
/// Anybody may implement it, in any crate:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use serde_json::Value;
/// use taskgraft_algebra::{
///     conformance,
///     weighting::{Needs, Properties, Result, StepInputs, Weighting, exact},
/// };
///
/// /// Weights in proportion to losses averaged over steps.
/// #[derive(Clone, Serialize, Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct Laggards {
///     keep: f64,
///     #[serde(skip)]
///     average: Option<exact::Floats>,
/// }
///
/// impl Default for Laggards {
///     fn default() -> Self {
///         Self { keep: 0.9, average: None }
///     }
/// }
///
/// impl Weighting for Laggards {
///     fn name(&self) -> &'static str {
///         "laggards"
///     }
///     fn needs(&self) -> Needs {
///         Needs::LOSSES
///     }
///     fn properties(&self) -> Properties {
///         Properties::CONVEX
///     }
///     fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>> {
///         let losses = inputs.nonnegative_losses(self.name())?;
///         let average = self.average.get_or_insert_with(|| exact::Floats(losses.to_vec()));
///         taskgraft_algebra::weighting::same_tasks("laggards", "past steps", average.0.len(), losses.len())?;
///         for (average, loss) in average.0.iter_mut().zip(losses) {
///             *average = self.keep * *average + (1.0 - self.keep) * loss;
///         }
///         let sum = average.0.iter().sum::<f64>().max(f64::MIN_POSITIVE);
///         Ok(average.0.iter().map(|loss| loss / sum).collect())
///     }
///     fn state(&self) -> Value {
///         exact::save(&self.average)
///     }
///     fn restore(&mut self, state: &Value) -> Result<()> {
///         self.average = exact::load(self.name(), state)?;
///         Ok(())
///     }
/// }
///
/// let report = conformance::check(|| Box::new(Laggards::default()))?;
/// assert!(report.checked.len() > 5);
/// # Ok::<(), conformance::Failures>(())
/// ```
pub trait Weighting: Send {
    /// The name under which it is registered: lower case, with hyphens.
    fn name(&self) -> &'static str;

    /// What the learner must supply.
    fn needs(&self) -> Needs;

    /// What it claims of itself.
    fn properties(&self) -> Properties;

    /// The weights of this step: the update direction is Σ wᵢ gᵢ. Called once per step, in order; what is remembered
    /// moves on.
    ///
    /// # Errors
    /// When a needed input is missing, the number of tasks changes, or a loss is not what the method is defined for.
    fn weights(&mut self, inputs: &StepInputs<'_>) -> Result<Vec<f64>>;

    /// Takes in the losses of the same batch after the update; for methods whose [`Needs`] say so.
    ///
    /// # Errors
    /// When the losses are not as many as before, or not what the method is defined for.
    fn observe_losses_after(&mut self, _losses: &[f64]) -> Result<()> {
        Ok(())
    }

    /// Everything remembered of past steps; null where there is nothing. Options are not part of it.
    fn state(&self) -> Value {
        Value::Null
    }

    /// Goes on from a saved state, bit for bit.
    ///
    /// # Errors
    /// When the state is not of this method.
    fn restore(&mut self, state: &Value) -> Result<()> {
        match state {
            Value::Null => Ok(()),
            _ => Err(WeightingError::State {
                method: self.name(),
                problem: "this method remembers nothing, but the state is not null".to_owned(),
            }),
        }
    }
}

impl<'a> StepInputs<'a> {
    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.losses.len()
    }

    /// The losses, all finite.
    ///
    /// # Errors
    /// When one is not.
    pub fn finite_losses(&self, method: &'static str) -> Result<&'a [f64]> {
        checked_losses(method, self.losses, "finite", f64::is_finite)
    }

    /// The losses, all finite and none below zero.
    ///
    /// # Errors
    /// When one is not.
    pub fn nonnegative_losses(&self, method: &'static str) -> Result<&'a [f64]> {
        nonnegative(method, self.losses)
    }

    /// The Gramian, of as many tasks as there are losses.
    ///
    /// # Errors
    /// When there is none, or of another number of tasks.
    pub fn gramian(&self, method: &'static str) -> Result<&'a Gramian> {
        let gramian = self.gramian.ok_or(WeightingError::NoGramian { method })?;
        same_tasks(method, "the losses", self.tasks(), gramian.tasks())?;
        Ok(gramian)
    }
}

/// The losses, all finite and none below zero.
///
/// # Errors
/// When one is not.
pub fn nonnegative<'a>(method: &'static str, losses: &'a [f64]) -> Result<&'a [f64]> {
    let requirement = "finite and not below zero, because the method compares ratios of losses";
    checked_losses(method, losses, requirement, |x| x.is_finite() && x >= 0.0)
}

fn checked_losses<'a>(
    method: &'static str,
    losses: &'a [f64],
    requirement: &'static str,
    allowed: impl Fn(f64) -> bool,
) -> Result<&'a [f64]> {
    if losses.is_empty() {
        let source_of_expected = "at least";
        return Err(WeightingError::Tasks { method, expected: 1, source_of_expected, found: 0 });
    }
    match losses.iter().position(|&loss| !allowed(loss)) {
        Some(task) => Err(WeightingError::Loss { method, task, value: losses[task], requirement }),
        None => Ok(losses),
    }
}

/// Checks that two numbers of tasks agree.
///
/// # Errors
/// When they do not.
pub fn same_tasks(
    method: &'static str,
    source_of_expected: &'static str,
    expected: usize,
    found: usize,
) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(WeightingError::Tasks { method, expected, source_of_expected, found })
}
