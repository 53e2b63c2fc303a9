//! What stands in the cells of the report's tables.

/// What stands where there is no number.
pub const NONE: &str = "–";

/// Words of a header.
pub fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// A power of ten with one decimal.
pub fn exponential(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.1e}").replace('-', "−") }
}
