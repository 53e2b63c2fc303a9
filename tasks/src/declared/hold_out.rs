//! A part of the training rows that is held out for development, chosen row by row.
//!
//! The digest of a row's text decides, so that a row stays on its side when others are added, and equal texts are on
//! one side. The parts have about the shares that are asked for. Ids stay the numbers of rows; those of a symmetric
//! task's training rows are counted anew, because swapped copies take the ids above.

use sha2::{Digest, Sha256};

use crate::{Example, ExampleId, Text, registry::record::Problem};

/// The examples that are kept, and those that are held out.
pub(super) fn split(
    examples: Vec<Example>,
    share: f64,
    renumber: bool,
) -> Result<(Vec<Example>, Vec<Example>), Problem> {
    let rows = examples.len();
    let (held, mut kept): (Vec<Example>, Vec<Example>) =
        examples.into_iter().partition(|example| place(&example.text) < share);
    if held.is_empty() || kept.is_empty() {
        return Err(format!(
            "holding out {share} of {rows} rows leaves {} for training and {} for development; change the share, or \
             name a file of development rows",
            kept.len(),
            held.len()
        ));
    }
    if renumber {
        // Below 2^32 because the size of a file is limited.
        kept.iter_mut().enumerate().for_each(|(i, example)| example.id = ExampleId(i as u32));
    }
    Ok((kept, held))
}

/// Where a text lies between 0 and 1.
fn place(text: &Text) -> f64 {
    let mut digest = Sha256::new();
    let parts: Vec<&str> = match text {
        Text::One(one) => vec![one],
        Text::Two(first, second) => vec![first, second],
        Text::Words(words) => words.iter().map(String::as_str).collect(),
    };
    for part in parts {
        // The length tells where a part ends.
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let bytes = digest.finalize();
    let first: u64 = bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    first as f64 / 2_f64.powi(64)
}
