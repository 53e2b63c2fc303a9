//! Reports: one comparison of methods, as a terminal table, as Markdown, and as one HTML page.
//!
//! A [`Comparison`] is plain data, gathered from what runs wrote; nothing here trains, evaluates or
//! reads a run directory. [`Comparison::test_over_seeds`] and [`Comparison::add_bootstrap`] fill in
//! the significance tests, [`render_terminal`], [`render_markdown`] and [`render_html`] show it. The
//! page is self-contained: style and plots are inside it, and it loads nothing.

mod comparison;
mod format;
mod html;
mod html_section;
mod html_tables;
mod markdown;
mod plots;
mod section;
mod significance;
mod table;
mod terminal;

pub use comparison::{
    Column, Comparison, Cost, Curve, ExtraColumn, MethodRow, MixtureRow, MixtureTable,
    PaddingWaste, Place, Provenance, Schedule, SeedScores, Sweep, TaskColumn,
};
pub use html::render_html;
pub use markdown::render_markdown;
pub use section::{
    CurveFigure, FactTable, Figure, HeatMap, NamedLine, ScatterFigure, ScatterGroup, Section,
};
pub use significance::{PValue, SignificanceTest};
pub use terminal::{TerminalStyle, render_terminal};

/// A report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The plotting library refused.
    #[error("cannot draw the plot of {what}: {reason}")]
    Plot {
        /// What was to be drawn.
        what: String,
        /// The library's reason.
        reason: String,
    },
    /// A seed's scores do not match the tasks.
    #[error(
        "report: method {method}, seed {seed} has {got} scores for {expected} tasks; give one per \
         task, in the tasks' order, and none where it was not evaluated"
    )]
    Misaligned {
        /// The method.
        method: String,
        /// The seed.
        seed: u64,
        /// Scores given.
        got: usize,
        /// Tasks of the comparison.
        expected: usize,
    },
}

#[cfg(test)]
mod tests;
