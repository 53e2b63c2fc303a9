//! The page's tables: scores, differences with p-values, the mixture, what the numbers come from.

use super::comparison::{Comparison, MixtureTable};
use super::format::{self, MISSING};
use super::table::{DifferenceTable, cost_cells, extra_cells, score_cells};
use maud::{Markup, html};

/// Scores, one row per method.
pub fn score_table(comparison: &Comparison) -> Markup {
    let cells = score_cells(comparison);
    let marks = cells.iter().flatten().map(|c| c.marks.chars().count());
    // Equal room for marks in every cell, so that the numbers line up.
    let marks_width = format!("--marks:{}", marks.max().unwrap_or(0));
    let rows = comparison.methods.iter().zip(cells);
    html! {
        div.scroll { table.dense[comparison.tasks.len() > 5] style=(marks_width) {
            thead { tr {
                th scope="col" { "Method" }
                (column_heads(comparison))
                th scope="col" { "Steps" small { "per seed" } }
                th scope="col" { "Time" small { "per seed" } }
                @for column in &comparison.extra {
                    th scope="col" { (column.name) small { (column.unit) } }
                }
            } }
            tbody { @for (index, (method, cells)) in rows.enumerate() { tr {
                th scope="row" { (named(index, &method.name)) }
                @for cell in &cells { td.best[cell.best] {
                    @match &cell.mean {
                        Some(mean) => { (mean) @if let Some(sd) = &cell.sd { span.sd { " ± " (sd) } } },
                        None => (MISSING),
                    }
                    span.marks { (cell.marks) }
                } }
                @for cell in cost_cells(method) { td.muted { (cell) } }
                @for cell in extra_cells(comparison, index) { td.muted { (cell) } }
            } } }
        } }
    }
}

/// Differences from one baseline, with raw and corrected p-values.
pub fn difference_table(comparison: &Comparison, table: &DifferenceTable) -> Markup {
    let position = |name: &str| comparison.methods.iter().position(|m| m.name == *name);
    html! {
        div.scroll { table.differences {
            thead { tr {
                th scope="col" { "Minus " (table.baseline) small { (table.test.name()) } }
                (column_heads(comparison))
            } }
            tbody { @for (method, cells) in &table.rows { tr {
                th scope="row" { (named(position(method).unwrap_or(0), method)) }
                @for cell in cells {
                    @match cell {
                        Some(cell) => {
                            td.better[cell.significant && cell.better]
                               .worse[cell.significant && !cell.better] {
                                (cell.difference)
                                small { "p " (cell.p.as_deref().unwrap_or(MISSING)) }
                                small { "Holm " (cell.holm.as_deref().unwrap_or(MISSING)) }
                            }
                        },
                        None => { td { (MISSING) } },
                    }
                }
            } } }
        } }
    }
}

/// Requested against realised rates.
pub fn mixture_table(mixture: &MixtureTable) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th scope="col" { "Task" }
                th scope="col" { "Examples" }
                th scope="col" { "Requested" }
                th scope="col" { "Realised" }
            } }
            tbody { @for row in &mixture.rows { tr {
                th scope="row" { (row.task) }
                td { (format::count(row.examples)) }
                td { (format::percent(row.requested)) }
                td { (format::percent(row.realised)) }
            } } }
        } }
        @if !mixture.padding.is_empty() {
            p.caption {
                "Padding, as a share of token positions: "
                @for (index, waste) in mixture.padding.iter().enumerate() {
                    @if index > 0 { ", " }
                    (waste.name) " " (format::percent(waste.share))
                }
                "."
            }
        }
    }
}

/// Command, commit, machine, backend, versions, date.
pub fn provenance(comparison: &Comparison) -> Markup {
    let from = &comparison.provenance;
    let facts = [
        ("Machine", from.machine.as_str()),
        ("Backend", &from.backend),
        ("Commit", from.commit.as_deref().unwrap_or("not in a git checkout")),
        ("Version", &from.version),
        ("Date", &from.date),
    ];
    html! {
        pre { code { (from.command) } }
        dl { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
    }
}

/// A method's name behind a dot of its colour.
pub fn named(method: usize, name: &str) -> Markup {
    let colour = method % super::plots::PALETTE.len();
    html! {
        span.method { i.dot style=(format!("background:var(--m{colour})")) {} span { (name) } }
    }
}

fn column_heads(comparison: &Comparison) -> Markup {
    html! {
        @for column in comparison.columns() {
            th scope="col" {
                (comparison.column_name(column))
                small { (comparison.column_metric(column)) }
            }
        }
    }
}
