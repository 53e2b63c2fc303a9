//! From outputs to predictions to scores.

use serde::{Deserialize, Serialize};
use taskgraft_tasks::{Target, TargetKind, TaskSpec, metrics::Metric, text::Encoded};

use super::TaskOutputs;
use crate::Result;

/// The scores of one task on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskScores {
    pub task: String,
    /// In the order of the task's metrics: the first is what methods are compared by.
    pub metrics: Vec<(Metric, f64)>,
}

impl TaskScores {
    /// The score methods are compared by.
    pub fn main(&self) -> f64 {
        self.metrics.first().map_or(f64::NAN, |(_, value)| *value)
    }
}

/// The mean of the tasks' main scores.
pub fn mean_score(scores: &[TaskScores]) -> f64 {
    scores.iter().map(TaskScores::main).sum::<f64>() / scores.len().max(1) as f64
}

/// What the outputs predict, example by example: the likeliest label, or the score on the task's own scale.
///
/// Words of a tagging example that were cut off by truncation count as the first label.
pub fn predicted(spec: &TaskSpec, outputs: &TaskOutputs, examples: &[Encoded]) -> Vec<Target> {
    let width = spec.kind.outputs();
    let one = |(values, example): (&Vec<f32>, &Encoded)| match &spec.kind {
        TargetKind::Class { .. } | TargetKind::Tokens { .. } => Target::Class(likeliest(values)),
        TargetKind::Score { min, max } => Target::Score(min + values[0] * (max - min)),
        TargetKind::Tags { .. } => {
            let mut tags: Vec<usize> = values.chunks_exact(width).map(likeliest).collect();
            if let Some(Target::Tags(gold)) = &example.target {
                tags.resize(gold.len(), 0);
            }
            Target::Tags(tags)
        }
        TargetKind::Text { .. } => {
            unreachable!("no head writes text; its task is refused when encoded")
        }
    };
    outputs.by_example.iter().zip(examples).map(one).collect()
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
    let predictions = predicted(spec, outputs, examples);
    let gold: Vec<Target> = examples.iter().filter_map(|e| e.target.clone()).collect();
    let metrics = spec
        .metrics
        .iter()
        .map(|&metric| Ok((metric, metric.compute(&spec.kind, &predictions, &gold)?)))
        .collect::<Result<_>>()?;
    Ok(TaskScores { task: spec.name.clone(), metrics })
}
