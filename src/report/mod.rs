//! Reports: one comparison of methods, as a terminal table, as Markdown, and as one HTML page.
//!
//! A [`Comparison`] is plain data, gathered from what runs wrote; nothing here trains, evaluates or
//! reads a run directory. [`Comparison::test_over_seeds`] and [`Comparison::add_bootstrap`] fill in
//! the significance tests, [`render_terminal`], [`render_markdown`] and [`render_html`] show it. The
//! page is self-contained: style and plots are inside it, and it loads nothing.

mod comparison;
mod error;
mod format;
mod html;
mod html_panel;
mod html_section;
mod html_tables;
mod markdown;
mod p_value;
mod plots;
mod section;
mod significance;
mod table;
mod terminal;

pub use comparison::{
    Comparison, Cost, Curve, ExtraColumn, MethodRow, MixtureRow, MixtureTable, PaddingWaste, Place,
    Provenance, Schedule, SeedScores, Sweep, TaskColumn,
};
pub use error::ReportError;
pub use html::render_html;
pub use markdown::render_markdown;
pub use p_value::{Column, PValue, SignificanceTest};
pub use section::{
    CurveFigure, FactTable, Figure, HeatMap, NamedLine, ScatterFigure, ScatterGroup, Section,
};
pub use terminal::{TerminalStyle, render_terminal};

#[cfg(test)]
mod tests;
