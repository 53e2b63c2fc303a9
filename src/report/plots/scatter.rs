//! Two measurements of the same things against each other.

use super::canvas::{AXIS, FONT, FONT_SIZE, GRID, INK, Panel, WIDTH, colour, draw, padded, tick};
use crate::report::error::ReportError;
use crate::report::section::ScatterFigure;
use plotters::prelude::*;

/// The panel of a scatter figure; lines mark the zeros that are within it.
pub fn scatter_panel(figure: &ScatterFigure) -> Result<Panel, ReportError> {
    let points = || figure.groups.iter().flat_map(|g| &g.points);
    let range = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let values = || points().map(of).filter(|v| v.is_finite());
        let (low, high) =
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if low <= high { padded(low, high, 0.08) } else { (0.0, 1.0) }
    };
    let (left, right) = range(&|p| p.0);
    let (low, high) = range(&|p| p.1);
    let text = (FONT, FONT_SIZE).into_font().color(&INK.0);
    let svg = draw(&figure.title, (WIDTH, 230), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(8)
            .margin_right(14)
            .x_label_area_size(38)
            .y_label_area_size(52)
            .build_cartesian_2d(left..right, low..high)?;
        chart
            .configure_mesh()
            .max_light_lines(0)
            .bold_line_style(GRID.0)
            .axis_style(AXIS.0)
            .label_style(text.clone())
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&|x| tick(*x, right - left))
            .y_label_formatter(&|y| tick(*y, high - low))
            .x_desc(&figure.x_label)
            .y_desc(&figure.y_label)
            .axis_desc_style(text.clone())
            .draw()?;
        let zero = |is_within: bool, ends: [(f64, f64); 2]| is_within.then(|| ends.to_vec());
        let zeros = [
            zero(low < 0.0 && high > 0.0, [(left, 0.0), (right, 0.0)]),
            zero(left < 0.0 && right > 0.0, [(0.0, low), (0.0, high)]),
        ];
        for ends in zeros.into_iter().flatten() {
            chart.draw_series(LineSeries::new(ends, AXIS.0.stroke_width(1)))?;
        }
        for (index, group) in figure.groups.iter().enumerate() {
            let finite = group.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite());
            let style = colour(index + 1).mix(0.85).filled();
            chart.draw_series(finite.map(|point| Circle::new(*point, 4, style)))?;
        }
        Ok::<(), DrawingAreaErrorKind<_>>(())
    })?;
    Ok(Panel { title: figure.title.clone(), subtitle: figure.subtitle.clone(), svg })
}
