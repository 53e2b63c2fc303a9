//! Metrics on numbers in double precision, also where they were read from generated text.
//!
//! Numbers that are written in a file or by a model never pass through the single precision of [`Target::Score`],
//! in which large numbers and those close to each other become equal.
//!
//! [`Target::Score`]: crate::Target::Score

use super::{Metric, pearson::pearson, spearman::spearman};
use crate::Result;

impl Metric {
    /// Whether the metric compares numbers, so that it goes with [`Metric::compute_numbers`].
    pub fn compares_numbers(self) -> bool {
        matches!(self, Metric::Pearson | Metric::Spearman)
    }

    /// Scores numbers against gold ones; `None` stands for a text that is no number, and counts as `unread`, which
    /// lies below the scale.
    ///
    /// # Errors
    /// Different lengths, no examples, a number that is not finite (the message names its position, counted from 0),
    /// or a metric that does not compare numbers.
    pub fn compute_numbers(
        self,
        predictions: &[Option<f64>],
        gold: &[f64],
        unread: f64,
    ) -> Result<f64> {
        self.same_length(predictions.len(), gold.len(), "gold numbers")?;
        let predictions: Vec<f64> = predictions.iter().map(|p| p.unwrap_or(unread)).collect();
        for (numbers, side) in [(predictions.as_slice(), "prediction"), (gold, "gold number")] {
            if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
                let problem = format!("{side} {at} is {}, not a finite number", numbers[at]);
                return Err(self.invalid(problem));
            }
        }
        match self {
            Metric::Pearson => Ok(pearson(&predictions, gold)),
            Metric::Spearman => Ok(spearman(&predictions, gold)),
            _ => {
                Err(self.invalid("it does not compare numbers; `pearson` and `spearman` do".into()))
            }
        }
    }
}
