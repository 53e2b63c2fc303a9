//! Micro-averaged F1 over the spans that tags mark, as conlleval (CoNLL-2000) counts them.
//!
//! A predicted span is right if its type, first and last word all agree with a gold span. Tags are `O`, `B-type` and
//! `I-type`; a span starts at `B`, and also at an `I` whose predecessor is `O` or of another type, so that IOB1 and
//! ill-formed predictions are read the way conlleval reads them. A bare `B` or `I` marks spans without a type.
//! F1 is 0 where no span is right, also if there are none at all. Spans do not run over the end of a sentence.

use std::collections::BTreeSet;

use crate::{Error, Result};

/// One label taken apart: whether it begins a span, and the span's type; `None` is `O`.
type Tag<'a> = Option<(bool, &'a str)>;

/// Type, first word, and the word after the last.
type Span<'a> = (&'a str, usize, usize);

/// Span F1 in [0, 1] of sentences of tags, both sides of the same shape and every tag an index into `labels`.
///
/// # Errors
/// A label that is neither `O` nor `B`, `I`, `B-type`, `I-type`.
pub fn span_f1(labels: &[String], predictions: &[&[usize]], gold: &[&[usize]]) -> Result<f64> {
    let tags = labels.iter().map(|label| parse(label)).collect::<Result<Vec<_>>>()?;
    let (mut right, mut found) = (0_usize, 0_usize);
    for (p, g) in predictions.iter().zip(gold) {
        let (p, g) = (spans(&tags, p), spans(&tags, g));
        right += p.intersection(&g).count();
        found += p.len() + g.len();
    }
    Ok(if right == 0 { 0.0 } else { 2.0 * right as f64 / found as f64 })
}

fn parse(label: &str) -> Result<Tag<'_>> {
    let (prefix, kind) = label.split_once('-').unwrap_or((label, ""));
    match prefix {
        "O" if kind.is_empty() => Ok(None),
        "B" => Ok(Some((true, kind))),
        "I" => Ok(Some((false, kind))),
        _ => Err(Error::Invalid(format!(
            "metric `span_f1`: label `{label}` marks no span; the task's labels must be `O`, `B-type` or `I-type`"
        ))),
    }
}

fn spans<'a>(tags: &[Tag<'a>], sentence: &[usize]) -> BTreeSet<Span<'a>> {
    let mut spans = BTreeSet::new();
    let mut open: Option<(&str, usize)> = None;
    for (at, tag) in sentence.iter().map(|index| tags[*index]).enumerate() {
        let goes_on = matches!((open, tag), (Some((was, _)), Some((false, kind))) if was == kind);
        if !goes_on {
            spans.extend(open.map(|(kind, start)| (kind, start, at)));
            open = tag.map(|(_, kind)| (kind, at));
        }
    }
    spans.extend(open.map(|(kind, start)| (kind, start, sentence.len())));
    spans
}
