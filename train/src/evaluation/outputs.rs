//! Outputs of a network over a split, put back in the order of its examples.

use std::sync::Arc;

use burn::{
    data::dataloader::DataLoader,
    train::{InferenceStep, Interrupter},
};

use crate::{Error, EvalBatch, EvalItem, Result, Written, signals};

/// What a network's head put out for every example of a split: logits, or a score in [0, 1].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskOutputs {
    /// Numbers of each example; a tagging example has a row of them for every word.
    pub by_example: Vec<Vec<f32>>,
    /// What was written for each example; empty where nothing is.
    pub written: Vec<String>,
}

impl TaskOutputs {
    /// Puts what was written for a batch where its examples are.
    fn take(&mut self, examples: &[usize], written: Written) {
        match written {
            Written::Texts(texts) => {
                self.written.resize(self.by_example.len(), String::new());
                for (&example, text) in examples.iter().zip(texts) {
                    self.written[example] = text;
                }
            }
            Written::Ranked(scores) => {
                for (&example, scores) in examples.iter().zip(scores) {
                    self.by_example[example] = scores;
                }
            }
        }
    }
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
    let empty = |&n: &usize| TaskOutputs { by_example: vec![vec![]; n], written: vec![] };
    let mut all: Vec<TaskOutputs> = sizes.iter().map(empty).collect();
    for (done, batch) in loader.iter().enumerate() {
        signals::check("while a network was evaluated")?;
        if interrupter.should_stop() {
            return Err(Error::Training("the evaluation was interrupted".into()));
        }
        let batch = batch.map_err(|e| failed(e.to_string()))?;
        let item = model.step(batch);
        if let Some(written) = item.written {
            all[item.task].take(&item.examples, written.map_err(failed)?);
            after(done + 1);
            continue;
        }
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
