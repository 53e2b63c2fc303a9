//! What an alignment study found, as sections of its report.

mod gradients;
mod outcome;
mod representations;

use super::Alignment;
use taskgraft::report::{HeatMap, Section};
use taskgraft::study::Settings;

/// Gradients, representations, transfer, prediction and groups; those that were measured.
pub fn sections(alignment: &Alignment, settings: &Settings) -> Vec<Section> {
    let parts = [
        gradients::section(alignment, settings),
        representations::section(alignment, settings),
        outcome::transfer(alignment),
        outcome::planted(alignment),
        outcome::prediction(alignment),
        outcome::groups(alignment),
    ];
    parts.into_iter().flatten().collect()
}

/// A matrix over the tasks.
fn over_tasks(
    alignment: &Alignment,
    (title, subtitle): (&str, &str),
    values: Vec<Vec<Option<f64>>>,
    decimals: usize,
) -> HeatMap {
    HeatMap {
        title: title.into(),
        subtitle: subtitle.into(),
        rows: alignment.tasks.clone(),
        columns: alignment.tasks.clone(),
        values,
        decimals,
    }
}

/// Times 100.
fn percent(values: &[Vec<Option<f64>>]) -> Vec<Vec<Option<f64>>> {
    values.iter().map(|row| row.iter().map(|value| value.map(|v| 100.0 * v)).collect()).collect()
}

/// A number with its sign as a minus.
fn number(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

fn optional(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".into(), |value| number(value, decimals))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Lowest and highest.
fn range(values: &[f64]) -> Option<(f64, f64)> {
    let low = values.iter().copied().reduce(f64::min)?;
    Some((low, values.iter().copied().reduce(f64::max)?))
}
