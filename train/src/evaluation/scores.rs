//! From outputs to predictions to scores.

use serde::{Deserialize, Serialize};
use taskgraft_tasks::{
    Answer, Target, TargetKind, TaskSpec, metrics::Metric, text::Encoded, written::score_written,
};

use super::TaskOutputs;
use crate::Result;

/// The scores of one task on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskScores {
    pub task: String,
    /// In the order of the task's metrics: the first is what methods are compared by.
    pub metrics: Vec<(Metric, f64)>,
    /// Share of the written answers that are none of the task's labels or no number, and counted as wrong; none where
    /// answers are not written, or stand for neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unparsable: Option<f64>,
}

impl TaskScores {
    /// All that is measured, by name.
    pub fn figures(&self) -> impl Iterator<Item = (String, f64)> {
        let metrics = self.metrics.iter().map(|(metric, value)| (metric.to_string(), *value));
        metrics.chain(self.unparsable.map(|share| ("unparsable".into(), share)))
    }

    /// The score methods are compared by.
    pub fn main(&self) -> f64 {
        self.metrics.first().map_or(f64::NAN, |(_, value)| *value)
    }
}

/// The mean of the tasks' main scores.
pub fn mean_score(scores: &[TaskScores]) -> f64 {
    scores.iter().map(TaskScores::main).sum::<f64>() / scores.len().max(1) as f64
}

/// What the outputs predict, example by example: the likeliest label, the score on the task's own scale, or a text.
///
/// Words of a tagging example that were cut off by truncation count as the first label.
pub fn predicted(spec: &TaskSpec, outputs: &TaskOutputs, examples: &[Encoded]) -> Vec<Target> {
    if let TargetKind::Text { stands_for } = &spec.kind {
        let texts = written(stands_for.as_deref(), outputs).into_iter();
        return texts.map(|text| Target::Text(Answer::new(text))).collect();
    }
    let width = spec.kind.outputs();
    let one = |(values, example): (&Vec<f32>, &Encoded)| match &spec.kind {
        TargetKind::Class { .. } | TargetKind::Tokens { .. } | TargetKind::Text { .. } => {
            Target::Class(likeliest(values))
        }
        TargetKind::Score { min, max } => Target::Score(min + f64::from(values[0]) * (max - min)),
        TargetKind::Tags { .. } => {
            let mut tags: Vec<usize> = values.chunks_exact(width).map(likeliest).collect();
            if let Some(Target::Tags(gold)) = &example.target {
                tags.resize(gold.len(), 0);
            }
            Target::Tags(tags)
        }
    };
    outputs.by_example.iter().zip(examples).map(one).collect()
}

/// The texts that were written, or the labels' texts that ranked highest.
fn written(stands_for: Option<&TargetKind>, outputs: &TaskOutputs) -> Vec<String> {
    match stands_for {
        Some(TargetKind::Class { labels }) if outputs.written.is_empty() => {
            outputs.by_example.iter().map(|scores| labels[likeliest(scores)].clone()).collect()
        }
        _ => outputs.written.clone(),
    }
}

fn likeliest(logits: &[f32]) -> usize {
    let better = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
    (1..logits.len()).fold(0, better)
}

/// Scores a task's outputs on labelled examples.
///
/// # Errors
/// If a metric can't be computed, for instance of a split without labels.
pub fn score(spec: &TaskSpec, outputs: &TaskOutputs, examples: &[Encoded]) -> Result<TaskScores> {
    let task = spec.name.clone();
    if let TargetKind::Text { stands_for } = &spec.kind {
        let gold = examples.iter().filter_map(|example| match &example.target {
            Some(Target::Text(answer)) => Some(answer.clone()),
            _ => None,
        });
        let texts = written(stands_for.as_deref(), outputs);
        let scores = score_written(spec, &texts, &gold.collect::<Vec<_>>())?;
        let unparsable = scores.unparsable.map(|count| count as f64 / texts.len() as f64);
        return Ok(TaskScores { task, metrics: scores.metrics, unparsable });
    }
    let predictions = predicted(spec, outputs, examples);
    let gold: Vec<Target> = examples.iter().filter_map(|e| e.target.clone()).collect();
    let metrics = spec
        .metrics
        .iter()
        .map(|&metric| Ok((metric, metric.compute(&spec.kind, &predictions, &gold)?)))
        .collect::<Result<_>>()?;
    Ok(TaskScores { task, metrics, unparsable: None })
}
