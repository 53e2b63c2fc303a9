//! Outputs of a network over a split, put back in the order of its examples.

use std::sync::Arc;

use burn::{
    data::dataloader::DataLoader,
    train::{InferenceStep, Interrupter},
};

use crate::{
    Error, Result,
    train::{EvalBatch, EvalItem},
};

/// What a network's head put out for every example of a split: logits, or a score in [0, 1].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskOutputs {
    /// Numbers of each example; a tagging example has a row of them for every word.
    pub by_example: Vec<Vec<f32>>,
}

/// Runs `model` over all batches of `loader`; `sizes` are the numbers of examples of each task. Calls `after` with the
/// number of batches done.
///
/// # Errors
/// If the device fails, or the interrupter was told to stop.
pub fn collect<M>(
    model: &M,
    loader: &Arc<dyn DataLoader<EvalBatch>>,
    sizes: &[usize],
    interrupter: &Interrupter,
    mut after: impl FnMut(usize),
) -> Result<Vec<TaskOutputs>>
where
    M: InferenceStep<Input = EvalBatch, Output = EvalItem>,
{
    let failed = |text: String| Error::Training(format!("evaluation failed: {text}"));
    let mut all: Vec<TaskOutputs> =
        sizes.iter().map(|&n| TaskOutputs { by_example: vec![vec![]; n] }).collect();
    for (done, batch) in loader.iter().enumerate() {
        if interrupter.should_stop() {
            return Err(Error::Training("interrupted".into()));
        }
        let batch = batch.map_err(|e| failed(e.to_string()))?;
        let item = model.step(batch);
        let Some(outputs) = item.outputs else { continue };
        let [_, width] = outputs.dims();
        let data = outputs.try_into_data().map_err(|e| failed(e.to_string()))?.convert::<f32>();
        let values = data.as_slice::<f32>().map_err(|e| failed(format!("{e:?}")))?;
        let mut rest = values;
        for (&example, rows) in item.examples.iter().zip(&item.rows) {
            let (mine, others) = rest.split_at(rows * width);
            all[item.task].by_example[example] = mine.to_vec();
            rest = others;
        }
        after(done + 1);
    }
    Ok(all)
}
