//! Metrics, as GLUE and conlleval report them.
//!
//! Each metric is one file with a plain function on indices or numbers; [`Metric`] picks one by name and takes the
//! targets apart. Values follow scikit-learn and scipy. Where those are undefined, a metric still gives a number,
//! so that a model which predicts one value throughout scores badly instead of ending a study: F1 without positives
//! and Matthews of a constant are 0 (as in scikit-learn), and a correlation with a constant is 0 (scipy: NaN).
//! Scores that are not finite are an error: they tell of a run that diverged, which no number should hide.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result, Target, TargetKind};

pub mod accuracy;
pub mod f1;
pub mod matthews;
pub mod pearson;
pub mod span_f1;
pub mod spearman;
pub mod tag_accuracy;

/// A metric; `compute` gives it on its usual scale (accuracy and F1 in [0, 1], correlations in [-1, 1]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    Accuracy,
    /// F1 of label 1, as GLUE reports for MRPC and QQP.
    F1,
    MacroF1,
    Matthews,
    Pearson,
    Spearman,
    /// Accuracy over words, for tagging.
    TagAccuracy,
    /// Micro-averaged F1 over BIO spans, as conlleval counts them.
    SpanF1,
}

impl Metric {
    /// The name in configs and files, such as `macro_f1`.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
            Metric::F1 => "f1",
            Metric::MacroF1 => "macro_f1",
            Metric::Matthews => "matthews",
            Metric::Pearson => "pearson",
            Metric::Spearman => "spearman",
            Metric::TagAccuracy => "tag_accuracy",
            Metric::SpanF1 => "span_f1",
        }
    }

    /// Scores predictions against gold targets of a task of this `kind`, whose labels name the spans of
    /// [`Metric::SpanF1`] and bound the indices of all.
    ///
    /// # Errors
    /// Different lengths, no examples, targets of a kind the metric does not take, an index outside the task's
    /// labels, or a score that is not finite. The message names the example by its position, counted from 0.
    pub fn compute(
        self,
        kind: &TargetKind,
        predictions: &[Target],
        gold: &[Target],
    ) -> Result<f64> {
        if predictions.len() != gold.len() {
            let (p, g) = (predictions.len(), gold.len());
            return Err(self
                .invalid(format!("{p} predictions for {g} gold targets; one for each is needed")));
        }
        if gold.is_empty() {
            return Err(self.invalid("no examples to score".into()));
        }
        match self {
            Metric::Accuracy | Metric::F1 | Metric::MacroF1 | Metric::Matthews => {
                let (p, g) = self.both(predictions, gold, |t| class_of(kind, t))?;
                Ok(match self {
                    Metric::Accuracy => accuracy::accuracy(&p, &g),
                    Metric::F1 => f1::f1_of_label(&p, &g, 1),
                    Metric::MacroF1 => f1::macro_f1(&p, &g),
                    _ => matthews::matthews(&p, &g),
                })
            }
            Metric::Pearson | Metric::Spearman => {
                let (p, g) = self.both(predictions, gold, |t| score_of(kind, t))?;
                Ok(if self == Metric::Pearson {
                    pearson::pearson(&p, &g)
                } else {
                    spearman::spearman(&p, &g)
                })
            }
            Metric::TagAccuracy | Metric::SpanF1 => {
                let (p, g) = self.both(predictions, gold, |t| tags_of(kind, t))?;
                if let Some(at) = p.iter().zip(&g).position(|(p, g)| p.len() != g.len()) {
                    let (words, tags) = (g[at].len(), p[at].len());
                    return Err(self.invalid(format!(
                        "example {at} has {words} gold tags but {tags} predicted ones"
                    )));
                }
                match kind {
                    TargetKind::Tags { labels } if self == Metric::SpanF1 => {
                        span_f1::span_f1(labels, &p, &g)
                    }
                    _ => tag_accuracy::tag_accuracy(&p, &g)
                        .ok_or_else(|| self.invalid("no words to score".into())),
                }
            }
        }
    }

    /// Takes both sides apart, or tells which example stands in the way.
    fn both<'a, T>(
        self,
        predictions: &'a [Target],
        gold: &'a [Target],
        take: impl Fn(&'a Target) -> Result<T, String>,
    ) -> Result<(Vec<T>, Vec<T>)> {
        let side = |targets: &'a [Target], name: &str| {
            let each = targets.iter().enumerate();
            each.map(|(at, t)| take(t).map_err(|p| self.invalid(format!("{name} {at} {p}"))))
                .collect::<Result<_>>()
        };
        Ok((side(predictions, "prediction")?, side(gold, "gold target")?))
    }

    fn invalid(self, problem: String) -> Error {
        Error::Invalid(format!("metric `{self}`: {problem}"))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A metric as papers print it: times 100, one digit after the point.
pub fn percent(value: f64) -> String {
    format!("{:.1}", 100.0 * value)
}

fn class_of(kind: &TargetKind, target: &Target) -> Result<usize, String> {
    match (kind, target) {
        (TargetKind::Class { labels }, Target::Class(class)) => index_in(labels, *class),
        _ => Err(mismatch("a class", kind, target)),
    }
}

fn score_of(kind: &TargetKind, target: &Target) -> Result<f64, String> {
    match (kind, target) {
        (TargetKind::Score { .. }, Target::Score(score)) if score.is_finite() => {
            Ok(f64::from(*score))
        }
        (TargetKind::Score { .. }, Target::Score(score)) => {
            Err(format!("is {score}, not a finite number"))
        }
        _ => Err(mismatch("a score", kind, target)),
    }
}

fn tags_of<'a>(kind: &TargetKind, target: &'a Target) -> Result<&'a [usize], String> {
    match (kind, target) {
        (TargetKind::Tags { labels }, Target::Tags(tags)) => tags
            .iter()
            .try_for_each(|tag| index_in(labels, *tag).map(drop))
            .map(|()| tags.as_slice()),
        _ => Err(mismatch("tags", kind, target)),
    }
}

fn index_in(labels: &[String], index: usize) -> Result<usize, String> {
    let count = labels.len();
    if index < count {
        Ok(index)
    } else {
        Err(format!("is label {index}, but the task has {count} labels"))
    }
}

fn mismatch(wanted: &str, kind: &TargetKind, target: &Target) -> String {
    let task = match kind {
        TargetKind::Class { .. } => "classes",
        TargetKind::Score { .. } => "scores",
        TargetKind::Tags { .. } => "tags",
        TargetKind::Tokens { .. } => "tokens",
    };
    let found = match target {
        Target::Class(_) => "a class",
        Target::Score(_) => "a score",
        Target::Tags(_) => "tags",
    };
    format!("is {found} of a task of {task}; the metric takes {wanted} of a task of the same kind")
}
