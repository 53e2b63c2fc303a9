//! The examples that a learned weighting measures its dev gradient on.

use std::{collections::HashSet, sync::Arc};

use taskgraft_tasks::{mixture::permute, text::Encoded};

use crate::{
    methods::{DevExamples, DevSource, TaskWeights},
    train::TaskData,
};

/// Examples for the dev head; held-out ones are taken from the task.
pub(super) fn dev_examples(
    weights: &TaskWeights,
    task: &mut TaskData,
    half: Option<Vec<Encoded>>,
    seed: u64,
) -> DevExamples {
    let source = match weights {
        TaskWeights::Learned(learned) => learned.dev.source,
        _ => DevSource::Dev,
    };
    let meta = half.unwrap_or_else(|| task.dev.clone());
    let dev = TaskData { train: meta, dev: vec![], ..task.clone() };
    let (train, dev) = (Arc::new(task.clone()), Arc::new(dev));
    match source {
        DevSource::Dev => DevExamples { fit: dev.clone(), gradient: dev },
        DevSource::HeadOnTrain => DevExamples { fit: train, gradient: dev },
        DevSource::HeldOutTrain => {
            let count = task.train.len();
            let held: Vec<usize> = (0..count / 10).map(|i| permute(seed, count, i)).collect();
            let is_held: HashSet<usize> = held.iter().copied().collect();
            let out = held.iter().map(|&i| task.train[i].clone()).collect();
            let mut index = 0;
            task.train.retain(|_| {
                index += 1;
                !is_held.contains(&(index - 1))
            });
            let held = Arc::new(TaskData { train: out, dev: vec![], ..task.clone() });
            DevExamples { fit: held.clone(), gradient: held }
        }
    }
}
