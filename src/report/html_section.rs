//! An experiment's own sections on the page.

use maud::{Markup, html};

use super::error::ReportError;
use super::html_panel::panel_markup;
use super::html_tables::named;
use super::plots::{self, Panel};
use super::section::{FactTable, Figure, Section};

/// A section with its drawings made.
pub fn section(section: &Section) -> Result<Markup, ReportError> {
    let figures: Vec<(Panel, Vec<String>)> =
        section.figures.iter().map(figure).collect::<Result<_, _>>()?;
    Ok(html! {
        section {
            h2 { (section.title) }
            @for paragraph in &section.text { p.lede { (paragraph) } }
            @if !figures.is_empty() {
                div.panels { @for (panel, names) in &figures { div {
                    (panel_markup(panel))
                    @if names.len() > 1 {
                        ul.key { @for (index, name) in names.iter().enumerate() {
                            @if !name.is_empty() { li { (named(index + 1, name)) } }
                        } }
                    }
                } } }
            }
            @for table in &section.tables { (fact_table(table)) }
            @if !section.caption.is_empty() { p.caption { (section.caption) } }
        }
    })
}

fn figure(figure: &Figure) -> Result<(Panel, Vec<String>), ReportError> {
    Ok(match figure {
        Figure::HeatMap(map) => (plots::heat_map_panel(map)?, vec![]),
        Figure::Curves(curves) => {
            let names = curves.lines.iter().map(|line| line.name.clone()).collect();
            (plots::curve_figure_panel(curves)?, names)
        }
        Figure::Scatter(scatter) => {
            let names = scatter.groups.iter().map(|group| group.name.clone()).collect();
            (plots::scatter_panel(scatter)?, names)
        }
    })
}

fn fact_table(table: &FactTable) -> Markup {
    html! {
        @if !table.title.is_empty() { h3 { (table.title) } }
        div.scroll { table.dense {
            thead { tr { @for head in &table.header { th scope="col" { (head) } } } }
            tbody { @for row in &table.rows { tr {
                @for (index, cell) in row.iter().enumerate() {
                    @if index == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                }
            } } }
        } }
    }
}
