//! The form in which a task meets a network: labelled, for a head that predicts, or in words, for a decoder that
//! writes.
//!
//! Tasks of classes, scores and tags have both forms. A task whose answers are free texts can only be written, and one
//! that asks for hidden tokens can only be predicted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result, TargetKind, TaskSpec};

/// How a task meets a network.
///
/// ```
/// use taskgraft_tasks::{Form, suite::Suite, synthetic::Synthetic};
///
/// let suite = Synthetic::new(Default::default())?;
/// assert!(suite.spec_in("sentiment", Form::InWords)?.kind.is_text());
/// assert!(!suite.spec_in("sentiment", Form::Labelled)?.kind.is_text());
/// # Ok::<(), taskgraft_tasks::Error>(())
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A head predicts the target.
    #[default]
    Labelled,
    /// A decoder writes the target.
    InWords,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Form::Labelled => "labelled",
            Form::InWords => "in words",
        })
    }
}

impl TargetKind {
    /// The forms that a task with this target has.
    pub fn forms(&self) -> Vec<Form> {
        match self {
            TargetKind::Class { .. } | TargetKind::Score { .. } | TargetKind::Tags { .. } => {
                vec![Form::Labelled, Form::InWords]
            }
            TargetKind::Tokens { .. } => vec![Form::Labelled],
            TargetKind::Text { .. } => vec![Form::InWords],
        }
    }

    /// Whether the target is a text from the start, so that nothing is left to put in words.
    pub fn is_text(&self) -> bool {
        matches!(self, TargetKind::Text { .. })
    }
}

impl Form {
    /// Refuses a form that a task does not have.
    ///
    /// # Errors
    /// Exactly then.
    pub fn check(self, spec: &TaskSpec) -> Result<()> {
        let forms = spec.kind.forms();
        if forms.contains(&self) {
            return Ok(());
        }
        let forms: Vec<String> = forms.iter().map(Form::to_string).collect();
        Err(Error::Invalid(format!(
            "task `{}` has no {self} form; it has: {}",
            spec.full_name(),
            forms.join(", ")
        )))
    }
}
