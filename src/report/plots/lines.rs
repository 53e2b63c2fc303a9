//! Lines over steps, layers or a setting: the drawing that loss curves, metric curves, schedules, sweeps and an
//! experiment's own figures share.

use super::canvas::{
    AXIS, FONT, FONT_SIZE, GRID, INK, Panel, WIDTH, colour, draw, padded, step_tick, tick,
};
use crate::report::error::ReportError;
use crate::report::section::{CurveFigure, NamedLine};
use plotters::prelude::*;

/// One line, and the area its seeds span.
pub struct Line {
    pub colour: RGBColor,
    pub width: u32,
    pub points: Vec<(f64, f64)>,
    /// (x, lowest, highest); empty for none.
    pub band: Vec<(f64, f64, f64)>,
}

/// The panel of a figure whose lines run over something countable, such as layers.
pub fn curve_figure_panel(figure: &CurveFigure) -> Result<Panel, ReportError> {
    let line = |(index, line): (usize, &NamedLine)| Line {
        colour: colour(index + 1),
        width: 2,
        points: line.points.clone(),
        band: line.band.clone(),
    };
    let lines: Vec<Line> = figure.lines.iter().enumerate().map(line).collect();
    let svg = line_panel(&figure.title, &figure.x_label, &figure.y_label, &lines)?;
    Ok(Panel { title: figure.title.clone(), subtitle: figure.subtitle.clone(), svg })
}

/// Draws lines.
pub fn line_panel(
    what: &str,
    x_label: &str,
    y_label: &str,
    lines: &[Line],
) -> Result<String, ReportError> {
    let finite = |v: &f64| v.is_finite();
    let steps = || lines.iter().flat_map(|l| l.points.iter().map(|p| p.0));
    let values = || {
        let banded = |l: &'_ Line| l.band.iter().flat_map(|b| [b.1, b.2]).collect::<Vec<_>>();
        let means = |l: &'_ Line| l.points.iter().map(|p| p.1).collect::<Vec<_>>();
        lines.iter().flat_map(move |l| [banded(l), means(l)].concat()).filter(finite)
    };
    let first = steps().fold(f64::INFINITY, f64::min).min(0.0);
    let last = steps().fold(1.0, f64::max);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low <= high { padded(low, high, 0.06) } else { (0.0, 1.0) };
    let text = (FONT, FONT_SIZE).into_font().color(&INK.0);
    draw(what, (WIDTH, 230), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(8)
            .margin_right(14)
            .x_label_area_size(38)
            .y_label_area_size(52)
            .build_cartesian_2d(first..last, low..high)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .max_light_lines(0)
            .bold_line_style(GRID.0)
            .axis_style(AXIS.0)
            .label_style(text.clone())
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&|x| whole_tick(*x))
            .y_label_formatter(&|y| tick(*y, high - low))
            .x_desc(x_label)
            .y_desc(y_label)
            .axis_desc_style(text.clone())
            .draw()?;
        for line in lines {
            let upper = line.band.iter().map(|(x, _, high)| (*x, *high));
            let lower = line.band.iter().rev().map(|(x, low, _)| (*x, *low));
            let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
            if !outline.is_empty() {
                let shade = line.colour.mix(0.13).filled();
                chart.draw_series(std::iter::once(Polygon::new(outline, shade)))?;
            }
        }
        for line in lines {
            let points = line.points.iter().copied().filter(|p| p.1.is_finite());
            let style = line.colour.stroke_width(line.width);
            chart.draw_series(LineSeries::new(points, style))?;
        }
        Ok::<(), DrawingAreaErrorKind<_>>(())
    })
}

/// No label between whole numbers.
fn whole_tick(value: f64) -> String {
    if (value - value.round()).abs() > 1e-9 { String::new() } else { step_tick(value.round()) }
}
