//! The mixture's rates: a bar for what a task got, a tick for what was asked for.

use super::canvas::{
    AXIS, FONT, FONT_SIZE, GRID, INK, PALETTE, Panel, WIDTH, draw, label_style, label_width,
    shortened, tick,
};
use crate::report::comparison::MixtureTable;
use crate::report::error::ReportError;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Realised (bars) and requested (ticks) shares of the tasks.
pub fn mixture_panel(mixture: &MixtureTable) -> Result<Panel, ReportError> {
    let rows = &mixture.rows;
    let names: Vec<String> = rows.iter().map(|r| shortened(&r.task)).collect();
    let label_width = label_width(&names);
    let shares = rows.iter().flat_map(|r| [r.requested, r.realised]);
    let high = 100.0 * shares.fold(0.01, f64::max) * 1.06;
    let count = rows.len() as f64;
    let text = (FONT, FONT_SIZE).into_font().color(&INK.0);
    let svg = draw("the mixture", (WIDTH, 54 + 22 * rows.len() as u32), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(6)
            .margin_right(14)
            .x_label_area_size(38)
            .y_label_area_size(label_width)
            .build_cartesian_2d(0.0..high, 0.0..count)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .max_light_lines(0)
            .bold_line_style(GRID.0)
            .axis_style(AXIS.0)
            .label_style(text.clone())
            .x_labels(6)
            .x_label_formatter(&|x| tick(*x, high))
            .x_desc("share of the examples drawn, %")
            .axis_desc_style(text.clone())
            .draw()?;
        for (index, (row, name)) in rows.iter().zip(names).enumerate() {
            let y = count - index as f64 - 0.5;
            let (_, pixel_y) = chart.backend_coord(&(0.0, y));
            let place = (label_width as i32 - 8, pixel_y);
            area.draw(&Text::new(name, place, label_style(HPos::Right, VPos::Center)))?;
            let bar = [(0.0, y - 0.28), (100.0 * row.realised, y + 0.28)];
            let fill = PALETTE[0].0.mix(0.6).filled();
            chart.draw_series(std::iter::once(Rectangle::new(bar, fill)))?;
            let asked = 100.0 * row.requested;
            let ends = vec![(asked, y - 0.4), (asked, y + 0.4)];
            chart.draw_series(LineSeries::new(ends, INK.0.stroke_width(2)))?;
        }
        Ok::<(), DrawingAreaErrorKind<_>>(())
    })?;
    Ok(Panel {
        title: format!("Mixture by {}", mixture.rule),
        subtitle: "bar: realised, tick: requested".to_owned(),
        svg,
    })
}
