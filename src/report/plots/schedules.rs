//! Quantities the methods set over steps, λ above all: one panel per quantity.
//!
//! Methods often share a schedule. Lines that lie on one another are drawn with falling width, so
//! that each colour stays visible as a border of the next.

use super::canvas::{Panel, colour};
use super::lines::{Line, line_panel};
use crate::report::comparison::{Comparison, MethodRow, Schedule};
use crate::report::error::ReportError;

/// One panel per kind of schedule.
pub fn schedule_panels(comparison: &Comparison) -> Result<Vec<Panel>, ReportError> {
    let mut names: Vec<&str> = Vec::new();
    for schedule in &comparison.schedules {
        if !names.contains(&schedule.name.as_str()) {
            names.push(&schedule.name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let shown: Vec<&Schedule> =
                comparison.schedules.iter().filter(|s| s.name == name).collect();
            let lines: Vec<Line> = shown
                .iter()
                .enumerate()
                .map(|(index, schedule)| {
                    let hidden_by = shown[index + 1..].iter();
                    let covered = hidden_by.filter(|s| s.points == schedule.points).count();
                    let of_name = |m: &MethodRow| m.name == schedule.method;
                    let method = comparison.methods.iter().position(of_name);
                    Line {
                        colour: colour(method.unwrap_or(0)),
                        width: 2 + 4 * covered as u32,
                        points: schedule.points.clone(),
                        band: Vec::new(),
                    }
                })
                .collect();
            let methods: Vec<&str> = shown.iter().map(|s| s.method.as_str()).collect();
            Ok(Panel {
                title: name.to_owned(),
                subtitle: methods.join(", "),
                svg: line_panel(name, "step", name.split(" (").next().unwrap_or(name), &lines)?,
            })
        })
        .collect()
}
