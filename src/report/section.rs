//! What an experiment reports beside scores: text, figures and tables of its own, in the order it gives.
//!
//! Sections stand between the scores and the course of training on the page. Markdown shows their text and tables, and
//! heat maps as tables; the terminal text and tables alone.

use serde::{Deserialize, Serialize};

use super::format::MISSING;

/// A part of a report.
///
/// ```
/// use taskgraft::{prelude::*, report::FactTable};
///
/// let header = ["task", "tokens"].map(String::from).to_vec();
/// let rows = vec![["rte", "64.2"].map(String::from).to_vec()];
/// let table = FactTable { title: "Mean lengths".into(), header, rows };
/// let section = Section { title: "Texts".into(), tables: vec![table], ..Section::default() };
/// assert_eq!(section.all_tables().len(), 1); // `study.section` adds it to the report
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub title: String,
    /// What it shows, one paragraph each.
    pub text: Vec<String>,
    pub figures: Vec<Figure>,
    pub tables: Vec<FactTable>,
    /// How the numbers came about, in small print.
    pub caption: String,
}

/// A drawing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Figure {
    HeatMap(HeatMap),
    Curves(CurveFigure),
    Scatter(ScatterFigure),
}

/// A matrix in colours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    pub title: String,
    pub subtitle: String,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// By row, then column; `None` where there is no value.
    pub values: Vec<Vec<Option<f64>>>,
    pub decimals: usize,
}

/// Lines over a common axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveFigure {
    pub title: String,
    pub subtitle: String,
    pub x_label: String,
    pub y_label: String,
    pub lines: Vec<NamedLine>,
}

/// One line of a figure; lines are coloured in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedLine {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    /// (x, lowest, highest) of what the line averages; empty for none.
    pub band: Vec<(f64, f64, f64)>,
}

/// Points of two measurements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScatterFigure {
    pub title: String,
    pub subtitle: String,
    pub x_label: String,
    pub y_label: String,
    /// Groups are coloured in their order.
    pub groups: Vec<ScatterGroup>,
}

/// Points of one colour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScatterGroup {
    /// Empty for a single group.
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// A table of words and numbers, ready to be shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FactTable {
    pub title: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl HeatMap {
    /// A value as it is shown.
    pub fn cell(&self, value: Option<f64>) -> String {
        let Some(value) = value else { return MISSING.to_owned() };
        let text = format!("{value:.*}", self.decimals);
        let is_zero = text.chars().all(|c| "-0.".contains(c));
        let text = if is_zero { text.trim_start_matches('-') } else { &text };
        text.replace('-', "−")
    }

    /// The same numbers as a table.
    pub fn as_table(&self) -> FactTable {
        let rows = self.rows.iter().zip(&self.values).map(|(name, values)| {
            let cells = values.iter().map(|value| self.cell(*value));
            std::iter::once(name.clone()).chain(cells).collect()
        });
        FactTable {
            title: format!("{} ({})", self.title, self.subtitle),
            header: std::iter::once(String::new()).chain(self.columns.iter().cloned()).collect(),
            rows: rows.collect(),
        }
    }
}

impl Section {
    /// All its numbers as tables: heat maps first.
    pub fn all_tables(&self) -> Vec<FactTable> {
        let heat_maps = self.figures.iter().filter_map(|figure| match figure {
            Figure::HeatMap(map) => Some(map.as_table()),
            Figure::Curves(_) | Figure::Scatter(_) => None,
        });
        heat_maps.chain(self.tables.iter().cloned()).collect()
    }
}
