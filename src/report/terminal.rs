//! A comparison as aligned text for a terminal.
//!
//! Rows are methods, columns tasks; below the scores come the differences with their p-values. Text
//! is aligned by display width, so names outside ASCII line up. Where the terminal is too narrow the
//! columns continue in a second block instead of wrapping.

use super::comparison::Comparison;
use super::format::MISSING;
use super::section::Section;
use super::table::{cost_cells, difference_tables, extra_cells, score_cells, score_legend};
use unicode_width::UnicodeWidthStr;

/// How text may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TerminalStyle {
    /// Write the best score of a column in bold (ANSI codes); off for files and pipes.
    pub bold: bool,
    /// Columns of the terminal; `None` for no limit.
    pub width: Option<usize>,
}

/// The result table, the p-values, and what they mean.
pub fn render_terminal(comparison: &Comparison, style: TerminalStyle) -> String {
    let mut text = format!("{}\n\n", comparison.title);
    if !comparison.methods.is_empty() {
        scores(comparison).render(style, &mut text);
        text.push('\n');
        push_wrapped(&mut text, &score_legend(comparison), style.width);
    }
    for table in difference_tables(comparison) {
        let mut grid = Grid::new(comparison);
        for (method, cells) in table.rows {
            let mut row = vec![GridCell::plain(method)];
            row.extend(cells.into_iter().map(|cell| match cell {
                Some(cell) => GridCell {
                    text: cell.difference,
                    tail: format!(" ({})", cell.p.as_deref().unwrap_or(MISSING)),
                    bold: cell.significant,
                },
                None => GridCell::plain(MISSING.to_owned()),
            }));
            grid.rows.push(row);
        }
        text.push_str(&format!(
            "\nDifference from {} (p, {})\n\n",
            table.baseline,
            table.test.name()
        ));
        grid.render(style, &mut text);
    }
    let has_words = |section: &&Section| !(section.text.is_empty() && section.tables.is_empty());
    for section in comparison.sections.iter().filter(has_words) {
        text.push_str(&format!("\n{}\n", section.title));
        for paragraph in &section.text {
            push_wrapped(&mut text, paragraph, style.width);
        }
        for table in section.tables.iter().cloned() {
            text.push('\n');
            if !table.title.is_empty() {
                text.push_str(&format!("{}\n", table.title));
            }
            let header = table.header.into_iter().map(|head| [head, String::new()]);
            let row = |row: Vec<String>| row.into_iter().map(GridCell::plain).collect();
            let rows = table.rows.into_iter().map(row);
            Grid { header: header.collect(), rows: rows.collect() }.render(style, &mut text);
        }
    }
    if !comparison.notes.is_empty() {
        text.push('\n');
    }
    for note in &comparison.notes {
        push_wrapped(&mut text, note, style.width);
    }
    text
}

fn scores(comparison: &Comparison) -> Grid {
    let mut grid = Grid::new(comparison);
    let with_cost = comparison.methods.iter().any(|m| m.cost.is_some());
    if with_cost {
        grid.header.push(["steps".into(), "per seed".into()]);
        grid.header.push(["time".into(), "per seed".into()]);
    }
    grid.header.extend(comparison.extra.iter().map(|c| [c.name.clone(), c.unit.clone()]));
    let cells = comparison.methods.iter().zip(score_cells(comparison));
    for (index, (method, cells)) in cells.enumerate() {
        let mut row = vec![GridCell::plain(method.name.clone())];
        row.extend(cells.into_iter().map(|cell| GridCell {
            text: cell.text(),
            bold: cell.best,
            tail: cell.marks,
        }));
        if with_cost {
            row.extend(cost_cells(method).map(GridCell::plain));
        }
        row.extend(extra_cells(comparison, index).map(GridCell::plain));
        grid.rows.push(row);
    }
    grid
}

/// A table of text: the first column left-aligned, the others right-aligned before their tails.
struct Grid {
    header: Vec<[String; 2]>,
    rows: Vec<Vec<GridCell>>,
}

struct GridCell {
    text: String,
    tail: String,
    bold: bool,
}

