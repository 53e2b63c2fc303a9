//! Plots as SVG fragments, one per panel, drawn with plotters.
//!
//! A method has one colour in every panel; ink, axis and grid have colours of their own. All are
//! plain hexadecimal in the SVG, and the page's style sheet maps each to a light and a dark variant,
//! so one drawing serves both. Legends and titles are HTML around the drawing, where text wraps.

mod canvas;
mod curves;
mod heat_map;
mod lines;
mod mixture;
mod rows;
mod scatter;
mod schedules;
mod sweep;

pub use canvas::{AXIS, GRID, INK, PALETTE, Panel, hex};
pub use curves::{curve_panels, smoothing_note};
pub use heat_map::heat_map_panel;
pub use lines::curve_figure_panel;
pub use mixture::mixture_panel;
pub use rows::{difference_panels, score_panels};
pub use scatter::scatter_panel;
pub use schedules::schedule_panels;
pub use sweep::sweep_panels;
