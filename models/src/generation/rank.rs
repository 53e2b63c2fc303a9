//! Rank classification: the class whose label text the model finds likeliest. Unlike decoding
//! freely, it always yields one of the labels.

use burn::tensor::{Int, Tensor, TensorData, activation};

use super::{encoded, floats};
use crate::t5::{DecoderCache, T5, TokenBatch};
use crate::{Error, Result};

/// The log-probability of every label given every row of `source`, `[row][label]`.
///
/// Labels are target texts as the model was trained on them, the end-of-sequence token included.
/// Sums are not divided by length.
///
/// # Errors
/// Where there is no label, one is empty or has a token beyond the vocabulary, or rows are packed.
pub fn label_scores(
    model: &T5,
    source: &TokenBatch,
    labels: &[Vec<usize>],
) -> Result<Vec<Vec<f64>>> {
    let vocabulary = model.config().vocab_size;
    let is_wrong = |label: &Vec<usize>| label.is_empty() || label.iter().any(|t| *t >= vocabulary);
    if labels.is_empty() || labels.iter().any(is_wrong) {
        return Err(Error::Invalid(format!(
            "expected one or more labels, each of one or more tokens below `vocab_size`, {vocabulary}"
        )));
    }
    let (model, memory) = encoded(model, source)?;
    let rows = memory.mask.dims()[0];
    let mut scores = vec![vec![0.0; labels.len()]; rows];
    let mut cache = DecoderCache::new(&model, &memory);
    let mut last = vec![model.config().decoder_start_token_id; rows * labels.len()];
    // An example's labels are rows of one step; a label that has ended is carried along.
    let longest = labels.iter().map(Vec::len).max().unwrap_or(0);
    for position in 0..longest {
        let logits = model.step(&last, &mut cache);
        let next = labels.iter().map(|label| label.get(position).copied());
        let next: Vec<Option<usize>> = next.collect();
        let tokens: Vec<usize> = next.iter().map(|token| token.unwrap_or(0)).collect();
        last = tokens.repeat(rows);
        let ids: Vec<i32> = last.iter().map(|&token| token as i32).collect();
        let ids = TensorData::new(ids, [last.len(), 1]);
        let ids: Tensor<2, Int> = Tensor::from_data(ids, &logits.device());
        let log_probabilities = floats(activation::log_softmax(logits, 1).gather(1, ids))?;
        let of_rows = log_probabilities.chunks_exact(labels.len());
        for (scores, values) in scores.iter_mut().zip(of_rows) {
            for ((score, value), token) in scores.iter_mut().zip(values).zip(&next) {
                *score += token.map_or(0.0, |_| f64::from(*value));
            }
        }
    }
    Ok(scores)
}
