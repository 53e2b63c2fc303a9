//! The result table and the p-value tables, before they take a form.
//!
//! Terminal, Markdown and HTML show the same cells; they are computed here, once.

use super::comparison::{Comparison, ExtraColumn, MethodRow};
use super::format;
use super::p_value::{Column, SignificanceTest};
use crate::stats::Summary;

/// One cell of the result table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoreCell {
    /// The mean; `None` if there is no score.
    pub mean: Option<String>,
    /// The standard deviation over seeds.
    pub sd: Option<String>,
    /// Significance marks.
    pub marks: String,
    /// True for the column's best mean, as shown.
    pub best: bool,
}

impl ScoreCell {
    /// `mean ± s.d.`, without the marks.
    pub fn text(&self) -> String {
        match (&self.mean, &self.sd) {
            (Some(mean), Some(sd)) => format!("{mean} ± {sd}"),
            (Some(mean), None) => mean.clone(),
            _ => format::MISSING.to_owned(),
        }
    }
}

/// The cells of the result table: one row per method, one cell per column.
pub fn score_cells(comparison: &Comparison) -> Vec<Vec<ScoreCell>> {
    let columns = comparison.columns();
    let best: Vec<Option<String>> = columns.iter().map(|c| best_mean(comparison, *c)).collect();
    comparison
        .methods
        .iter()
        .map(|method| {
            let cells = columns.iter().zip(&best);
            cells
                .map(|(column, best)| score_cell(comparison, method, *column, best.as_ref()))
                .collect()
        })
        .collect()
}

fn score_cell(
    comparison: &Comparison,
    method: &MethodRow,
    column: Column,
    best: Option<&String>,
) -> ScoreCell {
    let Some(summary) = Summary::of(&method.scores(column)) else {
        return ScoreCell::default();
    };
    let mean = format::score(summary.mean);
    ScoreCell {
        best: best == Some(&mean),
        mean: Some(mean),
        sd: summary.sd.map(format::score),
        marks: comparison.marks(&method.name, column),
    }
}

/// The best mean of a column as it is shown; `None` where all methods have the same.
fn best_mean(comparison: &Comparison, column: Column) -> Option<String> {
    let means: Vec<f64> = comparison
        .methods
        .iter()
        .filter_map(|method| Some(Summary::of(&method.scores(column))?.mean))
        .collect();
    let best = means.iter().copied().reduce(f64::max)?;
    let differ = means.iter().any(|mean| format::score(*mean) != format::score(best));
    differ.then(|| format::score(best))
}

/// One cell of a p-value table.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferenceCell {
    /// Method minus baseline.
    pub difference: String,
    /// The p-value.
    pub p: Option<String>,
    /// The Holm-corrected p-value.
    pub holm: Option<String>,
    /// True if the raw p-value is below 0.05.
    pub significant: bool,
    /// True if the method is better.
    pub better: bool,
}

/// Every method but the baseline against it, by one test.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferenceTable {
    /// The baseline.
    pub baseline: String,
    /// The test.
    pub test: SignificanceTest,
    /// Methods and their cells, one per column; `None` where nothing was tested.
    pub rows: Vec<(String, Vec<Option<DifferenceCell>>)>,
}

/// All p-value tables: per kind of test that gave an answer, per baseline.
pub fn difference_tables(comparison: &Comparison) -> Vec<DifferenceTable> {
    let tests = comparison.answered_tests().into_iter();
    tests
        .flat_map(|test| {
            let baselines = comparison.baselines.iter();
            baselines.map(move |baseline| difference_table(comparison, baseline, test))
        })
        .filter(|table| !table.rows.is_empty())
        .collect()
}

fn difference_table(
    comparison: &Comparison,
    baseline: &str,
    test: SignificanceTest,
) -> DifferenceTable {
    let cell = |method: &MethodRow, column: Column| {
        let entry = comparison.p_value(&method.name, baseline, column, test)?;
        Some(DifferenceCell {
            difference: format::difference(entry.difference),
            p: entry.p.map(format::p_value),
            holm: entry.holm.map(format::p_value),
            significant: entry.p.is_some_and(|p| p < 0.05),
            better: entry.difference > 0.0,
        })
    };
    let rows = comparison
        .methods
        .iter()
        .filter(|method| method.name != baseline)
        .map(|method| {
            let columns = comparison.columns().into_iter();
            let cells = columns.map(|column| cell(method, column)).collect();
            (method.name.clone(), cells)
        })
        .filter(|(_, cells): &(_, Vec<_>)| cells.iter().any(Option::is_some))
        .collect();
    DifferenceTable { baseline: baseline.to_owned(), test, rows }
}

/// What the numbers of the result table are.
pub fn score_legend(comparison: &Comparison) -> String {
    let split = if comparison.on_test { "test" } else { "dev" };
    let metric_note = format!("Scores on the {split} set × 100");
    let mut text = match comparison.seed_count() {
        0 | 1 => format!("{metric_note}, one seed: differences may be noise."),
        n => format!("{metric_note}, mean ± standard deviation over {n} seeds."),
    };
    if let Some(marks) = comparison.marks_legend() {
        text.push(' ');
        text.push_str(&marks);
    }
    text
}

/// Steps and time of one seed, as shown.
pub fn cost_cells(method: &MethodRow) -> [String; 2] {
    method.cost.map_or([format::MISSING; 2].map(String::from), |cost| {
        [format::count(cost.steps), format::seconds(cost.seconds)]
    })
}

/// Cells of the extra columns in the row of the method with this index.
pub fn extra_cells(comparison: &Comparison, method: usize) -> impl Iterator<Item = String> {
    let cell = move |column: &ExtraColumn| column.cells.get(method).cloned().flatten();
    comparison.extra.iter().map(move |column| cell(column).unwrap_or(format::MISSING.into()))
}