impl GridCell {
    fn plain(text: String) -> Self {
        Self { text, tail: String::new(), bold: false }
    }
}

/// Widths of a column's text and tail.
#[derive(Clone, Copy)]
struct ColumnWidth {
    text: usize,
    tail: usize,
}

const GAP: usize = 2;

impl Grid {
    fn new(comparison: &Comparison) -> Self {
        let columns = comparison.columns().into_iter().map(|column| {
            let name = comparison.column_name(column).to_owned();
            [name, comparison.column_metric(column).to_owned()]
        });
        let header = std::iter::once(["method".to_owned(), String::new()]);
        Self { header: header.chain(columns).collect(), rows: Vec::new() }
    }

    fn render(&self, style: TerminalStyle, out: &mut String) {
        let widths: Vec<ColumnWidth> = (0..self.header.len()).map(|c| self.width(c)).collect();
        for (index, block) in self.blocks(&widths, style.width).into_iter().enumerate() {
            if index > 0 {
                out.push('\n');
            }
            self.render_block(&widths, &block, style.bold, out);
        }
    }

    fn width(&self, column: usize) -> ColumnWidth {
        let cells = || self.rows.iter().filter_map(|row| row.get(column));
        let tail = cells().map(|c| c.tail.width()).max().unwrap_or(0);
        let header = self.header[column].iter().map(|h| h.width()).max();
        let text = cells().map(|c| c.text.width()).max().unwrap_or(0);
        ColumnWidth { text: text.max(header.unwrap_or(0).saturating_sub(tail)), tail }
    }

    /// Splits the columns so that each block fits; every block begins with the method.
    fn blocks(&self, widths: &[ColumnWidth], limit: Option<usize>) -> Vec<Vec<usize>> {
        let full = |c: usize| widths[c].text + widths[c].tail;
        let mut blocks = vec![vec![0]];
        let mut used = full(0);
        for column in 1..widths.len() {
            let needed = GAP + full(column);
            let last = blocks.len() - 1;
            if limit.is_some_and(|limit| used + needed > limit) && blocks[last].len() > 1 {
                blocks.push(vec![0, column]);
                used = full(0) + needed;
            } else {
                blocks[last].push(column);
                used += needed;
            }
        }
        blocks
    }

    fn render_block(&self, widths: &[ColumnWidth], block: &[usize], bold: bool, out: &mut String) {
        let total: usize = block.iter().map(|&c| widths[c].text + widths[c].tail + GAP).sum();
        // A second line only where a column has one.
        let lines = 1 + usize::from(block.iter().any(|&c| !self.header[c][1].is_empty()));
        for line in 0..lines {
            let cells = block.iter().map(|&c| {
                let title = &self.header[c][line];
                align(title, widths[c].text + widths[c].tail, c == 0)
            });
            push_line(out, &cells.collect::<Vec<_>>());
        }
        push_line(out, &["─".repeat(total - GAP)]);
        for row in &self.rows {
            let cells = block.iter().filter_map(|&c| {
                let cell = row.get(c)?;
                let text = align(&cell.text, widths[c].text, c == 0);
                let text = if bold && cell.bold { format!("\x1b[1m{text}\x1b[0m") } else { text };
                Some(text + &align(&cell.tail, widths[c].tail, true))
            });
            push_line(out, &cells.collect::<Vec<_>>());
        }
    }
}

fn push_line(out: &mut String, cells: &[String]) {
    out.push_str(cells.join(&" ".repeat(GAP)).trim_end());
    out.push('\n');
}

/// Pads to a display width.
fn align(text: &str, width: usize, left: bool) -> String {
    let padding = " ".repeat(width.saturating_sub(text.width()));
    if left { format!("{text}{padding}") } else { format!("{padding}{text}") }
}

/// Breaks a paragraph at spaces.
fn push_wrapped(out: &mut String, paragraph: &str, width: Option<usize>) {
    let width = width.unwrap_or(100);
    let mut used = 0;
    for word in paragraph.split_whitespace() {
        if used > 0 && used + 1 + word.width() > width {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += word.width();
    }
    out.push('\n');
}
