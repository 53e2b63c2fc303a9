//! Scores and differences per task: one panel per column, one row per method.
//!
//! Scores are points on an axis that need not begin at zero: the mean, its 95% t interval, and each
//! seed. Differences are bars from zero with the interval of the difference. With few seeds the
//! intervals are wide; the axis follows the seeds, and intervals beyond it are cut at its edge.

use super::canvas::{
    AXIS, FONT, FONT_SIZE, GRID, INK, Panel, WIDTH, colour, draw, label_style, label_width, padded,
    shortened, tick,
};
use crate::report::comparison::Comparison;
use crate::report::error::ReportError;
use crate::report::p_value::{Column, SignificanceTest};
use crate::stats::Summary;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// One method's row; values are times 100.
struct Row {
    name: String,
    colour: RGBColor,
    value: f64,
    interval: Option<(f64, f64)>,
    seeds: Vec<f64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Point,
    BarFromZero,
}

/// Scores of every method, a panel per column.
pub fn score_panels(comparison: &Comparison) -> Result<Vec<Panel>, ReportError> {
    panels(comparison, |column| {
        let methods = comparison.methods.iter().enumerate();
        let rows: Vec<Row> = methods
            .filter_map(|(index, method)| {
                let scores: Vec<f64> = method.scores(column).iter().map(|s| 100.0 * s).collect();
                let summary = Summary::of(&scores)?;
                Some(Row {
                    name: method.name.clone(),
                    colour: colour(index),
                    value: summary.mean,
                    interval: summary.interval95,
                    seeds: scores,
                })
            })
            .collect();
        let baseline = comparison.baselines.first();
        let reference = rows.iter().find(|row| Some(&row.name) == baseline);
        let reference = reference.map(|row| row.value);
        let metric = comparison.column_metric(column);
        (metric.to_owned(), rows, reference, Mark::Point)
    })
}

/// Differences from a baseline by Welch's approximation, a panel per column.
pub fn difference_panels(
    comparison: &Comparison,
    baseline: &str,
) -> Result<Vec<Panel>, ReportError> {
    panels(comparison, |column| {
        let methods = comparison.methods.iter().enumerate();
        let rows = methods
            .filter_map(|(index, method)| {
                let test = SignificanceTest::WelchOverSeeds;
                let entry = comparison.p_value(&method.name, baseline, column, test)?;
                Some(Row {
                    name: method.name.clone(),
                    colour: colour(index),
                    value: 100.0 * entry.difference,
                    interval: entry.interval95.map(|(l, h)| (100.0 * l, 100.0 * h)),
                    seeds: Vec::new(),
                })
            })
            .collect();
        let metric = comparison.column_metric(column);
        (metric.to_owned(), rows, Some(0.0), Mark::BarFromZero)
    })
}

fn panels(
    comparison: &Comparison,
    content: impl Fn(Column) -> (String, Vec<Row>, Option<f64>, Mark),
) -> Result<Vec<Panel>, ReportError> {
    let columns = comparison.columns().into_iter();
    columns
        .map(|column| (column, content(column)))
        .filter(|(_, (_, rows, _, _))| !rows.is_empty())
        .map(|(column, (subtitle, rows, reference, mark))| {
            let title = match column {
                Column::Average => "Average".to_owned(),
                Column::Task(_) => comparison.column_name(column).to_owned(),
            };
            Ok(Panel { svg: panel(&title, &rows, reference, mark)?, title, subtitle })
        })
        .collect()
}

/// The axis: all values and seeds, and of the intervals as much as the span of those again.
fn axis(rows: &[Row], reference: Option<f64>) -> (f64, f64) {
    let values = || {
        let own = rows.iter().flat_map(|r| r.seeds.iter().copied().chain([r.value]));
        own.chain(reference)
    };
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let reach = (high - low).max(0.5) * 0.8;
    let intervals = || rows.iter().filter_map(|r| r.interval);
    let lowest = intervals().map(|i| i.0).fold(low, f64::min);
    let highest = intervals().map(|i| i.1).fold(high, f64::max);
    padded(lowest.max(low - reach), highest.min(high + reach), 0.05)
}

fn panel(
    what: &str,
    rows: &[Row],
    reference: Option<f64>,
    mark: Mark,
) -> Result<String, ReportError> {
    let names: Vec<String> = rows.iter().map(|row| shortened(&row.name)).collect();
    let label_width = label_width(&names);
    let height = 54 + 24 * rows.len() as u32;
    let (low, high) = axis(rows, reference);
    let x_label = match mark {
        Mark::Point => "score × 100",
        Mark::BarFromZero => "difference × 100",
    };
    let text = (FONT, FONT_SIZE).into_font().color(&INK.0);
    draw(what, (WIDTH, height), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(6)
            .margin_right(14)
            .x_label_area_size(38)
            .y_label_area_size(label_width)
            .build_cartesian_2d(low..high, 0.0..rows.len() as f64)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .max_light_lines(0)
            .bold_line_style(GRID.0)
            .axis_style(AXIS.0)
            .label_style(text.clone())
            .x_labels(5)
            .x_label_formatter(&|x| tick(*x, high - low))
            .x_desc(x_label)
            .axis_desc_style(text.clone())
            .draw()?;
        if let Some(reference) = reference {
            let ends = vec![(reference, 0.0), (reference, rows.len() as f64)];
            chart.draw_series(LineSeries::new(ends, AXIS.0.stroke_width(1)))?;
        }
        for (index, (row, name)) in rows.iter().zip(names).enumerate() {
            let y = rows.len() as f64 - index as f64 - 0.5;
            let (_, pixel_y) = chart.backend_coord(&(low, y));
            let place = (label_width as i32 - 8, pixel_y);
            area.draw(&Text::new(name, place, label_style(HPos::Right, VPos::Center)))?;
            if mark == Mark::BarFromZero {
                let bar = [(0.0, y - 0.3), (row.value, y + 0.3)];
                let fill = row.colour.mix(0.75).filled();
                chart.draw_series(std::iter::once(Rectangle::new(bar, fill)))?;
            }
            if let Some((from, to)) = row.interval {
                let whisker = vec![(from.max(low), y), (to.min(high), y)];
                let style = match mark {
                    Mark::Point => row.colour.stroke_width(2),
                    Mark::BarFromZero => INK.0.stroke_width(1),
                };
                chart.draw_series(LineSeries::new(whisker, style))?;
            }
            if mark == Mark::Point {
                let seeds = row.seeds.iter().filter(|_| row.seeds.len() > 1);
                let light = INK.0.mix(0.55).stroke_width(1);
                chart.draw_series(seeds.map(|s| Circle::new((*s, y), 2, light)))?;
                let mean = Circle::new((row.value, y), 5, row.colour.filled());
                chart.draw_series(std::iter::once(mean))?;
            }
        }
        Ok::<(), DrawingAreaErrorKind<_>>(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_far_wider_than_the_seeds_does_not_stretch_the_axis() {
        let row = Row {
            name: "Multi".into(),
            colour: colour(1),
            value: 70.0,
            interval: Some((0.0, 140.0)),
            seeds: vec![69.0, 71.0],
        };
        let (low, high) = axis(&[row], None);
        assert!(low > 65.0 && high < 75.0, "{low} to {high}");
    }
}
