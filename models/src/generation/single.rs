//! Decoding with one continuation per row.

use burn::tensor::Tensor;

use super::Generated;
use crate::Result;
use crate::t5::{DecoderCache, Memory, T5};

/// Decodes up to `limit` tokens per row. `choose` is given the logits `[rows, vocabulary]` of the
/// rows that go on, their numbers in the batch, and the position.
pub(super) fn decode(
    model: &T5,
    memory: &Memory,
    limit: usize,
    choose: impl Fn(Tensor<2>, &[usize], usize) -> Result<Vec<usize>>,
) -> Result<Vec<Generated>> {
    let config = model.config();
    let count = memory.mask.dims()[0];
    let mut generated = vec![Generated { tokens: Vec::new(), ended: false, score: None }; count];
    let mut cache = DecoderCache::new(model, memory);
    let mut rows: Vec<usize> = (0..count).collect();
    let mut last = vec![config.decoder_start_token_id; count];
    for position in 0..limit {
        if rows.is_empty() {
            break;
        }
        let chosen = choose(model.step(&last, &mut cache), &rows, position)?;
        let mut going = Vec::with_capacity(rows.len());
        for (place, (&row, &token)) in rows.iter().zip(&chosen).enumerate() {
            let output = &mut generated[row];
            if token == config.eos_token_id {
                output.ended = true;
            } else {
                output.tokens.push(token);
                going.push(place);
            }
        }
        if going.len() < rows.len() {
            cache.select_rows(&going);
            cache.select_examples(&going);
            rows = going.iter().map(|&place| rows[place]).collect();
        }
        last = going.into_iter().map(|place| chosen[place]).collect();
    }
    Ok(generated)
}
