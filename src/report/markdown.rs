//! A comparison as Markdown, for `docs/results` and READMEs.
//!
//! The result table with the best of each column in bold, a table of differences per baseline and
//! test, the notes, and below them what the numbers come from: command, commit, machine, date.

use super::comparison::Comparison;
use super::format::MISSING;
use super::table::{cost_cells, difference_tables, extra_cells, score_cells, score_legend};

/// The tables as Markdown.
pub fn render_markdown(comparison: &Comparison) -> String {
    let columns: Vec<String> = comparison
        .columns()
        .into_iter()
        .map(|column| {
            let name = escape(comparison.column_name(column));
            format!("{name} ({})", escape(comparison.column_metric(column)))
        })
        .collect();
    let mut header = vec!["method".to_owned()];
    header.extend(columns.clone());
    header.extend(["steps".to_owned(), "time".to_owned()]);
    let extra = comparison.extra.iter();
    header.extend(extra.map(|c| format!("{} ({})", escape(&c.name), escape(&c.unit))));
    let cells = score_cells(comparison);
    let rows = comparison.methods.iter().zip(cells).enumerate().map(|(index, (method, cells))| {
        let mut row = vec![escape(&method.name)];
        row.extend(cells.iter().map(|cell| {
            let marks = escape(&cell.marks);
            match cell.best {
                true => format!("**{}**{marks}", cell.text()),
                false => cell.text() + &marks,
            }
        }));
        row.extend(cost_cells(method));
        row.extend(extra_cells(comparison, index).map(|cell| escape(&cell)));
        row
    });
    let mut text = String::new();
    if !comparison.methods.is_empty() {
        text = table(&header, rows);
        text.push_str(&format!("\n{}\n", escape(&score_legend(comparison))));
    }
    for differences in difference_tables(comparison) {
        let mut header = vec![format!("minus {}", escape(&differences.baseline))];
        header.extend(columns.clone());
        let rows = differences.rows.into_iter().map(|(method, cells)| {
            let mut row = vec![escape(&method)];
            row.extend(cells.into_iter().map(|cell| match cell {
                Some(cell) => format!(
                    "{} (p {}, Holm {})",
                    cell.difference,
                    cell.p.as_deref().unwrap_or(MISSING),
                    cell.holm.as_deref().unwrap_or(MISSING)
                ),
                None => MISSING.to_owned(),
            }));
            row
        });
        text.push_str(&format!("\nBy {}:\n\n", differences.test.name()));
        text.push_str(&table(&header, rows));
    }
    for note in &comparison.notes {
        text.push_str(&format!("\n- {}", escape(note)));
    }
    if !comparison.notes.is_empty() {
        text.push('\n');
    }
    for section in &comparison.sections {
        text.push_str(&format!("\n## {}\n", escape(&section.title)));
        for paragraph in &section.text {
            text.push_str(&format!("\n{}\n", escape(paragraph)));
        }
        for facts in section.all_tables() {
            if !facts.title.is_empty() {
                text.push_str(&format!("\n{}:\n", escape(&facts.title)));
            }
            let escaped = |row: &Vec<String>| row.iter().map(|cell| escape(cell)).collect();
            let header: Vec<String> = escaped(&facts.header);
            text.push_str(&format!("\n{}", table(&header, facts.rows.iter().map(escaped))));
        }
        if !section.caption.is_empty() {
            text.push_str(&format!("\n{}\n", escape(&section.caption)));
        }
    }
    text + &provenance(comparison)
}

fn provenance(comparison: &Comparison) -> String {
    let from = &comparison.provenance;
    let commit = from.commit.as_deref().unwrap_or("not in a checkout");
    format!(
        "\n```sh\n{}\n```\n\n{}; {}; commit {commit}; {}; {}.\n",
        from.command,
        escape(&from.machine),
        escape(&from.backend),
        escape(&from.version),
        from.date
    )
}

fn table(header: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut rule = vec!["---".to_owned()];
    rule.extend(header.iter().skip(1).map(|_| "---:".to_owned()));
    let mut text = line(header) + &line(&rule);
    for row in rows {
        text.push_str(&line(&row));
    }
    text
}

/// Keeps a name from being read as Markdown.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_|<>[]".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
