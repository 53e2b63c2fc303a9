//! Scores of generated texts by the metrics of their task, whatever they compare: texts, or what texts stand for.

use crate::{
    Answer, Error, Result, TargetKind, TaskSpec,
    metrics::{Metric, parse::parse, wsc},
};

/// The scores of a task's generated texts.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenScores {
    /// In the order of the task's metrics: the first is what methods are compared by.
    pub metrics: Vec<(Metric, f64)>,
    /// How many texts stand for no label or number of the task; none of a task whose texts stand for neither.
    pub unparsable: Option<usize>,
}

/// Scores what was written for each example against its gold answer.
///
/// # Errors
/// A task that is not text-to-text, another number of texts than of answers, no answers, or what the metrics say.
pub fn score_written(
    spec: &TaskSpec,
    written: &[String],
    gold: &[Answer],
) -> Result<WrittenScores> {
    let TargetKind::Text { stands_for } = &spec.kind else {
        return Err(Error::Invalid(format!(
            "task {} is not text-to-text; only answers in words are scored here",
            spec.name
        )));
    };
    if written.len() != gold.len() || gold.is_empty() {
        return Err(Error::Invalid(format!(
            "task {}: {} texts for {} answers; one for each is needed, and one at least",
            spec.name,
            written.len(),
            gold.len()
        )));
    }
    let parsed = match stands_for {
        Some(kind) => {
            let texts: Vec<&str> = gold.iter().map(|answer| answer.text.as_str()).collect();
            let targets = parse(kind, &texts)?.targets.into_iter().collect::<Option<Vec<_>>>();
            let targets = targets.ok_or_else(|| {
                Error::Invalid(format!(
                    "task {}: a gold answer is not one of its labels",
                    spec.name
                ))
            })?;
            Some((kind, parse(kind, written)?, targets))
        }
        None => None,
    };
    let groups: Option<Vec<u32>> = gold.iter().map(|answer| answer.group).collect();
    let score = |metric: Metric| match (&parsed, metric) {
        (_, Metric::Wsc) => {
            let candidates: Vec<String> = gold.iter().map(|answer| answer.text.clone()).collect();
            let right: Vec<bool> = gold.iter().map(|answer| !answer.accepted.is_empty()).collect();
            Ok(wsc::accuracy(written, &candidates, &right))
        }
        (Some((kind, parsed, targets)), metric) if !metric.compares_texts() => {
            metric.compute_parsed(kind, &parsed.targets, targets, groups.as_deref())
        }
        _ => {
            let accepted: Vec<_> = gold.iter().map(|answer| answer.accepted.clone()).collect();
            metric.compute_texts(written, &accepted)
        }
    };
    let metrics = spec.metrics.iter().map(|&metric| Ok((metric, score(metric)?)));
    Ok(WrittenScores {
        metrics: metrics.collect::<Result<_>>()?,
        unparsable: parsed.as_ref().map(|(_, parsed, _)| parsed.unparsable()),
    })
}
