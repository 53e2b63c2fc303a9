//! Predictions on disk: one JSON line an example, so that scores can be computed again without the network.

use std::path::Path;

use serde::Serialize;
use taskgraft_tasks::{Target, TaskSpec, text::Encoded};

use super::{TaskOutputs, predicted};
use crate::{Error, Result, files::write_atomic};

#[derive(Serialize)]
struct Line<'a> {
    id: u32,
    predicted: &'a Target,
    gold: &'a Option<Target>,
    outputs: &'a [f32],
}

/// Writes what the outputs predict for each example, in their order.
///
/// # Errors
/// If the file can't be written.
pub fn write_predictions(
    path: &Path,
    spec: &TaskSpec,
    examples: &[Encoded],
    outputs: &TaskOutputs,
) -> Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(Error::io(parent))?;
    }
    let predictions = predicted(spec, outputs, examples);
    let mut lines = Vec::new();
    for ((example, predicted), outputs) in
        examples.iter().zip(&predictions).zip(&outputs.by_example)
    {
        let line = Line { id: example.id.0, predicted, gold: &example.target, outputs };
        serde_json::to_writer(&mut lines, &line)
            .map_err(|e| Error::File { path: path.into(), problem: e.to_string() })?;
        lines.push(b'\n');
    }
    Ok(write_atomic(path, &lines)?)
}
