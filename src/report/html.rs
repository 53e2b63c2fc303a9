//! The report page: one self-contained file, light and dark, that prints well.
//!
//! In the order of reading: what was compared and what came out, the scores, the differences with
//! their p-values, the scores as plots, the course of training, the mixture, and what the numbers
//! come from. Nothing is loaded from elsewhere and nothing is a script.

use super::comparison::Comparison;
use super::error::ReportError;
use super::format;
use super::html_panel::panel_markup;
use super::html_section;
use super::html_tables::{difference_table, mixture_table, named, provenance, score_table};
use super::p_value::{Column, SignificanceTest};
use super::plots::{self, Panel};
use super::table::{difference_tables, score_legend};
use crate::stats::Summary;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The page.
pub fn render_html(comparison: &Comparison) -> Result<String, ReportError> {
    comparison.check()?;
    let scores = plots::score_panels(comparison)?;
    let differences = match comparison.baselines.first() {
        Some(baseline) => plots::difference_panels(comparison, baseline)?,
        None => Vec::new(),
    };
    let losses = plots::curve_panels(comparison, true, |c| c.split == "train")?;
    let metrics = plots::curve_panels(comparison, false, |c| c.split != "train")?;
    let schedules = plots::schedule_panels(comparison)?;
    let sweep = plots::sweep_panels(comparison)?;
    let sections: Vec<Markup> =
        comparison.sections.iter().map(html_section::section).collect::<Result<_, _>>()?;
    let mixture = match &comparison.mixture {
        Some(mixture) => Some((mixture, plots::mixture_panel(mixture)?)),
        None => None,
    };
    let seeds_note = match comparison.seed_count() {
        0 | 1 => "One seed.",
        _ => "Lines: mean over seeds; bands: from the lowest to the highest seed.",
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (comparison.title) }
                style { (PreEscaped(colour_rules())) (PreEscaped(STYLE)) }
            }
            body { main {
                (header(comparison))
                @if comparison.methods.is_empty() {
                    @for note in &comparison.notes { p.note { (note) } }
                } @else {
                    section {
                        h2 { "Scores" }
                        (score_table(comparison))
                        p.caption { (score_legend(comparison)) }
                        @for note in &comparison.notes { p.note { (note) } }
                    }
                }
                (figure(comparison, "Scores by task", &scores, &score_caption(comparison)))
                (difference_section(comparison, &differences))
                (figure(comparison, "Data efficiency", &sweep,
                    "Lines: mean over seeds; bands: from the lowest to the highest seed."))
                @for section in &sections { (section) }
                (figure(comparison, "Training loss", &losses, &format!(
                    "Smoothed ({}). {seeds_note}", plots::smoothing_note())))
                (figure(comparison, "Dev metrics during training", &metrics, &format!(
                    "As measured at each evaluation. {seeds_note}")))
                (figure(comparison, "Schedules", &schedules,
                    "Where methods share a schedule, their lines lie inside one another."))
                @if let Some((mixture, panel)) = &mixture {
                    section {
                        h2 { "Mixture" }
                        div.beside {
                            div { (mixture_table(mixture)) }
                            div { (panel_markup(panel)) }
                        }
                    }
                }
                section { h2 { "Where the numbers come from" } (provenance(comparison)) }
            } }
        }
    };
    Ok(page.into_string())
}

fn header(comparison: &Comparison) -> Markup {
    html! {
        header {
            h1 { (comparison.title) }
            @if let Some(summary) = &comparison.summary { p.lede { (summary) } }
            @if let Some(finding) = finding(comparison) { p.finding { (finding) } }
        }
    }
}

/// The best method on average, against the first baseline.
fn finding(comparison: &Comparison) -> Option<String> {
    let column = comparison.columns().pop()?;
    let means = comparison.methods.iter().filter_map(|method| {
        let summary = Summary::of(&method.scores(column))?;
        Some((method.name.as_str(), summary))
    });
    let (name, best) = means.reduce(|a, b| if b.1.mean > a.1.mean { b } else { a })?;
    let spread = best.sd.map_or(String::new(), |sd| format!(" ± {}", format::score(sd)));
    let what = match column {
        Column::Average => "on average",
        Column::Task(_) => comparison.column_name(column),
    };
    let mut text = format!("Highest {what}: {name}, {}{spread}", format::score(best.mean));
    if let Some(baseline) = comparison.baselines.first() {
        let test = SignificanceTest::WelchOverSeeds;
        if let Some(entry) = comparison.p_value(name, baseline, column, test) {
            text += &format!(" ({} on {baseline}", format::difference(entry.difference));
            text += &entry.p.map_or(String::new(), |p| {
                let p = format::p_value(p);
                match p.strip_prefix('<') {
                    Some(bound) => format!(", p < {bound}"),
                    None => format!(", p = {p}"),
                }
            });
            text.push(')');
        }
    }
    text.push('.');
    Some(text)
}

fn score_caption(comparison: &Comparison) -> String {
    let reference = comparison
        .baselines
        .first()
        .map_or(String::new(), |baseline| format!(" The vertical line is the mean of {baseline}."));
    if comparison.seed_count() > 1 {
        format!(
            "Large points: mean over seeds with its 95% t interval, cut where it leaves the panel; \
             small rings: single seeds. Axes do not begin at zero.{reference}"
        )
    } else {
        format!("One seed. Axes do not begin at zero.{reference}")
    }
}

fn difference_section(comparison: &Comparison, panels: &[Panel]) -> Markup {
    let tables = difference_tables(comparison);
    let caption = match comparison.seed_count() {
        0 | 1 => "One seed: differences may be noise.",
        _ => {
            "Bars: difference of the means over seeds; lines: its 95% interval (Welch), cut where \
             it leaves the panel."
        }
    };
    let baseline = comparison.baselines.first().map_or("", String::as_str);
    html! {
        @if !panels.is_empty() {
            (figure(comparison, &format!("Difference from {baseline}"), panels,
                caption))
        }
        @if !tables.is_empty() {
            section {
                h2 { "Significance" }
                @for table in &tables { (difference_table(comparison, table)) }
                p.caption {
                    "Two-sided p-values; shaded where p < 0.05. Holm's correction covers all \
                     methods and columns of one table."
                }
            }
        }
    }
}

fn figure(comparison: &Comparison, title: &str, panels: &[Panel], caption: &str) -> Markup {
    html! {
        @if !panels.is_empty() {
            section {
                h2 { (title) }
                ul.key { @for (index, method) in comparison.methods.iter().enumerate() {
                    li { (named(index, &method.name)) }
                } }
                div.panels { @for panel in panels { (panel_markup(panel)) } }
                p.caption { (caption) }
            }
        }
    }
}

/// Maps the colours in the drawings to variables with a light and a dark value.
fn colour_rules() -> String {
    let named = [("ink", plots::INK), ("axis", plots::AXIS), ("grid", plots::GRID)];
    let methods = plots::PALETTE.into_iter().enumerate();
    let all: Vec<_> = named
        .into_iter()
        .map(|(name, colours)| (name.to_owned(), colours))
        .chain(methods.map(|(index, colours)| (format!("m{index}"), colours)))
        .collect();
    let (mut light, mut dark, mut rules) = (String::new(), String::new(), String::new());
    for (name, (colour, on_dark)) in all {
        let hex = plots::hex(colour);
        light += &format!("--{name}:{hex};");
        dark += &format!("--{name}:{on_dark};");
        rules += &format!("svg [fill=\"{hex}\"]{{fill:var(--{name})}}");
        rules += &format!("svg [stroke=\"{hex}\"]{{stroke:var(--{name})}}\n");
    }
    format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}")
}
