//! What all plots are drawn with: colours, fonts, sizes, a fresh canvas, and labels on axes and rows.

use crate::report::error::ReportError;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Colours of the methods: light page, dark page. The first is a neutral grey, for the baseline
/// that usually comes first; the others follow Okabe & Ito's palette for colour-blind readers.
pub const PALETTE: [(RGBColor, &str); 8] = [
    (RGBColor(0x6b, 0x72, 0x80), "#A3ABB8"),
    (RGBColor(0x00, 0x72, 0xb2), "#58B0E8"),
    (RGBColor(0xd9, 0x8e, 0x04), "#F0B840"),
    (RGBColor(0x00, 0x9e, 0x73), "#3CCBA0"),
    (RGBColor(0xc8, 0x4b, 0x0f), "#FF8A4F"),
    (RGBColor(0xb8, 0x5c, 0x96), "#E394C3"),
    (RGBColor(0x4f, 0x4a, 0xb5), "#9D99F2"),
    (RGBColor(0x7d, 0x6b, 0x1f), "#CDBB62"),
];

/// Text, axes and grid: light page, dark page.
pub const INK: (RGBColor, &str) = (RGBColor(0x33, 0x37, 0x3d), "#D5D9E0");
pub const AXIS: (RGBColor, &str) = (RGBColor(0x9a, 0xa1, 0xab), "#6C7480");
pub const GRID: (RGBColor, &str) = (RGBColor(0xe3, 0xe6, 0xea), "#30353D");

/// Width of a panel in SVG units.
pub(super) const WIDTH: u32 = 360;

pub(super) const FONT: &str = "sans-serif";
/// Plotters divides by 1.24 when it writes SVG: 14 becomes 11.3 pixels.
pub(super) const FONT_SIZE: u32 = 14;

/// One drawing with its title.
pub struct Panel {
    /// What is shown: a task, a quantity.
    pub title: String,
    /// How it was measured.
    pub subtitle: String,
    /// The `<svg>` element.
    pub svg: String,
}

/// The colour of the method of that index.
pub fn colour(method: usize) -> RGBColor {
    PALETTE[method % PALETTE.len()].0
}

/// A colour as plotters writes it into SVG.
pub fn hex(colour: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws on a fresh canvas and returns an `<svg>` that scales with the page.
pub(super) fn draw<E: std::fmt::Display>(
    what: &str,
    (width, height): (u32, u32),
    draw_on: impl FnOnce(&Area<'_>) -> Result<(), E>,
) -> Result<String, ReportError> {
    let mut svg = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        let drawn = draw_on(&area).map_err(|e| e.to_string());
        drawn.and_then(|()| area.present().map_err(|e| e.to_string()))
    };
    drawn.map_err(|reason| ReportError::Plot { what: what.to_owned(), reason })?;
    let fixed_size = format!("width=\"{width}\" height=\"{height}\" viewBox");
    Ok(svg.replacen(&fixed_size, "role=\"img\" viewBox", 1))
}

pub(super) fn label_style<'a>(horizontal: HPos, vertical: VPos) -> TextStyle<'a> {
    (FONT, FONT_SIZE).into_font().color(&INK.0).pos(Pos::new(horizontal, vertical))
}

/// Room around values on an axis; a constant gets a band of its own.
pub(super) fn padded(low: f64, high: f64, share: f64) -> (f64, f64) {
    let span = high - low;
    let room = if span > 0.0 { span * share } else { (low.abs() * 0.1).max(0.01) };
    (low - room, high + room)
}

/// A tick label with as many decimals as the axis needs.
pub(super) fn tick(value: f64, span: f64) -> String {
    let decimals = match span {
        s if s >= 4.0 => 0,
        s if s >= 0.4 => 1,
        s if s >= 0.04 => 2,
        s if s >= 0.004 => 3,
        s if s >= 4e-4 => 4,
        s if s >= 4e-5 => 5,
        s if value.abs() < 1e-9 * s => return "0".into(),
        _ => return format!("{value:.2e}").replace('-', "−"),
    };
    let text = format!("{value:.decimals$}");
    let is_zero = text.chars().all(|c| "-0.".contains(c));
    let text = if is_zero { text.trim_start_matches('-') } else { &text };
    text.replace('-', "−")
}

/// A step count, short.
pub(super) fn step_tick(value: f64) -> String {
    if value >= 10_000.0 { format!("{}k", value / 1000.0) } else { format!("{value}") }
}

/// Characters of a row's label.
pub(super) const LONGEST_LABEL: usize = 20;

/// Cuts a name to what fits beside a row.
pub(super) fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_LABEL {
        return name.to_owned();
    }
    let kept: String = name.chars().take(LONGEST_LABEL - 1).collect();
    kept + "…"
}

/// Room for the labels; there is no font to measure with, so wide letters are assumed.
pub(super) fn label_width(names: &[String]) -> u32 {
    let longest = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    16 + (longest as u32 * 67).div_ceil(10)
}
