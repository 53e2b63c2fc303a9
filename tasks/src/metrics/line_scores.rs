//! Scores of labels and numbers in files with one of them a line, against one file of references.
//!
//! Numbers are read and compared in double precision. Where the labels are not given, they are those of both files, so
//! that a predicted label which no reference has counts as one more label, as in scikit-learn; where they are given,
//! anything else cannot be read.

use std::collections::BTreeSet;

use super::{
    Metric,
    line_files::LineFile,
    parse::{number, parse},
};
use crate::{Error, Result, TargetKind};

/// A score of two files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineScore {
    /// In [0, 1] or [-1, 1].
    pub value: f64,
    /// Predictions that could not be read, and are counted as wrong.
    pub unparsable: usize,
}

/// Scores the predictions of one file against the references of another, line by line. `labels` may be empty;
/// `groups` names the group of each line for the metrics that need it.
///
/// # Errors
/// Files of different lengths, a reference that is neither a label nor a number, a metric of texts or tags, one that
/// needs to know the positive label where no labels are given, or one that needs groups where there are none.
pub fn score_lines(
    metric: Metric,
    labels: &[String],
    predictions: &LineFile,
    gold: &LineFile,
    groups: Option<&[u32]>,
) -> Result<LineScore> {
    predictions.same_length(gold)?;
    if metric.compares_numbers() {
        let predicted: Vec<Option<f64>> = predictions.lines.iter().map(|l| number(l)).collect();
        let gold = gold.numbers()?;
        let lowest = gold.iter().copied().fold(f64::INFINITY, f64::min);
        let unread = below(lowest);
        return Ok(LineScore {
            value: metric.compute_numbers(&predicted, &gold, unread)?,
            unparsable: predicted.iter().filter(|number| number.is_none()).count(),
        });
    }
    let refused = |problem: &str| Err(Error::Invalid(format!("metric `{metric}`: {problem}")));
    if metric.compares_texts()
        || matches!(metric, Metric::TagAccuracy | Metric::SpanF1 | Metric::Wsc)
    {
        return refused("lines are read as labels or numbers here, and it compares neither");
    }
    if labels.is_empty() && matches!(metric, Metric::F1 | Metric::MultircF1a) {
        return refused("give the labels in their order, the positive one second");
    }
    let labels = match labels {
        [] => labels_of(&[predictions, gold]),
        given => given.to_vec(),
    };
    let kind = TargetKind::Class { labels };
    let parsed = parse(&kind, &predictions.lines)?;
    let value = metric.compute_parsed(&kind, &parsed.targets, &gold.targets(&kind)?, groups)?;
    Ok(LineScore { value, unparsable: parsed.unparsable() })
}

/// A number below another one: one less, or further where that is the same in double precision.
fn below(number: f64) -> f64 {
    (number - 1.0).min(number.next_down()).max(f64::MIN)
}

/// All lines of some files, each once, sorted.
fn labels_of(files: &[&LineFile]) -> Vec<String> {
    let lines = files.iter().flat_map(|file| &file.lines);
    let labels: BTreeSet<&str> = lines.map(|line| line.trim()).collect();
    labels.into_iter().map(String::from).collect()
}
