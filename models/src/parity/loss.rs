//! The losses that the transformers library attaches to its heads: mean cross-entropy over the
//! labels that are not -100, and mean squared error for a single score.

use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use super::case::Case;
use crate::Result;
use crate::heads::HeadOutput;

const NO_LABEL: i64 = -100;

pub(super) fn of(predicted: &HeadOutput, case: &Case, device: &Device) -> Result<Tensor<1>> {
    match predicted {
        HeadOutput::Classes(logits) => cross_entropy(logits.clone(), case, device),
        HeadOutput::Tokens(logits) => cross_entropy(logits.clone().flatten(0, 1), case, device),
        HeadOutput::Scores(scores) => squared_error(scores.clone(), case, device),
    }
}

/// `logits` `[rows, classes]`
fn cross_entropy(logits: Tensor<2>, case: &Case, device: &Device) -> Result<Tensor<1>> {
    let [rows, classes] = logits.dims();
    let labels = case.classes(classes)?;
    if labels.len() != rows {
        let found = labels.len();
        return Err(case.problem(format!("{found} labels for {rows} predictions")));
    }
    let weights: Vec<f32> = labels.iter().map(|v| f32::from(*v != NO_LABEL)).collect();
    let count = weights.iter().sum::<f32>();
    let chosen: Vec<i64> = labels.into_iter().map(|v| v.max(0)).collect();
    let chosen: Tensor<2, Int> = Tensor::from_data(TensorData::new(chosen, [rows, 1]), device);
    let weights: Tensor<2> = Tensor::from_data(TensorData::new(weights, [rows, 1]), device);
    let picked = activation::log_softmax(logits, 1).gather(1, chosen);
    Ok((picked * weights).sum().neg() / count)
}

/// `scores` `[rows]`
fn squared_error(scores: Tensor<1>, case: &Case, device: &Device) -> Result<Tensor<1>> {
    let labels = case.scores()?;
    let [rows] = scores.dims();
    if labels.len() != rows {
        let found = labels.len();
        return Err(case.problem(format!("{found} labels for {rows} predictions")));
    }
    let labels: Tensor<1> = Tensor::from_data(TensorData::new(labels, [rows]), device);
    let difference = scores - labels;
    Ok((difference.clone() * difference).mean())
}
