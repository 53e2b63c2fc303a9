//! What a step does with the tasks' losses and gradients: a weighting, or a method that needs more than a Gramian.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use taskgraft_algebra::weighting::{
    Weighting,
    beyond_gramian::{AutoLambda, AutoLambdaConfig, ExcessMtl, GradDropConfig},
};

use crate::{Error, Result};

/// The rule of a weighting by name, ready for use.
pub enum Rule {
    /// A function of losses and Gramian.
    Weighting(Box<dyn Weighting>),
    /// A mask per coordinate.
    GradDrop(GradDropConfig),
    /// Excess risks per coordinate; `shift` is added to summed squares.
    ExcessMtl { rule: ExcessMtl, shift: f64 },
    /// Gradients of another batch.
    AutoLambda(AutoLambdaRule),
}

/// Auto-λ and what a learner must know of it.
pub struct AutoLambdaRule {
    pub rule: AutoLambda,
    /// Tasks whose loss the weights descend on, by place.
    pub primary: Vec<usize>,
    /// α, the length of the look-ahead step of plain gradient descent.
    pub look_ahead: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AutoLambdaOptions {
    initial: f64,
    learning_rate: f64,
    look_ahead: f64,
    primary: Option<Vec<usize>>,
}

impl Default for AutoLambdaOptions {
    fn default() -> Self {
        let AutoLambdaConfig { initial, learning_rate, .. } = AutoLambdaConfig::default();
        Self { initial, learning_rate, look_ahead: 0.1, primary: None }
    }
}

impl AutoLambdaRule {
    /// From JSON options, for `tasks` tasks.
    ///
    /// # Errors
    /// Options that are unknown or make no sense.
    pub(super) fn new(given: Value, tasks: usize) -> Result<Self> {
        const NAME: &str = "auto-lambda";
        let options: AutoLambdaOptions = options(NAME, given)?;
        let wrong =
            |problem: String| Error::Usage(format!("options of weighting `{NAME}`: {problem}"));
        let AutoLambdaOptions { initial, learning_rate, look_ahead, primary } = options;
        if !(look_ahead.is_finite() && look_ahead >= 0.0) {
            return Err(wrong(format!("`look_ahead` must be 0 or more; got {look_ahead}")));
        }
        if primary.as_ref().is_some_and(Vec::is_empty) {
            return Err(wrong("`primary` names no task; leave it out for all".into()));
        }
        let primary = primary.unwrap_or_else(|| (0..tasks).collect());
        let config = AutoLambdaConfig { initial, learning_rate, ..Default::default() };
        let rule = config.init(tasks).map_err(|e| Error::Usage(e.to_string()))?;
        Ok(Self { rule, primary, look_ahead })
    }
}

/// The options of the method called `name`.
///
/// # Errors
/// Options that are unknown or of the wrong kind.
pub(super) fn options<C: DeserializeOwned>(name: &str, given: Value) -> Result<C> {
    serde_json::from_value(given)
        .map_err(|e| Error::Usage(format!("options of weighting `{name}`: {e}")))
}
