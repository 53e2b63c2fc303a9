//! Answers of an encoder-decoder: what it writes, or the labels it finds likeliest.

use taskgraft_models::{
    Error,
    generation::{BeamSearch, GenerationOptions, generate, label_scores},
    t5::{T5, TokenBatch},
};

use super::{EvalBatch, EvalItem, TextData, Written};

/// Gets the answers to a batch.
pub(super) fn write(t5: &T5, batch: &EvalBatch, text: &TextData) -> EvalItem {
    let written = answers(t5, batch, text);
    EvalItem::written(batch.task, batch.examples.clone(), written)
}

fn answers(t5: &T5, batch: &EvalBatch, text: &TextData) -> Result<Written, String> {
    let failed = |error: Error| error.to_string();
    let (tokens, mask) = (batch.input.tokens.clone(), batch.input.mask.clone());
    let source = TokenBatch { tokens, mask, segments: None };
    if !text.labels.is_empty() {
        let scores = label_scores(t5, &source, &text.labels).map_err(failed)?;
        let single = |row: Vec<f64>| row.into_iter().map(|score| score as f32).collect();
        return Ok(Written::Ranked(scores.into_iter().map(single).collect()));
    }
    // Neither search draws anything, so it does not matter what the rows are called.
    let names: Vec<u64> = batch.examples.iter().map(|&example| example as u64).collect();
    let options = match text.beam {
        0 | 1 => GenerationOptions::greedy(text.limit),
        beams => GenerationOptions::beam(BeamSearch::new(beams), text.limit),
    };
    let rows = generate(t5, &source, &names, &options).map_err(failed)?.into_iter();
    let texts = rows.map(|row| {
        let tokens: Vec<u32> = row.tokens.iter().map(|&token| token as u32).collect();
        text.tokenizer.decode(&tokens).map_err(|error| error.to_string())
    });
    Ok(Written::Texts(texts.collect::<Result<_, _>>()?))
}
