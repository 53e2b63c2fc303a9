//! A matrix as coloured cells with their numbers.
//!
//! Positive values are blue and negative ones orange, the stronger the further from zero relative to the largest off
//! the diagonal: diagonals are often ceilings, and would leave the rest pale. Colour is opacity over the page, so that
//! one drawing serves light and dark.

use super::canvas::{
    FONT, FONT_SIZE, PALETTE, Panel, WIDTH, draw, label_style, label_width, shortened,
};
use crate::report::error::ReportError;
use crate::report::section::HeatMap;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Opacity of the strongest colour; more would swallow the numbers.
const STRONGEST: f64 = 0.6;

const ROW: i32 = 28;

/// The panel of a matrix.
pub fn heat_map_panel(map: &HeatMap) -> Result<Panel, ReportError> {
    let rows: Vec<String> = map.rows.iter().map(|name| shortened(name)).collect();
    let columns: Vec<String> = map.columns.iter().map(|name| shortened(name)).collect();
    let left = label_width(&rows) as i32;
    let width = (WIDTH as i32 - left - 4) / columns.len().max(1) as i32;
    let is_turned = columns.iter().any(|name| name.chars().count() as i32 * 7 > width - 4);
    let top = if is_turned { label_width(&columns) as i32 } else { 22 };
    let height = top + ROW * rows.len() as i32 + 4;
    let largest = largest(map);
    let svg = draw(&map.title, (WIDTH, height as u32), |area| {
        for (column, name) in columns.iter().enumerate() {
            let middle = left + width * column as i32 + width / 2;
            let text = if is_turned {
                let font = (FONT, FONT_SIZE).into_font().transform(FontTransform::Rotate270);
                let style =
                    font.color(&super::canvas::INK.0).pos(Pos::new(HPos::Left, VPos::Center));
                Text::new(name.clone(), (middle, top - 6), style)
            } else {
                let style = label_style(HPos::Center, VPos::Bottom);
                Text::new(name.clone(), (middle, top - 5), style)
            };
            area.draw(&text)?;
        }
        for (row, (name, values)) in rows.iter().zip(&map.values).enumerate() {
            let y = top + ROW * row as i32;
            let style = label_style(HPos::Right, VPos::Center);
            area.draw(&Text::new(name.clone(), (left - 8, y + ROW / 2), style))?;
            for (column, value) in values.iter().enumerate() {
                let x = left + width * column as i32;
                if let Some(value) = value.filter(|v| v.is_finite()) {
                    let (colour, _) = PALETTE[if value < 0.0 { 4 } else { 1 }];
                    let strength = STRONGEST * (value.abs() / largest).min(1.0);
                    let cell = [(x, y), (x + width - 2, y + ROW - 2)];
                    area.draw(&Rectangle::new(cell, colour.mix(strength).filled()))?;
                }
                let style = label_style(HPos::Center, VPos::Center);
                let place = (x + width / 2 - 1, y + ROW / 2 - 1);
                area.draw(&Text::new(map.cell(*value), place, style))?;
            }
        }
        Ok::<(), DrawingAreaErrorKind<_>>(())
    })?;
    Ok(Panel { title: map.title.clone(), subtitle: map.subtitle.clone(), svg })
}

/// The largest magnitude off the diagonal of a square matrix, or of all where there is nothing else.
fn largest(map: &HeatMap) -> f64 {
    let is_square = map.rows == map.columns;
    let of = |wanted: &dyn Fn(usize, usize) -> bool| {
        let rows = map.values.iter().enumerate();
        let cells = rows.flat_map(|(i, row)| row.iter().enumerate().map(move |(j, v)| (i, j, *v)));
        cells
            .filter(|(i, j, _)| wanted(*i, *j))
            .filter_map(|(_, _, value)| value.filter(|v| v.is_finite()))
            .fold(0.0_f64, |most, value| most.max(value.abs()))
    };
    let most = of(&|i, j| !is_square || i != j);
    let most = if most > 0.0 { most } else { of(&|_, _| true) };
    most.max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: Vec<Vec<Option<f64>>>) -> HeatMap {
        let names: Vec<String> = ["rte", "mrpc"].map(String::from).to_vec();
        HeatMap {
            title: "cosines".into(),
            subtitle: "mean".into(),
            rows: names.clone(),
            columns: names,
            values,
            decimals: 2,
        }
    }

    #[test]
    fn cells_have_their_numbers_and_the_colour_of_their_sign() {
        let map = map(vec![vec![Some(0.9), Some(-0.25)], vec![Some(0.125), None]]);
        let svg = heat_map_panel(&map).unwrap().svg;
        for text in ["0.90", "−0.25", "0.12", "–", "rte", "mrpc"] {
            assert!(svg.contains(text), "{text} is not in {svg}");
        }
        assert!(svg.contains("#C84B0F") && svg.contains("#0072B2"));
        assert_eq!(svg.matches("<rect").count(), 3);
    }

    #[test]
    fn the_diagonal_does_not_pale_the_rest_unless_it_is_all_there_is() {
        let both = map(vec![vec![Some(9.0), Some(-0.5)], vec![Some(0.25), Some(9.0)]]);
        assert_eq!(largest(&both), 0.5);
        let alone = map(vec![vec![Some(9.0), None], vec![None, Some(3.0)]]);
        assert_eq!(largest(&alone), 9.0);
    }
}
