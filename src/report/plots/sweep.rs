//! Scores along a setting that several methods were run with: data-efficiency curves and the like.
//!
//! One panel per column of the result table, one line per family of methods that differ in nothing but the setting, in
//! the colour of the family's first method.

use super::canvas::{Panel, colour};
use super::lines::{Line, line_panel};
use crate::report::comparison::{Comparison, Sweep};
use crate::report::error::ReportError;
use crate::report::p_value::Column;

/// One panel per column; none where no setting was swept.
pub fn sweep_panels(comparison: &Comparison) -> Result<Vec<Panel>, ReportError> {
    let Some(sweep) = &comparison.sweep else { return Ok(vec![]) };
    let columns = comparison.columns().into_iter();
    columns.map(|column| panel(comparison, sweep, column)).collect()
}

fn panel(comparison: &Comparison, sweep: &Sweep, column: Column) -> Result<Panel, ReportError> {
    let mut families: Vec<&str> = Vec::new();
    for place in &sweep.places {
        if !families.contains(&place.family.as_str()) {
            families.push(&place.family);
        }
    }
    let lines: Vec<Line> =
        families.iter().map(|family| line(comparison, sweep, family, column)).collect();
    let name = comparison.column_name(column);
    Ok(Panel {
        title: name.to_owned(),
        subtitle: families.join(", "),
        svg: line_panel(&format!("{name} by {}", sweep.setting), &sweep.setting, "score", &lines)?,
    })
}

fn line(comparison: &Comparison, sweep: &Sweep, family: &str, column: Column) -> Line {
    let mut band: Vec<(f64, f64, f64)> = Vec::new();
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut first = comparison.methods.len();
    for place in sweep.places.iter().filter(|place| place.family == family) {
        let index = comparison.methods.iter().position(|m| m.name == place.method);
        let Some(index) = index else { continue };
        let scores: Vec<f64> =
            comparison.methods[index].scores(column).iter().map(|s| s * 100.0).collect();
        if scores.is_empty() {
            continue;
        }
        first = first.min(index);
        points.push((place.value, scores.iter().sum::<f64>() / scores.len() as f64));
        let lowest = scores.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        band.push((place.value, lowest, highest));
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    band.sort_by(|a, b| a.0.total_cmp(&b.0));
    Line { colour: colour(first), width: 2, points, band }
}
