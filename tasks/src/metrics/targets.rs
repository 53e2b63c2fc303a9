//! Metrics on targets: labels, scores and tags, also where they were read from generated text.

use super::{Metric, accuracy, f1, matthews, multirc, span_f1, tag_accuracy};
use crate::{Result, Target, TargetKind};

impl Metric {
    /// Whether the metric asks which examples belong together, as only written answers say.
    pub fn needs_groups(self) -> bool {
        self == Metric::MultircEm
    }

    /// Scores predictions against gold targets of a task of this `kind`, whose labels name the spans of
    /// [`Metric::SpanF1`] and bound the indices of all.
    ///
    /// # Errors
    /// Different lengths, no examples, targets of a kind the metric does not take, an index outside the task's
    /// labels, or a score that is not finite. The message names the example by its position, counted from 0. Metrics
    /// that compare texts or need groups are refused.
    pub fn compute(
        self,
        kind: &TargetKind,
        predictions: &[Target],
        gold: &[Target],
    ) -> Result<f64> {
        let predictions: Vec<Option<&Target>> = predictions.iter().map(Some).collect();
        self.of_targets(kind, &predictions, gold, None)
    }

    /// Scores targets that were read from texts, where `None` stands for a text that could not be read, against gold
    /// targets. `groups` names the group of each example for the metrics that need it ([`Metric::MultircEm`]).
    ///
    /// A text that could not be read is always wrong, in T5's way: an additional label for Matthews, and for accuracy
    /// and macro F1 (which does not average over it); the label that is not gold for the F1 of one label; and for
    /// correlations one below the scale's lower end.
    ///
    /// # Errors
    /// As [`Metric::compute`]; tags cannot be missing.
    pub fn compute_parsed(
        self,
        kind: &TargetKind,
        predictions: &[Option<Target>],
        gold: &[Target],
        groups: Option<&[u32]>,
    ) -> Result<f64> {
        let predictions: Vec<Option<&Target>> = predictions.iter().map(Option::as_ref).collect();
        self.of_targets(kind, &predictions, gold, groups)
    }

    fn of_targets(
        self,
        kind: &TargetKind,
        predictions: &[Option<&Target>],
        gold: &[Target],
        groups: Option<&[u32]>,
    ) -> Result<f64> {
        self.same_length(predictions.len(), gold.len(), "gold targets")?;
        match self {
            Metric::Accuracy
            | Metric::F1
            | Metric::MacroF1
            | Metric::MacroF1All
            | Metric::Matthews
            | Metric::MultircF1a
            | Metric::MultircEm => {
                let (p, g) = self.both(predictions, gold, |t| class_of(kind, t))?;
                self.of_classes(kind.outputs(), &p, &g, groups)
            }
            Metric::Pearson | Metric::Spearman => {
                let (p, g) = self.both(predictions, gold, |t| score_of(kind, t))?;
                let below = match kind {
                    TargetKind::Score { min, .. } => min - 1.0,
                    _ => 0.0,
                };
                self.compute_numbers(&p, &g, below)
            }
            Metric::TagAccuracy | Metric::SpanF1 => {
                let (p, g) = self.both(predictions, gold, |t| tags_of(kind, t))?;
                self.of_tags(kind, &p, &g)
            }
            _ => Err(self.invalid("it compares texts, not targets; use `compute_texts`".into())),
        }
    }

    fn of_classes(
        self,
        labels: usize,
        predictions: &[Option<usize>],
        gold: &[usize],
        groups: Option<&[u32]>,
    ) -> Result<f64> {
        let unread = |otherwise: fn(usize, usize) -> usize| -> Vec<usize> {
            let each = predictions.iter().zip(gold);
            each.map(|(p, g)| p.unwrap_or_else(|| otherwise(*g, labels))).collect()
        };
        let extra = || unread(|_, labels| labels);
        Ok(match self {
            Metric::Accuracy => accuracy::accuracy(&extra(), gold),
            Metric::MacroF1 => f1::macro_f1(labels, &extra(), gold),
            Metric::MacroF1All => f1::macro_f1_all(labels, &extra(), gold),
            Metric::Matthews => matthews::matthews(&extra(), gold),
            Metric::MultircEm => {
                let problem = "it needs the question of every answer; use `compute_parsed` with one group each";
                let groups = groups
                    .filter(|groups| groups.len() == gold.len())
                    .ok_or_else(|| self.invalid(problem.into()))?;
                multirc::exact_match(groups, &extra(), gold)
            }
            _ => f1::f1_of_label(&unread(|gold, _| usize::from(gold != 1)), gold, 1),
        })
    }

