//! What stands in the cells of the report's tables, and above tables without some of their rows.

use super::super::{contestant::Timed, round::Ready};

/// What stands where there is no number.
pub const NONE: &str = "–";

/// Words of a header.
pub fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// Of a framework, with the size of the network.
pub fn version(ready: &Ready) -> String {
    format!("{}, {:.1} M parameters", ready.version, ready.parameters as f64 / 1e6)
}

/// Bytes, in words.
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Why there is nothing in a row.
pub fn not_available(timed: &Timed) -> Option<String> {
    let reason = timed.outcome.as_ref().err()?;
    Some(format!("{} is not available: {reason}.", timed.contestant.name()))
}
