//! Bounds on the sizes that a configuration may ask for.
//!
//! A `config.json` comes from somebody else, and a network is laid out from it before its weights are looked for.
//! Within these bounds no product of sizes overflows and laying out takes no noticeable memory; published networks
//! are far below them. Whether the weights fit in memory is not asked here.

use serde_json::{Map, Value};

/// The largest size of any kind: of a vocabulary, a width, a number of positions.
const LARGEST: usize = 1 << 24;

/// The most layers of a stack.
const DEEPEST: usize = 1_000;

/// Sizes that must be positive.
///
/// # Errors
/// The first that is 0 or beyond all reason, in words.
pub(crate) fn check_sizes(sizes: &[(&str, usize)]) -> Result<(), String> {
    match sizes.iter().find(|(_, size)| !(1..=LARGEST).contains(size)) {
        None => Ok(()),
        Some((name, 0)) => Err(format!("`{name}` is 0; expected at least 1")),
        Some((name, size)) => Err(format!("`{name}` is {size}; expected at most {LARGEST}")),
    }
}

/// # Errors
/// More layers than any network has, in words.
pub(crate) fn check_layers(name: &str, layers: usize) -> Result<(), String> {
    match layers {
        0..=DEEPEST => Ok(()),
        _ => Err(format!("`{name}` is {layers}; expected at most {DEEPEST}")),
    }
}

/// The number of labels that a configuration declares; transformers' default is 2.
pub(crate) fn num_labels(fields: &Map<String, Value>) -> usize {
    let declared = fields.get("id2label").and_then(Value::as_object).map(Map::len);
    declared.unwrap_or_else(|| match fields.get("num_labels").and_then(Value::as_u64) {
        Some(count) => count as usize,
        None => 2,
    })
}