    fn of_tags(
        self,
        kind: &TargetKind,
        predictions: &[Option<&[usize]>],
        gold: &[&[usize]],
    ) -> Result<f64> {
        let predictions: Vec<&[usize]> =
            predictions.iter().map(|tags| tags.unwrap_or_default()).collect();
        let differ = predictions.iter().zip(gold).position(|(p, g)| p.len() != g.len());
        if let Some(at) = differ {
            let (words, tags) = (gold[at].len(), predictions[at].len());
            return Err(self.invalid(format!(
                "example {at} has {words} gold tags but {tags} predicted ones; give as many"
            )));
        }
        match kind {
            TargetKind::Tags { labels } if self == Metric::SpanF1 => {
                span_f1::span_f1(labels, &predictions, gold)
            }
            _ => tag_accuracy::tag_accuracy(&predictions, gold).ok_or_else(|| {
                self.invalid("there are no words to score; give at least one".into())
            }),
        }
    }

    /// Takes both sides apart, or tells which example stands in the way.
    fn both<'a, T>(
        self,
        predictions: &[Option<&'a Target>],
        gold: &'a [Target],
        take: impl Fn(&'a Target) -> Result<T, String>,
    ) -> Result<(Vec<Option<T>>, Vec<T>)> {
        let one = |at: usize, target: &'a Target, side: &str| {
            take(target).map_err(|problem| self.invalid(format!("{side} {at} {problem}")))
        };
        let predicted = predictions.iter().enumerate();
        let predicted = predicted.map(|(at, t)| t.map(|t| one(at, t, "prediction")).transpose());
        let gold = gold.iter().enumerate().map(|(at, target)| one(at, target, "gold target"));
        Ok((predicted.collect::<Result<_>>()?, gold.collect::<Result<_>>()?))
    }

    /// One prediction for each gold target or text, and at least one.
    pub(super) fn same_length(self, predictions: usize, gold: usize, what: &str) -> Result<()> {
        if predictions != gold {
            return Err(self.invalid(format!(
                "{predictions} predictions for {gold} {what}; one for each is needed"
            )));
        }
        if gold == 0 {
            return Err(self.invalid("there are no examples to score; give at least one".into()));
        }
        Ok(())
    }
}

fn class_of(kind: &TargetKind, target: &Target) -> Result<usize, String> {
    match (kind, target) {
        (TargetKind::Class { labels }, Target::Class(class)) => index_in(labels, *class),
        _ => Err(mismatch("a class", kind, target)),
    }
}

fn score_of(kind: &TargetKind, target: &Target) -> Result<f64, String> {
    match (kind, target) {
        (TargetKind::Score { .. }, Target::Score(score)) if score.is_finite() => Ok(*score),
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
        Err(format!("is label {index}, but the task has {count} labels, counted from 0"))
    }
}

fn mismatch(wanted: &str, kind: &TargetKind, target: &Target) -> String {
    let task = match kind {
        TargetKind::Class { .. } => "classes",
        TargetKind::Score { .. } => "scores",
        TargetKind::Tags { .. } => "tags",
        TargetKind::Tokens { .. } => "tokens",
        TargetKind::Text { .. } => "texts",
    };
    let found = match target {
        Target::Class(_) => "a class",
        Target::Score(_) => "a score",
        Target::Tags(_) => "tags",
        Target::Text(_) => "a text",
    };
    format!(
        "is {found} and its task is of {task}; the metric takes {wanted} of a task of the same kind"
    )
}
