//! A T5 case: `encoder_hidden.N`, the last states of both stacks, logits, loss, gradients, and the
//! texts `greedy` and `beamN` with `beamN_scores`, decoded as the notes say.

use std::path::Path;

use burn::optim::GradientsParams;
use burn::tensor::{Device, TensorData};

use super::case::Case;
use super::{CaseReport, Row, compare};
use crate::Result;
use crate::generation::{BeamSearch, EarlyStopping, GenerationOptions, generate};
use crate::hugging_face::{Architecture, T5Names, TrunkConfig, load_t5, named_values};
use crate::t5::{T5, TokenBatch, decoder_inputs, mean_loss};

pub(super) fn run(case: &Case, directory: &Path, device: &Device) -> Result<CaseReport> {
    let model = load_t5(directory, device)?.module;
    let config = model.config().clone();
    let (source, labels) = case.text_to_text(config.vocab_size, device)?;
    let mut rows = Vec::new();
    let mut values = |name: &str, ours: TensorData| {
        if let Some(expected) = case.expected(name) {
            rows.push(compare::values(name, ours, &expected));
        }
    };
    let (memory, layers) = model.encode_with_layers(&source, None);
    for (index, hidden) in layers.into_iter().enumerate() {
        values(&format!("encoder_hidden.{index}"), hidden.into_data());
    }
    values("encoder_last_hidden_state", memory.hidden.to_data());
    let (start, padding) = (config.decoder_start_token_id, config.pad_token_id);
    let inputs = decoder_inputs(labels.clone(), None, start, padding);
    let hidden = model.decode(inputs, None, &memory, None);
    values("decoder_last_hidden_state", hidden.to_data());
    let logits = model.logits(hidden);
    rows.push(compare::values("logits", logits.to_data(), &case.require("logits")?));
    let loss = mean_loss(logits, labels, 0.0);
    rows.push(compare::loss(loss.to_data(), &case.require("loss")?));
    let gradients = GradientsParams::from_grads(loss.backward(), &model);
    let ours = named_values(&model, &T5Names::new(&config), Some(&gradients))?;
    rows.extend(compare::gradients(&ours, &case.gradients()));
    rows.extend(texts(case, &model, &source)?);
    let not_compared = case.not_compared(&rows);
    let (case, architecture) =
        (case.name(), Architecture::Trunk.class_name(&TrunkConfig::T5(config)));
    Ok(CaseReport { case, architecture, rows, not_compared })
}

fn texts(case: &Case, model: &T5, source: &TokenBatch) -> Result<Vec<Row>> {
    let end = model.config().eos_token_id as i64;
    let examples: Vec<u64> = (0..source.tokens.dims()[0] as u64).collect();
    let mut rows = Vec::new();
    if let Some(expected) = case.expected_rows("greedy") {
        let options = GenerationOptions::greedy(limit(&case.note("greedy"), &expected));
        let texts = generate(model, source, &examples, &options)?;
        rows.push(compare::texts("greedy", &texts, &expected, end));
    }
    for beams in 1..=16 {
        let name = format!("beam{beams}");
        let Some(expected) = case.expected_rows(&name) else { continue };
        let note = case.note(&name);
        let early = match after(&note, "early_stopping") {
            Some("true") => EarlyStopping::WhenFull,
            Some("never") => EarlyStopping::Never,
            _ => EarlyStopping::Heuristic,
        };
        let penalty = after(&note, "length_penalty").and_then(|p| p.parse().ok()).unwrap_or(1.0);
        let search = BeamSearch::new(beams).with_length_penalty(penalty).with_early_stopping(early);
        let options = GenerationOptions::beam(search, limit(&note, &expected));
        let texts = generate(model, source, &examples, &options)?;
        rows.push(compare::texts(&name, &texts, &expected, end));
        let name = format!("{name}_scores");
        if let Some(expected) = case.expected(&name) {
            let scores: Vec<f64> = texts.iter().filter_map(|text| text.score).collect();
            let count = scores.len();
            rows.push(compare::values(&name, TensorData::new(scores, [count]), &expected));
        }
    }
    Ok(rows)
}

/// The number of new tokens, by the notes or else by the reference's width.
fn limit(note: &str, expected: &[Vec<i64>]) -> usize {
    let noted = after(note, "max_new_tokens").and_then(|count| count.parse().ok());
    noted.unwrap_or(expected.first().map_or(1, |row| row.len().saturating_sub(1)).max(1))
}

/// The word that follows `key` in a note.
fn after<'a>(note: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = note.split_once(key)?;
    rest.split([' ', ',', '=']).find(|word| !word.is_empty())
}
