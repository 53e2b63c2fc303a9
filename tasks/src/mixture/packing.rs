//! Which examples of a batch share a row: first-fit decreasing, over inputs and targets at once.
//!
//! Examples are taken from the largest to the smallest, and each goes into the first row that has room for both its
//! inputs and its targets (T5's packing does the same in the order of the stream). Examples are never split. Which
//! examples a batch holds is not decided here: a batch packed and the same batch unpacked hold the same ones, so
//! packing changes what a step costs and nothing of what it learns.

use crate::{Error, Result, objectives::Lengths};

/// The examples of each row, by their index in `examples`; every index comes once. `row` is what a row has room for.
///
/// # Errors
/// An example that is longer than a row.
pub fn pack(examples: &[Lengths], row: Lengths) -> Result<Vec<Vec<usize>>> {
    let mut order: Vec<usize> = (0..examples.len()).collect();
    // The part of a row that an example fills, on the side where it fills more, over a common denominator.
    let size = |&at: &usize| {
        let Lengths { inputs, targets } = examples[at];
        (inputs * row.targets).max(targets * row.inputs)
    };
    order.sort_by_key(|at| std::cmp::Reverse(size(at)));

    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut room: Vec<Lengths> = Vec::new();
    for at in order {
        let example = examples[at];
        if !example.fit(row) {
            return Err(too_long(&format!("example {at} of a batch"), example, row));
        }
        let place = room.iter().position(|left| example.fit(*left)).unwrap_or_else(|| {
            rows.push(Vec::new());
            room.push(row);
            rows.len() - 1
        });
        rows[place].push(at);
        room[place].inputs -= example.inputs;
        room[place].targets -= example.targets;
    }
    Ok(rows)
}

/// A row for every example, for batches that are not packed.
///
/// # Errors
/// An example that is longer than a row.
pub(super) fn one_each(examples: &[Lengths], row: Lengths) -> Result<Vec<Vec<usize>>> {
    match examples.iter().position(|example| !example.fit(row)) {
        Some(at) => Err(too_long(&format!("example {at} of a batch"), examples[at], row)),
        None => Ok((0..examples.len()).map(|at| vec![at]).collect()),
    }
}

/// The error that an example, called `what`, is longer than a row.
pub(super) fn too_long(what: &str, example: Lengths, row: Lengths) -> Error {
    Error::Invalid(format!(
        "{what} has {} input and {} target tokens, but a row has room for {} and {}; cut examples when they are \
         tokenised, or make rows longer",
        example.inputs, example.targets, row.inputs, row.targets
    ))
}
