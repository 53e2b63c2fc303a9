//! Reads labels and scores from generated text, as T5 does, and counts what cannot be read.
//!
//! A text is a label if it equals it, white space around aside: `entailment.` is none. A text is a score if it is a
//! finite decimal number, inside the task's scale or not. Nothing is guessed: what cannot be read is `None`, and
//! [`Metric::compute_parsed`](super::Metric::compute_parsed) counts it as wrong. A score becomes a target in single
//! precision; [`number`] keeps all of its digits.

use crate::{Error, Result, Target, TargetKind};

/// What predicted texts say.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// One for each text; `None` where the text is neither a label nor a number.
    pub targets: Vec<Option<Target>>,
}

impl Parsed {
    /// How many texts could not be read.
    pub fn unparsable(&self) -> usize {
        self.targets.iter().filter(|target| target.is_none()).count()
    }
}

/// The finite number that a text is, white space around it aside.
pub fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Reads the targets of a task of this `kind`.
///
/// # Errors
/// A task of tags or tokens, which have no text of their own.
pub fn parse<T: AsRef<str>>(kind: &TargetKind, texts: &[T]) -> Result<Parsed> {
    let trimmed = texts.iter().map(|text| text.as_ref().trim());
    let targets = match kind {
        TargetKind::Class { labels } => {
            trimmed.map(|text| labels.iter().position(|l| l == text).map(Target::Class)).collect()
        }
        TargetKind::Score { .. } => trimmed
            .map(|text| {
                text.parse().ok().filter(|score: &f64| score.is_finite()).map(Target::Score)
            })
            .collect(),
        TargetKind::Tags { .. } | TargetKind::Tokens { .. } | TargetKind::Text { .. } => {
            return Err(Error::Invalid(
                "only labels and scores are read from texts; compare other targets as texts, with `exact_match` or `token_f1`"
                    .into(),
            ));
        }
    };
    Ok(Parsed { targets })
}
